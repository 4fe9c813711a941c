import numpy as np

from benchmark_utils.results.curves import (
    MEASURES,
    final_points,
    marks,
    minimised,
    of_task,
    oracle_calls,
    statuses,
    task_title,
)
from benchmark_utils.results.names import short_names
from benchmark_utils.results.plots import TASK_OPTIONS, StyledPlot


class Plot(StyledPlot):
    """The end of each solver's curves: medians over repetitions of all measures and costs,
    and how many curves diverged, failed or were cut."""

    name = "final_values"
    type = "table"
    options = TASK_OPTIONS

    def plot(self, df, dataset, objective):
        results = of_task(minimised(df), dataset, objective)
        if results.empty:
            return []
        last = final_points(results)
        last["calls"] = oracle_calls(last, "all")
        last["end"] = statuses(last)
        shown = measured(results)
        names = short_names(df["solver_name"])
        return [
            [
                names[solver],
                *(number(f(rows[column].median())) for column, f in shown.values()),
                number(rows["time"].median()),
                number(rows["calls"].median()),
                "; ".join(marks(rows["end"])) or "well",
            ]
            for solver, rows in last.groupby("solver_name")
        ]

    def get_metadata(self, df, dataset, objective):
        shown = measured(of_task(minimised(df), dataset, objective))
        return {
            "title": task_title(dataset, objective),
            "columns": ["solver", *shown, "time (s)", "oracle calls", "ended"],
            "default_order_ascending": True,
            "default_order_column": 1 if shown else 0,
        }


def measured(results):
    """Those of ``MEASURES`` that results have."""
    return {
        name: found
        for name, found in MEASURES.items()
        if found[0] in results and results[found[0]].notna().any()
    }


def number(value):
    """Four digits of a number as text, which a table can sort."""
    return f"{value:.4g}" if np.isfinite(value) else "not finite"

from benchmark_utils.results.bands import band
from benchmark_utils.results.benchopt_pages import mend_benchopt
from benchmark_utils.results.curves import (
    COSTS,
    LINEAR,
    costs,
    measures,
    of_task,
    points_of,
    task_title,
)
from benchmark_utils.results.levels import LEAST_DRAWN, LEVELS, name_of
from benchmark_utils.results.plots import TASK_OPTIONS, StyledPlot, points

# benchopt loads plots before it writes its page.
mend_benchopt()

YLABELS = {"h": "h (h* of this task is not stored)", "projected gradient": "|projected gradient|"}
XLABELS = {
    "time": "time (s)",
    "oracle calls": "one-sample oracle calls",
    "passes": "passes over all samples",
}


class Plot(StyledPlot):
    """Convergence: a measure against time, oracle calls or passes; medians and quartiles.
    Faint lines are levels of h - h*, relative to the start. Gaps below a tenth of the last level
    are drawn there.
    """

    name = "convergence"
    type = "scatter"
    options = {**TASK_OPTIONS, "measure": measures, "cost": costs}

    def plot(self, df, dataset, objective, measure, cost):
        found = points_of(of_task(df, dataset, objective), measure)
        if measure == "h - h*":
            found["value"] = found["value"].clip(lower=LEAST_DRAWN * start_of(found))
        elif measure not in LINEAR:
            found = found[found["value"] > 0]
        curves = []
        for solver, rows in found.groupby("solver"):
            median = band(rows, COSTS[cost], "value")
            if len(median):
                quartiles = {}
                if rows["repetition"].nunique() > 1:
                    quartiles = {f"y_{end}": median[end].tolist() for end in ("low", "high")}
                styled = self.styled(solver, df["solver_name"])
                curves.append(styled | points(median["x"], median["median"]) | quartiles)
        return curves

    def get_metadata(self, df, dataset, objective, measure, cost):
        of_gap = {}
        if measure == "h - h*":
            start = start_of(points_of(of_task(df, dataset, objective), measure))
            of_gap = {"levels": {name_of(level): level * start for level in LEVELS}}
        return self.axes(
            task_title(dataset, objective),
            XLABELS[cost],
            YLABELS.get(measure, measure),
            "semilog-x" if measure in LINEAR else "loglog",
            **of_gap,
        )


def start_of(points):
    """The highest gap at the start of a curve, in which levels are measured; 0 without curves."""
    first = points.groupby(["solver", "repetition"])["value"].first()
    return float(first.max()) if len(first) else 0.0

import numpy as np

from benchmark_utils.results.curves import minimised, of_task
from benchmark_utils.results.names import short_names
from benchmark_utils.results.plots import StyledPlot

N_COLUMNS = 6


def shown(results):
    """The ends of curves that have pictures: one row for each task and solver, and its first
    repetition."""
    if "final_results" not in results:
        return results.head(0).assign(pictures=[])
    results = minimised(results).sort_values("idx_rep").dropna(subset="final_results")
    found = results["final_results"].map(
        lambda last: last.get("pictures") if isinstance(last, dict) else None
    )
    found = results.assign(pictures=found).dropna(subset="pictures")
    return found.drop_duplicates(["dataset_name", "objective_name", "solver_name"])


def solvers(results):
    # benchopt's page needs a choice.
    return shown(results)["solver_name"].unique().tolist() or ["none"]


class Plot(StyledPlot):
    """Pictures of the lambda found, on problems where people look rather than read."""

    name = "pictures"
    type = "image"
    options = {"dataset": ..., "objective": ..., "solver": solvers}

    def plot(self, df, dataset, objective, solver):
        rows = of_task(shown(df), dataset, objective)
        rows = rows[rows["solver_name"] == solver]
        return [
            {"image": np.reshape(one["image"], tuple(one["shape"])), "label": one["caption"]}
            for pictures in rows["pictures"]
            for one in pictures
        ]

    def get_metadata(self, df, dataset, objective, solver):
        return {"title": f"{short_names([solver])[solver]} on {dataset}", "ncols": N_COLUMNS}

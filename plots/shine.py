import re

from benchmark_utils.results.curves import median_curves, oracle_calls, task_title
from benchmark_utils.results.plots import CurvePlot

COSTS = {"time [s]": "time", "oracle calls, of one sample": "calls"}


def without_seed(dataset):
    """The name of a dataset, whose draws or splits differ in their seed."""
    return re.sub(r"seed=\d+,|,?seed=\d+", "", dataset)


def families(results):
    """Datasets up to their seed."""
    return sorted(set(results["dataset_name"].map(without_seed)))


class Plot(CurvePlot):
    """The gap of HOAG by how it solves the linear system: medians over the seeds of a dataset, of h
    above its least value on that dataset."""

    name = "shine"
    scale = "semilog-y"
    options = {"dataset": families, "objective": ..., "cost": list(COSTS)}

    def plot(self, df, dataset, objective, cost):
        if "p_solver_linear_solver" not in df:
            return []
        chosen = (df["dataset_name"].map(without_seed) == dataset) & (
            df["objective_name"] == objective
        )
        df = df[chosen & df["solver_name"].str.startswith("HOAG")]
        least = df.groupby("dataset_name")["objective_value"].transform("min")
        df = df.assign(
            gap=df["objective_value"] - least,
            calls=oracle_calls(df, "all"),
            idx_rep=df["dataset_name"] + df["idx_rep"].astype(str),
        )
        curves = median_curves(df).query("gap > 0")
        labels = df.groupby("solver_name").first().apply(label, axis=1)
        return [
            self.curve(points[COSTS[cost]], points["gap"], labels[solver])
            for solver, points in curves.groupby("solver_name")
        ]

    def get_metadata(self, df, dataset, objective, cost):
        return self.axes(task_title(dataset, objective), cost, "h - best h")


def label(run):
    """How a run solved the linear system."""
    name = run["p_solver_linear_solver"].replace("_", " ")
    few = run["p_solver_max_linear_iterations"]
    return f"{name}, {few} steps" if few < 1000 else name

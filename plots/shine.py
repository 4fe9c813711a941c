import re

import numpy as np
import pandas as pd

from benchmark_utils.results.curves import median_curves, oracle_calls, task_title
from benchmark_utils.results.levels import COSTS as COLUMNS
from benchmark_utils.results.levels import first_costs
from benchmark_utils.results.plots import CurvePlot

COSTS = {"time [s]": "time", "oracle calls, of one sample": "calls"}
LEVELS = 1e-2, 1e-3, 1e-4


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
        df = above_least(df)
        df = df[(df["family"] == dataset) & (df["objective_name"] == objective)]
        df = df.assign(idx_rep=df["dataset_name"] + df["idx_rep"].astype(str))
        if df.empty:
            return []
        curves = median_curves(df).query("gap > 0")
        labels = df.groupby("solver_name").first().apply(label, axis=1)
        return [
            self.curve(points[COSTS[cost]], points["gap"], labels[solver])
            for solver, points in curves.groupby("solver_name")
        ]

    def get_metadata(self, df, dataset, objective, cost):
        return self.axes(task_title(dataset, objective), cost, "h - best h")

    def table(self, df):
        """How many seeds reach each level of the gap, and the medians of what it costs them."""
        rows = [
            (points["family"].iloc[0], level, label(points.iloc[0]), *cost)
            for _, points in above_least(df).groupby(["solver_name", "dataset_name"])
            for level, cost in zip(LEVELS, costs_of(points.sort_values("stop_val")), strict=True)
        ]
        costs = pd.DataFrame(rows, columns=["data", "h - best h", "linear solver", *COLUMNS])
        groups = costs[np.isfinite(costs["time"])].groupby(list(costs)[:3])
        columns = {column: (column, "median") for column in COLUMNS}
        return groups.agg(seeds=("time", "size"), **columns).reset_index()


def above_least(df):
    """The points of HOAG, with the gap of h above its least value on the same dataset."""
    if "p_solver_linear_solver" not in df:
        return df.head(0).assign(family=[], gap=[], calls=[])
    df = df[df["solver_name"].str.startswith("HOAG")]
    least = df.groupby("dataset_name")["objective_value"].transform("min")
    return df.assign(
        family=df["dataset_name"].map(without_seed),
        gap=df["objective_value"] - least,
        calls=oracle_calls(df, "all"),
    )


def costs_of(points):
    """The costs, (n_levels, n_costs), at which a curve reaches each level of the gap."""
    return first_costs(points["gap"], points[COLUMNS].to_numpy(float), LEVELS)


def label(run):
    """How a run solved the linear system."""
    name = run["p_solver_linear_solver"].replace("_", " ")
    few = run["p_solver_max_linear_iterations"]
    return f"{name}, {few} steps" if few < 1000 else name

import numpy as np

from benchmark_utils.results.curves import CALLS, oracle_calls
from benchmark_utils.results.performance_profile import performance_ratios, profile
from benchmark_utils.results.plots import CurvePlot

TIME = "time"


class Plot(CurvePlot):
    """Performance profiles over all datasets, objectives and repetitions of a results file."""

    name = "performance_profile"
    scale = "semilog-x"
    options = {
        "accuracy": ["1e-1", "1e-2", "1e-3", "1e-4", "1e-6"],
        "cost": [TIME, *(f"{name} calls" for name in CALLS)],
    }

    def plot(self, df, accuracy, cost):
        costs = df["time"] if cost == TIME else oracle_calls(df, cost.removesuffix(" calls"))
        ratios = performance_ratios(df.assign(cost=costs), float(accuracy), "cost")
        finite = ratios.to_numpy()[np.isfinite(ratios.to_numpy())]
        furthest = 1.5 * finite.max(initial=1)
        return [
            self.curve(*profile(ratios[solver].to_numpy(), furthest), solver) for solver in ratios
        ]

    def get_metadata(self, df, accuracy, cost):
        if cost == TIME and df["objective_parallel"].any():
            cost = "time of parallel runs"
        n_tasks = len(df[["dataset_name", "objective_name", "idx_rep"]].drop_duplicates())
        return self.axes(
            f"h - best h reduced to {accuracy} of its start, {n_tasks} tasks",
            f"{cost}, in units of the lowest of all solvers",
            "fraction of the tasks",
        )

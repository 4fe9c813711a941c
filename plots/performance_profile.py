import numpy as np
from benchopt import BasePlot

from benchmark_utils.results.curves import CALLS, oracle_calls
from benchmark_utils.results.performance_profile import performance_ratios, profile

TIME = "time"


class Plot(BasePlot):
    """Performance profiles over all data sets, objectives and repetitions of a results file."""

    name = "performance_profile"
    type = "scatter"
    options = {
        "accuracy": ["1e-1", "1e-2", "1e-3", "1e-4", "1e-6"],
        "cost": [TIME, *(f"{name} calls" for name in CALLS)],
    }

    def plot(self, df, accuracy, cost):
        costs = df["time"] if cost == TIME else oracle_calls(df, cost.removesuffix(" calls"))
        ratios = performance_ratios(df.assign(cost=costs), float(accuracy), "cost")
        finite = ratios.to_numpy()[np.isfinite(ratios.to_numpy())]
        furthest = 1.5 * finite.max(initial=1)
        traces = []
        for solver in ratios:
            factors, parts = profile(ratios[solver].to_numpy(), furthest)
            traces.append({
                "x": factors.tolist(),
                "y": parts.tolist(),
                "label": solver,
                **self.get_style(solver),
            })  # fmt: skip
        return traces

    def get_metadata(self, df, accuracy, cost):
        if cost == TIME and df["objective_parallel"].any():
            cost = "time of parallel runs"
        n_tasks = len(df[["dataset_name", "objective_name", "idx_rep"]].drop_duplicates())
        return {
            "title": f"h - best h reduced to {accuracy} of its start, {n_tasks} tasks",
            "xlabel": f"{cost}, in units of the lowest of all solvers",
            "ylabel": "part of the tasks",
            "scale": "semilog-x",
        }

import numpy as np

from benchmark_utils.results.curves import CALLS
from benchmark_utils.results.levels import gap_points
from benchmark_utils.results.performance_profile import performance_ratios, profile
from benchmark_utils.results.plots import CurvePlot

TIME = "time"


class Plot(CurvePlot):
    """Performance profiles over the datasets, objectives and repetitions of a results file.

    Only tasks whose optimum is stored are counted.
    """

    name = "performance_profile"
    scale = "semilog-x"
    options = {
        "accuracy": ["1e-1", "1e-2", "1e-3", "1e-4", "1e-5", "1e-6"],
        "cost": [TIME, *(f"{name} calls" for name in CALLS)],
    }

    def plot(self, df, accuracy, cost):
        points = gap_points(df, "all" if cost == TIME else cost.removesuffix(" calls"))
        ratios = performance_ratios(points, float(accuracy), TIME if cost == TIME else "calls")
        finite = ratios.to_numpy()[np.isfinite(ratios.to_numpy())]
        furthest = 1.5 * finite.max(initial=1)
        # Without a stored optimum no run is solved, and each profile is 0.
        ratios = ratios.reindex(columns=sorted(df["solver_name"].unique()), fill_value=np.inf)
        return [
            self.curve(*profile(ratios[solver].to_numpy(), furthest), solver) for solver in ratios
        ]

    def get_metadata(self, df, accuracy, cost):
        if cost == TIME and df["objective_parallel"].any():
            cost = "time of parallel runs"
        n_runs = len(gap_points(df)[["task", "repetition"]].drop_duplicates())
        return self.axes(
            f"h - h* reduced to {accuracy} of its start, {n_runs} runs",
            f"{cost}, in units of the lowest of all solvers",
            "fraction of the runs",
        )

import numpy as np

from benchmark_utils.results.curves import CALLS
from benchmark_utils.results.levels import gap_points
from benchmark_utils.results.performance_profile import performance_ratios, profile
from benchmark_utils.results.plots import StyledPlot, points

TIME = "time"


class Plot(StyledPlot):
    """Performance profiles over the datasets, objectives and repetitions of a results file.

    Only tasks whose optimum is stored are counted.
    """

    name = "performance_profile"
    type = "scatter"
    options = {
        "accuracy": ["1e-1", "1e-2", "1e-3", "1e-4", "1e-5", "1e-6"],
        "cost": [TIME, *(f"{name} calls" for name in CALLS)],
    }

    def plot(self, df, accuracy, cost):
        gaps = gap_points(df, "all" if cost == TIME else cost.removesuffix(" calls"))
        ratios = performance_ratios(gaps, float(accuracy), TIME if cost == TIME else "calls")
        finite = ratios.to_numpy()[np.isfinite(ratios.to_numpy())]
        furthest = 1.5 * finite.max(initial=1)
        if gaps.empty:
            return []
        # A solver that solves nothing has the profile 0.
        ratios = ratios.reindex(columns=sorted(gaps["method"].unique()), fill_value=np.inf)
        return [
            self.styled(solver, df["solver_name"])
            | points(*profile(ratios[solver].to_numpy(), furthest))
            for solver in ratios
        ]

    def get_metadata(self, df, accuracy, cost):
        if cost == TIME and df["objective_parallel"].any():
            cost = "time of parallel runs"
        n = len(gap_points(df)[["task", "repetition"]].drop_duplicates())
        return self.axes(
            f"h - h* reduced to {accuracy} of its start, {n} run{'s' * (n > 1)}",
            f"{cost}, in units of the lowest of all solvers",
            "fraction of the runs",
            "semilog-x",
        )

import numpy as np

from benchmark_utils.results.curves import task_title
from benchmark_utils.results.levels import LEVELS, costs_to_levels, gap_points, name_of
from benchmark_utils.results.plots import TASK_OPTIONS, StyledPlot

COSTS = {"time": ("time", "time (s)"), "oracle calls": ("calls", "one-sample oracle calls")}


class Plot(StyledPlot):
    """The cost of a level of h - h* for each solver: one mark per seed, a bar at their median."""

    name = "time_to_target"
    type = "bar_chart"
    options = {**TASK_OPTIONS, "level": list(map(name_of, LEVELS)), "cost": list(COSTS)}

    def plot(self, df, dataset, objective, level, cost):
        task = gap_points(df)
        task = task[task["task"] == f"{dataset}, {objective}"]
        found = costs_to_levels(task, (float(level),))[COSTS[cost][0]]
        bars = []
        for solver, by_seed in found.groupby("method"):
            reached = by_seed[np.isfinite(by_seed)]
            n = len(by_seed)
            text = "" if len(reached) == n else f"{len(reached)} of {n} run{'s' * (n > 1)}"
            bars.append(
                self.styled(solver, df["solver_name"])
                | {"y": reached.tolist() or [np.nan], "text": text}
            )
        return sorted(bars, key=lambda bar: (np.isnan(bar["y"][0]), np.median(bar["y"])))

    def get_metadata(self, df, dataset, objective, level, cost):
        title = f"h - h* at most {level} of its start\n{task_title(dataset, objective)}"
        return self.axes(title, "", COSTS[cost][1], "log")

from benchmark_utils.results.levels import gap_points
from benchmark_utils.results.names import short_names
from benchmark_utils.results.plots import StyledPlot
from benchmark_utils.results.ranking import Ranking

COLUMNS = ["rank", "solver", "tasks", "score by time", "95 % interval", "score by oracle calls"]


class Plot(StyledPlot):
    """The ranking of solvers by the integrated performance profile, over all tasks of a file."""

    name = "leaderboard"
    type = "table"
    options = {}

    def plot(self, df):
        points = gap_points(df)
        if points.empty:
            return []
        by_time, by_calls = Ranking(points, "time"), Ranking(points, "calls")
        # Where nobody reached a level, nobody has a score.
        scores = by_time.scores.dropna()
        if scores.empty:
            return []
        n_tasks, _, n_repetitions, _ = by_time.costs.shape
        several = n_tasks * n_repetitions > 1
        names, ends = short_names(df["solver_name"]), by_time.intervals
        ranks = scores.rank(method="min", ascending=False).astype(int)
        return [
            [
                int(ranks[method]),
                names[method],
                f"{by_time.n_tasks[method]} of {len(by_time.tasks)}",
                round(float(score), 3),
                f"{ends.lower[method]:.2f} to {ends.upper[method]:.2f}" if several else "one run",
                round(float(by_calls.scores[method]), 3),
            ]
            for method, score in scores.items()
        ]

    def get_metadata(self, df):
        return {
            "title": "Scores from 0 to 1: the area below the performance profile",
            "columns": COLUMNS,
            "default_order_ascending": True,
            "default_order_column": 0,
        }

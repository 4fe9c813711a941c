from benchmark_utils.results.curves import CALLS, measured, measures, oracle_calls, task_title
from benchmark_utils.results.plots import TASK_OPTIONS, CurvePlot


class Plot(CurvePlot):
    """Convergence against one-sample oracle calls, as complexity results count them."""

    name = "oracle_calls"
    options = {**TASK_OPTIONS, "measure": measures, "calls": list(CALLS)}

    def plot(self, df, dataset, objective, measure, calls):
        curves = measured(df, dataset, objective, measure)
        curves["x"] = oracle_calls(curves, calls)
        return [
            self.curve(points["x"], points["y"], solver)
            for solver, points in curves.groupby("solver_name")
        ]

    def get_metadata(self, df, dataset, objective, measure, calls):
        counted = "one-sample oracle calls" if calls == "all" else f"one-sample {calls} calls"
        return self.axes(task_title(dataset, objective), f"Number of {counted}", measure)

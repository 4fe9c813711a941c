from benchmark_utils.results.curves import of_task, task_title
from benchmark_utils.results.plots import TASK_OPTIONS, StyledPlot, points


class Plot(StyledPlot):
    """The relative error of estimates of the hypergradient, by inner iterations."""

    name = "estimate_errors"
    type = "scatter"
    options = TASK_OPTIONS

    def plot(self, df, dataset, objective):
        rows = of_task(df, dataset, objective)
        if "objective_relative_error" not in rows:
            return []
        rows = rows[(rows["objective_relative_error"] > 0) & (rows["objective_iterations"] > 0)]
        errors = rows.groupby(["solver_name", "objective_iterations"])["objective_relative_error"]
        return [
            self.styled(solver, df["solver_name"])
            | points(curve.index.get_level_values("objective_iterations"), curve)
            for solver, curve in errors.median().groupby("solver_name")
        ]

    def get_metadata(self, df, dataset, objective):
        return self.axes(
            task_title(dataset, objective),
            "inner iterations N",
            "relative error of the hypergradient",
            "loglog",
        )

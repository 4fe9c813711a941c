from benchmark_utils.results.curves import median_curves, of_task, task_title
from benchmark_utils.results.plots import TASK_OPTIONS, CurvePlot


class Plot(CurvePlot):
    """The gap of HOAG against time, by how it solves the linear system."""

    name = "shine"
    scale = "semilog-y"
    options = TASK_OPTIONS

    def plot(self, df, dataset, objective):
        if "p_solver_linear_solver" not in df:
            return []
        df = df[df["solver_name"].str.startswith("HOAG")]
        curves = median_curves(of_task(df, dataset, objective))
        curves["y"] = curves["objective_value"] - curves["objective_value"].min()
        curves = curves[(curves["y"] > 0) & (curves["time"] > 0)]
        curves["label"] = curves["solver_name"].map(
            df.groupby("solver_name").first().apply(label, 1)
        )
        return [
            self.curve(points["time"], points["y"], name)
            for name, points in curves.groupby("label")
        ]

    def get_metadata(self, df, dataset, objective):
        return self.axes(task_title(dataset, objective), "time [s]", "h - best h")


def label(run):
    """How a run solved the linear system."""
    name = run["p_solver_linear_solver"].replace("_", " ")
    few = run["p_solver_max_linear_iterations"]
    return f"{name}, {few} steps" if few < 1000 else name

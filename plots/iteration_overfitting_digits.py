from benchmark_utils.results.curves import of_task
from benchmark_utils.results.plots import TASK_OPTIONS, CurvePlot

COLUMN = "objective_loss_after_"


class Plot(CurvePlot):
    """The training loss of equilibrium networks after M iterations of their cell, at the end of
    each solver's curve."""

    name = "iteration_overfitting_digits"
    options = TASK_OPTIONS

    def plot(self, df, dataset, objective):
        rows = of_task(df, dataset, objective).sort_values("stop_val")
        columns = [column for column in rows if column.startswith(COLUMN)]
        iterations = [int(column.removeprefix(COLUMN)) for column in columns]
        curves = []
        for solver, points in rows.groupby("solver_name"):
            last = points.iloc[-1]
            label = solver.split("[")[0]
            if label == "Unrolled":
                label += f", N = {last['p_solver_n_inner_steps']:.0f}"
            if last[columns].notna().all():
                curves.append(self.curve(iterations, last[columns], label))
        return curves

    def get_metadata(self, df, dataset, objective):
        rows = of_task(df, dataset, objective)
        width = rows["p_obj_width"].iloc[0] if "p_obj_width" in rows else "?"
        title = f"Equilibrium network of width {width}"
        return self.axes(title, "test iterations M", "training loss after M iterations")

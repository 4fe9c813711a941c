from benchmark_utils.results.curves import of_problem
from benchmark_utils.results.plots import CurvePlot

COLUMN = "objective_loss_after_"


class Plot(CurvePlot):
    """The training loss of equilibrium networks after M iterations of their cell, at the end of
    each solver's curve, and over the loss at the fixed point."""

    name = "iteration_overfitting_digits"
    options = {"dataset": ..., "shown": ["loss", "over the loss at the fixed point"]}

    def plot(self, df, dataset, shown):
        rows = of_problem(df, dataset, "equilibrium", "minimise").sort_values("stop_val")
        columns = [column for column in rows if column.startswith(COLUMN)]
        iterations = [int(column.removeprefix(COLUMN)) for column in columns]
        curves = []
        for solver, points in rows.groupby("solver_name"):
            last = points.iloc[-1]
            losses = last[columns].astype(float)
            if shown != "loss":
                losses = losses / last["objective_value"]
            steps = last.get("p_solver_n_inner_steps")
            unrolled = solver.startswith("Unrolled")
            label = f"trained with N = {steps:.0f}" if unrolled else "trained at the fixed point"
            curves.append(self.curve(iterations, losses, label))
        return curves

    def get_metadata(self, df, dataset, shown):
        title = f"Deep equilibrium network\n{dataset.split('[')[0]}"
        over = "" if shown == "loss" else " / L(x*)"
        return self.axes(title, "test iterations M", f"training loss L(x^M){over}")

from benchmark_utils.results.curves import of_problem
from benchmark_utils.results.plots import CurvePlot

COLUMNS = {"cost": "objective_value", "recovery score": "objective_recovery"}


class Plot(CurvePlot):
    """Cost and recovery of alternating minimisation and of unrolling, by outer iterations."""

    name = "dictionary_learning"
    scale = "linear"
    options = {"dataset": ..., "measure": list(COLUMNS)}

    def plot(self, df, dataset, measure):
        rows = of_problem(df, dataset, "dictionary_learning", "minimise")
        if "objective_recovery" not in rows:
            return []
        curves = []
        for solver, points in rows.groupby("solver_name", sort=False):
            alternating = solver.startswith("Analytic")
            steps = points.get("p_solver_n_inner_steps")
            label = "alternating" if alternating else f"unrolled, N = {int(steps.iloc[0])}"
            curves.append(
                self.curve(points["objective_iterations"], points[COLUMNS[measure]], label)
            )
        return curves

    def get_metadata(self, df, dataset, measure):
        ylabel = "h(D)" if measure == "cost" else measure
        return self.axes(f"Dictionary learning: {measure}", "outer iterations", ylabel)

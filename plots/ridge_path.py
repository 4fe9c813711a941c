import numpy as np

from benchmark_utils.results.curves import of_problem
from benchmark_utils.results.plots import CurvePlot


class Plot(CurvePlot):
    """The validation loss along a grid of lambda, and the points that descents on it visit."""

    name = "ridge_path"
    scale = "semilog-x"
    options = {"dataset": ...}

    def plot(self, df, dataset):
        rows = of_problem(df, dataset, "ridge", "minimise")
        if "objective_outer_var" not in rows:
            return []
        curves = []
        for solver, points in rows.dropna(subset="objective_outer_var").groupby("solver_name"):
            visited = "report=visited" in solver
            # The first point of a grid is the start that all solvers share.
            points = points.iloc[1:].sort_values("objective_outer_var") if visited else points
            name = solver.split("[")[0]
            label = f"{name}: h on its grid" if visited else f"{name}: points visited"
            x = np.exp(points["objective_outer_var"])
            style = {"linestyle": "-"} if visited else {"points": True}
            curves.append(self.curve(x, points["objective_value"], label, **style))
        return curves

    def get_metadata(self, df, dataset):
        title = f"Ridge: validation loss along the penalty\n{dataset.split('[')[0]}"
        return self.axes(title, "penalty exp(lambda)", "h(lambda)")

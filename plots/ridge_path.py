import numpy as np
from benchopt import BasePlot

from benchmark_utils.results.figures import of_problem, trace


class Plot(BasePlot):
    """The validation loss along a grid of lambda, and the points that descents on it visit."""

    name = "ridge_path"
    type = "scatter"
    options = {"dataset": ...}

    def plot(self, df, dataset):
        rows = of_problem(df[df["dataset_name"] == dataset], "ridge", "minimise")
        if "objective_outer_var" not in rows:
            return []
        traces = []
        for solver, points in rows.dropna(subset="objective_outer_var").groupby("solver_name"):
            visited = "report=visited" in solver
            # A grid's first point is the start that all solvers share.
            points = points.iloc[1:].sort_values("objective_outer_var") if visited else points
            name = solver.split("[")[0]
            label = f"{name}: h on its grid" if visited else f"{name}: points visited"
            x = np.exp(points["objective_outer_var"])
            style = {"linestyle": "-"} if visited else {"points": True}
            traces.append(trace(self, x, points["objective_value"], label, **style))
        return traces

    def get_metadata(self, df, dataset):
        return {
            "title": f"Ridge: validation loss along the penalty\n{dataset.split('[')[0]}",
            "xlabel": "penalty exp(lambda)",
            "ylabel": "h(lambda)",
            "scale": "semilog-x",
        }

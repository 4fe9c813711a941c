from benchmark_utils.results.curves import final_points, of_problem, task_title
from benchmark_utils.results.plots import CurvePlot


class Plot(CurvePlot):
    """The hypergradient's error against Hessian-vector products on all samples."""

    name = "linear_solvers"
    options = {"dataset": ...}

    def plot(self, df, dataset):
        rows = of_problem(df, dataset, "logreg", "estimate")
        if "p_solver_linear_solver" not in rows or not len(rows):
            return []
        rows = final_points(rows)
        # Of one product with all training samples, as the cross derivative is.
        one = rows["objective_cross_calls"].iloc[0]
        calls = rows["objective_hvp_calls"]
        # Newton's method needs the same products in all runs, and the least of these one more.
        inner = calls[calls > 0].min() - one
        most = (calls.max() - inner) / one
        curves = []
        for name, points in rows.groupby("p_solver_linear_solver"):
            points = points.sort_values("objective_hvp_calls")
            products = (points["objective_hvp_calls"] - inner) / one
            errors = points["objective_relative_error"]
            if not points["objective_hvp_calls"].any():
                # A solver that takes no products has the same error at any cost.
                products, errors = [1, most], [errors.iloc[0]] * 2
            curves.append(self.curve(products, errors, name.replace("_", " ")))
        return curves

    def get_metadata(self, df, dataset):
        return self.axes(
            task_title(dataset, "Linear solvers"),
            "Hessian-vector products",
            "relative error of the hypergradient",
        )

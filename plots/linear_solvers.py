from benchopt import BasePlot

from benchmark_utils.results.curves import final_points
from benchmark_utils.results.figures import trace


class Plot(BasePlot):
    """The hypergradient's error against Hessian-vector products on all samples."""

    name = "linear_solvers"
    type = "scatter"
    options = {"dataset": ...}

    def plot(self, df, dataset):
        needed = {"p_solver_linear_solver", "p_obj_question"}
        if not needed <= set(df):
            return []
        rows = df[(df["dataset_name"] == dataset) & (df["p_obj_question"] == "estimate")]
        rows = final_points(rows[rows["p_obj_problem"] == "logreg"])
        if not len(rows):
            return []
        # What one product on all training samples counts; the least of all runs is one.
        one = rows["objective_hvp_calls"][rows["objective_hvp_calls"] > 0].min()
        most = rows["objective_hvp_calls"].max() / one
        traces = []
        for name, points in rows.groupby("p_solver_linear_solver"):
            points = points.sort_values("objective_hvp_calls")
            products = points["objective_hvp_calls"] / one
            errors = points["objective_relative_error"]
            if not products.any():
                # A solver that takes no products has one error, at every price.
                products, errors = [1, most], [errors.iloc[0]] * 2
            traces.append(trace(self, products, errors, name.replace("_", " ")))
        return traces

    def get_metadata(self, df, dataset):
        badly = "correlation=0.99" in dataset
        return {
            "title": f"Linear solvers, {'badly' if badly else 'well'} conditioned",
            "xlabel": "Hessian-vector products",
            "ylabel": "relative error of the hypergradient",
            "scale": "loglog",
        }

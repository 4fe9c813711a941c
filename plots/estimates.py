from benchmark_utils.results.curves import fitted_slope, of_problem
from benchmark_utils.results.plots import CurvePlot

SYMBOLS = {"Analytic": "g1", "Unrolled": "g2", "Implicit": "g3"}


class Plot(CurvePlot):
    """Errors of estimates of the hypergradient against the inner error, with fitted slopes."""

    name = "estimates"
    options = {"dataset": ...}

    def plot(self, df, dataset):
        rows = of_problem(df, dataset, "ridge", "estimate").sort_values("objective_iterations")
        curves = []
        for solver, points in rows.groupby("solver_name"):
            name = solver.split("[")[0]
            x, y = points["objective_inner_distance"], points["objective_gradient_error"]
            label = f"{SYMBOLS.get(name, name)} {name}, slope {fitted_slope(x, y):.2f}"
            shown = (x > 1e-12) & (y > 1e-15)
            curves.append(self.curve(x[shown], y[shown], label))
        return curves

    def get_metadata(self, df, dataset):
        return self.axes(
            "Estimates of the hypergradient where F = G",
            "inner error |theta^N - theta*|",
            "error of the estimate",
        )

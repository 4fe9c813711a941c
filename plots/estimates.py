from benchopt import BasePlot

from benchmark_utils.results.figures import fitted_slope, of_problem, trace

SYMBOLS = {"Analytic": "g1", "Unrolled": "g2", "Implicit": "g3"}


class Plot(BasePlot):
    """Errors of estimates of the hypergradient against the inner error, with fitted slopes."""

    name = "estimates"
    type = "scatter"
    options = {"dataset": ...}

    def plot(self, df, dataset):
        rows = of_problem(df[df["dataset_name"] == dataset], "ridge", "estimate")
        rows = rows.sort_values("objective_iterations")
        traces = []
        for solver, points in rows.groupby("solver_name"):
            name = solver.split("[")[0]
            x, y = points["objective_inner_distance"], points["objective_gradient_error"]
            label = f"{SYMBOLS.get(name, name)} {name}, slope {fitted_slope(x, y):.2f}"
            shown = (x > 1e-12) & (y > 1e-15)
            traces.append(trace(self, x[shown], y[shown], label))
        return traces

    def get_metadata(self, df, dataset):
        return {
            "title": "Estimates of the hypergradient where F = G",
            "xlabel": "inner error |theta^N - theta*|",
            "ylabel": "error of the estimate",
            "scale": "loglog",
        }

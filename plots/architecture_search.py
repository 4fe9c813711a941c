from benchmark_utils.results.curves import of_problem
from benchmark_utils.results.plots import CurvePlot

COLUMNS = {
    "weight of the true operation": "objective_sine_weight",
    "test error, retrained": "objective_discrete_test_mse",
}
ORDERS = {"Analytic": "first order", "Unrolled": "second order", "Implicit": "implicit"}


class Plot(CurvePlot):
    """The weight of the true operation, and the test error of the operation of the largest weight
    with its head trained again: means over repetitions, by outer iterations."""

    name = "architecture_search"
    scale = "linear"
    options = {"dataset": ..., "measure": list(COLUMNS)}

    def plot(self, df, dataset, measure):
        rows = of_problem(df, dataset, "architecture_search", "minimise")
        # The true operation is known on this dataset only.
        if not dataset.startswith("simulated_sines") or not len(rows):
            return []
        curves = []
        for solver, points in rows.groupby("solver_name"):
            means = points.groupby("objective_iterations")[COLUMNS[measure]].mean()
            label = ORDERS.get(solver.split("[")[0], solver)
            if "linear_solver=exact" in solver:
                label = "exact"
            curves.append(self.curve(means.index, means, label))
        return curves

    def get_metadata(self, df, dataset, measure):
        size = dataset.split("n_samples=")[-1].split(",")[0].rstrip("]")
        title = f"Architecture search, {size} training samples"
        return self.axes(title, "outer iterations", measure)

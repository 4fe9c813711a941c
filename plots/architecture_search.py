from benchmark_utils.results.plots import CurvePlot

ORDERS = {"Analytic": "first order", "Unrolled": "second order", "Implicit": "implicit"}


def searches(results):
    """The points on datasets whose true operation is known, a sine, with the ``order`` of the
    gradient and the number of training samples ``n``; none if there are no such datasets."""
    if "p_dataset_n_samples" not in results or "objective_sine_weight" not in results:
        return results.head(0).assign(order=[], n=[])
    rows = results[results["dataset_name"].str.startswith("simulated_sines")]
    rows = rows.dropna(subset="objective_sine_weight")
    return rows.assign(
        order=rows["solver_name"].map(order), n=rows["p_dataset_n_samples"].astype(int).astype(str)
    )


def order(solver):
    exact = "linear_solver=exact" in solver
    name = solver.split("[")[0]
    return "exact" if exact else ORDERS.get(name, name)


def sizes(results):
    """The numbers of training samples, from few to many."""
    return sorted(searches(results)["n"].unique(), key=int) or ["no"]


class Plot(CurvePlot):
    """The weight of the true operation: the mean over datasets, by outer iterations."""

    name = "architecture_search"
    scale = "linear"
    options = {"n_samples": sizes}

    def plot(self, df, n_samples):
        rows = searches(df)
        return [
            self.curve(weight.index, weight, name)
            for name, points in rows[rows["n"] == n_samples].groupby("order")
            for weight in [points.groupby("objective_iterations")["objective_sine_weight"].mean()]
        ]

    def get_metadata(self, df, n_samples):
        title = f"Architecture search, {n_samples} training samples"
        return self.axes(title, "outer iterations", "weight of the true operation")

    def table(self, df):
        """What each order ends with: on how many datasets the true operation has the largest
        weight, that weight, and the test error of the largest operation, its head retrained."""
        rows = searches(df).sort_values("stop_val")
        last = rows.groupby(["n", "order", "dataset_name"]).last().reset_index()
        weights = last[[column for column in last if column.endswith("_weight")]]
        last["right"] = weights.idxmax(axis=1) == "objective_sine_weight"
        groups = last.groupby(["n", "order"])
        return groups.agg(
            datasets=("right", "size"),
            right=("right", "sum"),
            weight=("objective_sine_weight", "mean"),
            retrained=("objective_discrete_test_mse", "mean"),
            mixture=("objective_test_mse", "mean"),
        ).reset_index()

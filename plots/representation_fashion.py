from benchmark_utils.results.plots import ValueByCalls


class Plot(ValueByCalls):
    """h and the test accuracy of hyper-representation, by oracle calls."""

    name = "representation_fashion"
    problem = "representation"

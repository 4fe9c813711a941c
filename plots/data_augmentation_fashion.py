from benchmark_utils.results.plots import ValueByCalls


class Plot(ValueByCalls):
    """h and the test accuracy of data augmentation, by oracle calls."""

    name = "data_augmentation_fashion"
    problem = "data_augmentation"

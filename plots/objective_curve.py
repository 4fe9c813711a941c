import numpy as np
from benchopt.plotting.default_plots import ObjectiveCurvePlot


class Plot(ObjectiveCurvePlot):
    """benchopt's plot of a column against time or iterations, of its finite values only.

    benchopt itself drops NaN from the values, but not their times, and cannot draw what is left.
    """

    name = "objective_curve"

    def plot(self, df, dataset, objective, objective_column, X_axis):
        values = df[objective_column]
        if values.dtype.kind == "f":
            df = df[np.isfinite(values)]
        return super().plot(df, dataset, objective, objective_column, X_axis)

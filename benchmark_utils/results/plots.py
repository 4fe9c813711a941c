"""Base class of plots: curves and axes in the form that benchopt's page needs."""

import numpy as np
from benchopt import BasePlot

from benchmark_utils.results.curves import median_curves, of_problem, oracle_calls

# The options of a plot of one task; benchopt replaces ... by all values in a results file.
TASK_OPTIONS = {"dataset": ..., "objective": ...}


class CurvePlot(BasePlot):
    """Base class of plots that draw curves.

    A plot defines ``options``, ``plot``, which returns a list of :meth:`curve`, and
    ``get_metadata``, which returns :meth:`axes`.

    Attributes
    ----------
    scale : str
        Which axes are logarithmic: "loglog", "semilog-x", "semilog-y" or "linear".
    """

    type = "scatter"
    scale = "loglog"

    def curve(self, x, y, label, solver=None, **style):
        """A curve in the colour of its label, or of a solver that the label describes further."""
        style = {**self.get_style(solver or label), **style}
        return {"x": np.asarray(x).tolist(), "y": np.asarray(y).tolist(), "label": label, **style}

    def axes(self, title, xlabel, ylabel):
        """The title, the names of the axes, and their scale."""
        return {"title": title, "xlabel": xlabel, "ylabel": ylabel, "scale": self.scale}


class ValueByCalls(CurvePlot):
    """Base class of plots of h and of the test accuracy on one problem, by oracle calls.

    Attributes
    ----------
    problem : str
    """

    scale = "semilog-x"
    measures = {"validation loss h": "objective_value", "test accuracy": "objective_test_accuracy"}
    options = {"dataset": ..., "measure": list(measures)}

    def plot(self, df, dataset, measure):
        rows = of_problem(df, dataset, self.problem, "minimise")
        column = self.measures[measure]
        if column not in rows:
            return []
        curves = median_curves(rows)
        curves = curves.assign(calls=oracle_calls(curves, "all")).query("calls > 0")
        return [
            self.curve(points["calls"], points[column], solver.split("[")[0], solver)
            for solver, points in curves.groupby("solver_name")
        ]

    def get_metadata(self, df, dataset, measure):
        title = f"{self.problem.replace('_', ' ').capitalize()}\n{dataset.split('[')[0]}"
        return self.axes(title, "oracle calls, of one sample", measure)

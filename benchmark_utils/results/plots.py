"""Base class of plots: curves and axes in the form that benchopt's page needs."""

from zlib import crc32

import numpy as np
from benchopt import BasePlot

from benchmark_utils.results.curves import median_curves, of_problem, oracle_calls
from benchmark_utils.results.names import method_of, short_names, variants
from benchmark_utils.results.styles import MARKS, STYLES, in_order, rgb, style_of

# Letters of a file's name, of which systems take 255; a hash tells long names apart.
MAX_LENGTH = 120


class Key(str):
    """The key of one choice of a plot's options, which benchopt formats as a file's name.

    benchopt takes what follows the last point, as that of 0.5, for a suffix to be replaced, so that
    files of several choices had the same name.
    """

    def __format__(self, spec):
        name = "".join(letter if letter.isalnum() or letter in "-=" else "_" for letter in self)
        return f"{name[:MAX_LENGTH]}_{crc32(self.encode()):08x}"


# The options of a plot of one task; benchopt replaces ... by all values in a results file.
TASK_OPTIONS = {"dataset": ..., "objective": ...}


class StyledPlot(BasePlot):
    """Base class of plots whose solvers have the same style and short name in all of them."""

    def _get_all_plots(self, df):
        plots, options = super()._get_all_plots(df)
        return {Key(key): panel for key, panel in plots.items()}, options

    def styled(self, solver, solvers):
        """The label and the style of a solver, among those of a column of a results file."""
        solvers = solvers.unique()
        style = style_of(method_of(solver), variants(solvers)[solver])
        return {"label": short_names(solvers)[solver], **drawn(style)}

    def axes(self, title, xlabel, ylabel, scale, **more):
        """The title, the names of the axes, and their scale."""
        return dict(title=title, xlabel=xlabel, ylabel=ylabel, scale=scale, **more)


class CurvePlot(StyledPlot):
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
        """A curve in the style of the method of its label, or of a solver that the label describes
        further. Other labels take the styles in their order."""
        method = method_of(solver or label)
        if solver or method in STYLES:
            found = style_of(method)
        else:
            found = in_order(self.get_style(label)["marker"])
        return {"label": label, **drawn(found), **points(x, y), **style}

    def axes(self, title, xlabel, ylabel, scale=None, **more):
        return super().axes(title, xlabel, ylabel, scale or self.scale, **more)


def drawn(style):
    """A style in the words of benchopt's plots, and those of the suite's page."""
    return {
        "color": rgb(style),
        "marker": MARKS[style.mark],
        "dash": style.dash,
        "symbol": style.mark,
    }


def points(x, y):
    return {"x": np.asarray(x).tolist(), "y": np.asarray(y).tolist()}


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

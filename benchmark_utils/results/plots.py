"""The base of plots: how curves and axes are handed to benchopt's page."""

import numpy as np
from benchopt import BasePlot

# The options of a plot of one task; benchopt fills in all that a results file has.
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
        """A curve, in the colour of its label, or of a solver that the label says more about."""
        style = {**self.get_style(solver or label), **style}
        return {"x": np.asarray(x).tolist(), "y": np.asarray(y).tolist(), "label": label, **style}

    def axes(self, title, xlabel, ylabel):
        """The title, the names of the axes, and their scale."""
        return {"title": title, "xlabel": xlabel, "ylabel": ylabel, "scale": self.scale}

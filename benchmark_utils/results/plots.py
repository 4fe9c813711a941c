"""Base class of plots: curves and axes in the form that benchopt's page needs."""

import numpy as np
from benchopt import BasePlot

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

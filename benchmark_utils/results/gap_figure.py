"""Curves of h - h* in Matplotlib: medians and quartiles over seeds, in each method's style."""

from benchmark_utils.results.bands import band
from benchmark_utils.results.levels import LEAST_DRAWN
from benchmark_utils.results.styles import for_matplotlib, style_of

LABELS = {"time": "time (s)", "calls": "one-sample oracle calls"}


def draw_gaps(axis, points, cost, bold=None):
    """Draw the curves of all methods on one task.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
    points : pandas.DataFrame
        Curves, as :func:`read_task` and :func:`gap_points` return them.
    cost : str
        One of ``COSTS``.
    bold : str, default=None
        The method that is drawn in black, before all others.
    """
    lowest = LEAST_DRAWN * points["gap"].max()
    for method, of_method in points.groupby("method"):
        curve = band(of_method, cost, "gap")
        style = for_matplotlib(style_of(method))
        if method == bold:
            style |= dict(color="black", linewidth=2, zorder=3)
        median = curve["median"].clip(lower=lowest)
        axis.plot(curve["x"], median, label=method, **style)
        axis.fill_between(
            curve["x"], curve["low"].clip(lower=lowest), curve["high"].clip(lower=lowest),
            color=style["color"], alpha=0.15, linewidth=0,
        )  # fmt: skip
    axis.set(xscale="log", yscale="log", xlabel=LABELS[cost], ylim=(lowest, None))
    axis.grid(alpha=0.3)

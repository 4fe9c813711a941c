"""Medians and quartiles over seeds of curves whose points lie at different costs."""

import numpy as np
import pandas as pd

QUARTILES = 0.25, 0.75
N_POINTS = 120
BAND = ["x", "median", "low", "high"]


def band(points, cost, column):
    """A method's median curve on one task, and the quartiles over its repetitions.

    Parameters
    ----------
    points : pandas.DataFrame
        The points of the curves of one method: ``repetition``, costs and values, in the order of
        each curve.
    cost, column : str
        The names of the cost and of the value.

    Returns
    -------
    band : pandas.DataFrame
        The columns ``BAND``. It begins where each curve has a point after its start, whose cost is
        0 and has no place on a logarithmic axis. A single curve keeps its points. Of several, the
        values are those of the last point of each, on a logarithmic grid of costs; a curve that has
        ended keeps its last value until all have.
    """
    curves = [
        rows[[cost, column]].to_numpy(float)[1:]
        for _, rows in points.dropna(subset=column).groupby("repetition")
    ]
    curves = [curve[curve[:, 0] > 0] for curve in curves]
    curves = [curve for curve in curves if len(curve)]
    if not curves:
        return pd.DataFrame(columns=BAND, dtype=float)
    if len(curves) == 1:
        [[x, y]] = [curves[0].T]
        return pd.DataFrame(dict(zip(BAND, (x, y, y, y), strict=True)))
    first = max(curve[0, 0] for curve in curves)
    last = max(curve[-1, 0] for curve in curves)
    grid = np.geomspace(first, max(first, last), N_POINTS if last > first else 1)
    # Rounding must not put the first value before the first point.
    grid[0] = first
    values = [curve[np.searchsorted(curve[:, 0], grid, side="right") - 1, 1] for curve in curves]
    low, high = np.quantile(values, QUARTILES, axis=0)
    return pd.DataFrame(dict(zip(BAND, (grid, np.median(values, axis=0), low, high), strict=True)))

"""Relate the times of two machines by methods that ran on both."""

import numpy as np

from benchmark_utils.results.levels import costs_to_levels


class Unrelated(ValueError):
    """No level was reached on both machines."""


def time_ratios(here, there):
    """How many times as long each method takes here as there, to the same levels.

    Parameters
    ----------
    here, there : pandas.DataFrame
        Curves of the same methods on one task, as :func:`costs_to_levels` takes them.

    Returns
    -------
    ratios : pandas.Series
        One number per method: the geometric mean, over the levels that both reached, of the ratio
        of the median times. NaN if there is no such level.
    """
    times = [
        costs_to_levels(points)["time"].groupby(["method", "level"]).median()
        for points in (here, there)
    ]
    ratios = (times[0] / times[1]).where(np.isfinite(times[0]) & np.isfinite(times[1]))
    return np.exp(np.log(ratios).groupby("method").mean())


def time_ratio(ratios):
    """One ratio for all methods: their geometric mean.

    Raises
    ------
    Unrelated
        If no method has a ratio.
    """
    if ratios.isna().all():
        raise Unrelated(
            f"No level was reached both here and in the archive by {', '.join(ratios.index)}, so "
            "times cannot be related; give other anchors."
        )
    return float(np.exp(np.log(ratios).mean()))

"""Performance profiles: how often, and by how much, a solver is behind the fastest."""

import numpy as np
import pandas as pd

from benchmark_utils.results.levels import costs_to_levels


def performance_ratios(points, accuracy, cost):
    """The cost of every method in every run, in units of the lowest cost in that run.

    A run is a task and a repetition. It is solved once the gap h - h* is at most ``accuracy`` times
    the gap at the start (Moré and Wild, SIAM J. Optim. 2009, equation 2.2, with the stored optimum
    as h*).

    Parameters
    ----------
    points : pandas.DataFrame
        As :func:`gap_points` returns them.
    accuracy : float
    cost : str
        One of ``COSTS``.

    Returns
    -------
    ratios : pandas.DataFrame
        One row per run in which some method solved the task, one column per method; infinite where
        that method did not, NaN where it was not run.
    """
    costs = costs_to_levels(points, (accuracy,))[cost].droplevel("level").unstack("method")
    if len(costs):
        # Column by column: what transform does with a table depends on the gaps of its first group.
        costs = costs.apply(lambda column: column.groupby("task").transform(repeated))
    lowest = costs.min(axis=1)
    solved = np.isfinite(lowest) & (lowest > 0)
    return costs[solved].div(lowest[solved], axis=0)


def repeated(costs):
    """The costs of one method on one task, again and again where it has fewer than others.

    A method that uses no random numbers needs fewer repetitions.
    """
    known = costs.dropna()
    return pd.Series(np.resize(known, len(costs)), costs.index) if len(known) else costs


def profile(ratios, furthest):
    """The performance profile of one solver (Dolan and Moré, Math. Program. 2002).

    It is the fraction of the tasks solved within a factor of the lowest cost, against that factor.

    Parameters
    ----------
    ratios : array, (n_tasks,)
        Cost in units of the lowest; infinite where a task was not solved, NaN where it was not run.
    furthest : float
        Where the curve ends.

    Returns
    -------
    factors, parts : array, array
        The corners of a curve of steps from 1 to ``furthest``.
    """
    ratios = ratios[~np.isnan(ratios)]
    steps = np.sort(ratios[np.isfinite(ratios)])
    heights = np.arange(1, len(steps) + 1) / len(ratios)
    factors = np.concatenate([[1.0], np.repeat(steps, 2), [furthest]])
    parts = np.concatenate([[0.0, 0.0], np.repeat(heights, 2)])
    return factors, parts

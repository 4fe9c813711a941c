"""Levels of the gap h - h*, and what it costs to reach them."""

import numpy as np
import pandas as pd

from benchmark_utils.results.curves import oracle_calls

# A level tau is reached where h - h* is at most tau times its value at the start.
LEVELS = (1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
# How far below h* a curve may go, relative to the gap at the start: a thousandth of the last level.
# Where the start is no higher than h*, it is the difference itself.
ROUNDING = 1e-9
# In figures, smaller gaps than this part of the first are drawn as large: below the last level a
# curve only says how precise h* is.
LEAST_DRAWN = LEVELS[-1] / 10
CURVE = ["task", "method", "repetition"]
COSTS = ["time", "calls"]


def name_of(level):
    """A level as text, such as 1e-3."""
    return f"{level:.0e}".replace("e-0", "e-")


class BelowOptimum(ValueError):
    """A curve has gone below h*, so h* is not the optimum."""


def gap_points(results, calls="all"):
    """The points of results whose task has a stored optimum, as the functions below take them.

    Parameters
    ----------
    results : pandas.DataFrame
        One row per point of a curve, as benchopt writes it.
    calls : str
        One of ``CALLS``: which oracle calls are counted.

    Returns
    -------
    points : pandas.DataFrame
        One row per point, in the order of each curve: ``CURVE``, ``COSTS`` and ``gap``.
    """
    results = results.sort_values("stop_val")
    points = pd.DataFrame({
        "task": results["dataset_name"] + ", " + results["objective_name"],
        "method": results["solver_name"],
        "repetition": results["idx_rep"],
        "time": results["time"],
        "calls": oracle_calls(results, calls),
        "gap": results.get("objective_gap", np.nan),
    })  # fmt: skip
    known = points["gap"].notna().groupby(points["task"]).transform("any")
    return points[known].reset_index(drop=True)


def relative_gaps(points):
    """The gap at each point, relative to the gap at the start of its task.

    Methods may begin at different points. The start of a task is the highest of their first points.

    Parameters
    ----------
    points : pandas.DataFrame
        One row per point, in the order of each curve: ``CURVE`` and ``gap``, which is h - h*.

    Returns
    -------
    relative : pandas.Series
        One number per row; NaN where the start is not above h*.

    Raises
    ------
    BelowOptimum
        If a curve is below h* by more than rounding.
    """
    first = points.groupby(CURVE)["gap"].transform("first")
    start = first.groupby(points["task"]).transform("max")
    above = start > 0
    compared = points["gap"] / start.where(above, 1)
    lowest = compared.min()
    if lowest < -ROUNDING:
        point = points.loc[compared.idxmin()]
        amount = f"{-lowest:.2g} of the gap at the start"
        if not above[compared.idxmin()]:
            amount = "its task starts there or below"
        raise BelowOptimum(
            f"{point['method']} on {point['task']}, repetition {point['repetition']}, is "
            f"{-point['gap']:.3g} below the stored h*: {amount}, and {ROUNDING:.0e} is rounding. "
            "This h* is not the optimum; find it again: `make optima`."
        )
    return compared.where(above)


def costs_to_levels(points, levels=LEVELS):
    """The costs at which each curve first reached each level.

    Parameters
    ----------
    points : pandas.DataFrame
        One row per point, in the order of each curve: ``CURVE``, ``gap`` and ``COSTS``.
    levels : sequence of float

    Returns
    -------
    costs : pandas.DataFrame
        The columns ``COSTS``, indexed by ``CURVE`` and ``level``; infinite where the level was
        never reached.
    """
    points = points.assign(gap=relative_gaps(points))
    found = {
        curve: first_costs(rows["gap"].to_numpy(), rows[COSTS].to_numpy(float), levels)
        for curve, rows in points.groupby(CURVE, observed=True)
    }
    index = pd.MultiIndex.from_tuples(
        [(*curve, level) for curve in found for level in levels], names=[*CURVE, "level"]
    )
    values = np.concatenate(list(found.values())) if found else np.empty((0, len(COSTS)))
    return pd.DataFrame(values, index, COSTS)


def first_costs(gaps, costs, levels):
    """The costs, (n_levels, n_costs), at the first of the points whose gap is at most a level.

    Gaps that are not numbers, as those of a curve that diverged, reach no level.
    """
    return costs_along(np.minimum.accumulate(np.where(np.isnan(gaps), np.inf, gaps)), costs, levels)


def lasting_costs(gaps, costs, levels):
    """The costs, (n_levels, n_costs), at the first point from which on gaps are at most a level.

    Where a gap is not a number, the levels before it have not lasted.
    """
    gaps = np.where(np.isnan(gaps), np.inf, gaps)
    return costs_along(np.maximum.accumulate(gaps[::-1])[::-1], costs, levels)


def costs_along(decreasing, costs, levels):
    """The costs where a decreasing curve reaches each level, infinite where it does not."""
    reached = np.searchsorted(-decreasing, -np.asarray(levels))
    return np.concatenate([costs, np.full((1, costs.shape[1]), np.inf)])[reached]

"""Measured complexity: oracle calls needed until ||grad h||^2 <= epsilon, against epsilon."""

import numpy as np

# O(epsilon^-a) one-sample oracle calls until E||grad h||^2 <= epsilon, for smooth non-convex h and
# a strongly convex inner problem; logarithms are left out.
THEORETICAL_EXPONENTS = {
    "AmIGO": 2.0,  # Arbel and Mairal, ICLR 2022
    "StocBiO": 2.0,  # Ji, Yang and Liang, ICML 2021
    "TTSA": 2.5,  # Hong, Wai, Wang and Yang, 2020
    "MRBO": 1.5,  # Yang, Ji and Liang, NeurIPS 2021
    "SUSTAIN": 1.5,  # Khanduri et al., NeurIPS 2021
    "SOBA": 2.5,  # Dagreou, Ablin, Vaiter and Moreau, NeurIPS 2022
    "SABA": 1.0,  # the same, for a finite sum
}
TARGETS_PER_DECADE = 8


def calls_needed(results, calls):
    """Oracle calls until ||grad h||^2, in the mean over repetitions, was first at most epsilon.

    The theorems choose the steps for each epsilon. So for each epsilon, the parameters with which a
    solver needed the fewest calls are used.

    Parameters
    ----------
    results : pandas.DataFrame
        One row per point of a curve, as benchopt writes it, on one dataset and objective.
    calls : pandas.Series
        Oracle calls at each row.

    Returns
    -------
    needed : dict of str to (targets, calls)
        By solver's name without parameters: decreasing epsilon, and calls. Both arrays are empty
        for a solver that never went below its starting point.
    """
    points = results.assign(
        solver=results["solver_name"].str.split("[").str[0],
        squared=results["objective_grad_norm"] ** 2,
        calls=calls,
    ).groupby(["solver", "solver_name", "stop_val"])
    means = points[["squared", "calls"]].mean()
    reached = points.size()
    means = means[reached == reached.groupby("solver_name").transform("max")]
    needed = {}
    for solver, curves in means.groupby("solver"):
        targets = grid(curves["squared"].iloc[0], curves["squared"].min())
        costs = [first_below(curve, targets) for _, curve in curves.groupby("solver_name")]
        needed[solver] = targets, np.min(costs, axis=0)
    return needed


def first_below(curve, targets):
    """The calls at which a curve's ``squared`` is first at most each target; else infinite."""
    lowest = np.minimum.accumulate(curve["squared"].to_numpy())
    calls = np.append(curve["calls"].to_numpy(float), np.inf)
    return calls[np.searchsorted(-lowest, -targets)]


def grid(start, end):
    """Values from below ``start`` down to ``end``, evenly spaced in logarithms."""
    n_targets = int(TARGETS_PER_DECADE * np.log10(start / end)) if 0 < end < start else 0
    targets = start * 10.0 ** (-np.arange(1, n_targets + 1) / TARGETS_PER_DECADE)
    return targets[targets >= end]


def fitted_exponent(targets, calls):
    """The exponent a of calls ~ epsilon^-a, by least squares on the logarithms of the smaller half
    of the epsilons; NaN if there are fewer than three, or if a method needs none of these calls."""
    half = slice(len(targets) // 2, None)
    if len(targets) < 3 or not np.all(calls[half]):
        return np.nan
    return -np.polyfit(np.log(targets[half]), np.log(calls[half]), 1)[0]

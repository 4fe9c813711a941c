"""Rank methods by integrated performance profiles, and say what chance has to do with it.

A method's score is the area below its performance profile (Dolan and Moré, Math. Program. 2002),
against the logarithm of the factor by which it is behind the cheapest, from 1 to ``FURTHEST``. The
profile is over all tasks and levels, and the cost of a level is the median over seeds. A score of 1
means always the cheapest, 0 means never within that factor. Dahl et al. (arXiv:2306.07179, 2023)
score training algorithms in this way.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import kendalltau, wilcoxon

from benchmark_utils.results.levels import LEVELS, costs_to_levels

# A method that is this many times as expensive as the cheapest gains nothing.
FURTHEST = 100.0
N_RESAMPLES = 1000
# Of intervals and tests together.
SIGNIFICANCE = 0.05


@dataclass
class Ranking:
    """The ranking of methods by one cost.

    Parameters
    ----------
    points : pandas.DataFrame
        Curves, as :func:`costs_to_levels` takes them; of a method on a task, or none.
    cost : str
        A column of ``points``.
    levels : sequence of float
    """

    points: pd.DataFrame
    cost: str
    levels: tuple = LEVELS

    def __post_init__(self):
        costs = costs_to_levels(self.points, self.levels)[self.cost].unstack("level")
        self.tasks = sorted(costs.index.unique("task"))
        self.methods = sorted(costs.index.unique("method"))
        self.costs, self.fixed = cost_array(costs, self.tasks, self.methods)

    @cached_property
    def parts(self):
        """What each level adds to a score; see :func:`profile_parts`."""
        medians = np.median(self.costs, axis=2)
        return profile_parts(medians, lowest_costs(medians))

    @cached_property
    def scores(self):
        """The integrated profile of each method, best first."""
        scores = pd.Series(mean_of_numbers(self.parts, (0, 2)), self.methods)
        return scores.sort_values(ascending=False, kind="stable")

    @cached_property
    def samples(self):
        """Scores, (N_RESAMPLES, n_methods), of resampled seeds and tasks."""
        return resampled_scores(self.costs, np.random.default_rng(0))

    @property
    def intervals(self):
        """The lower and the upper end of an interval for each score, by method."""
        tails = [SIGNIFICANCE / 2, 1 - SIGNIFICANCE / 2]
        ends = np.nanquantile(self.samples, tails, axis=0)
        return pd.DataFrame(ends.T, self.methods, ["lower", "upper"])

    @property
    def n_tasks(self):
        """The number of tasks on which each method was run."""
        return pd.Series((~np.isnan(self.costs[:, :, 0, 0])).sum(axis=0), self.methods)

    @cached_property
    def apart(self):
        """Which pairs of methods can be told apart on these tasks, with other seeds."""
        lowest = lowest_costs(np.median(self.costs, axis=2))[:, :, np.newaxis]
        # One pair of scores for each task and seed: the levels of a curve depend on each other.
        scores = mean_of_numbers(profile_parts(self.costs, lowest), -1)
        # Without random numbers a method has one score per task.
        fixed = mean_of_numbers(self.parts, -1)
        scores = np.where(self.fixed[..., np.newaxis], fixed[..., np.newaxis], scores)
        return told_apart(scores, self.methods, self.fixed)

    @property
    def apart_on_other_tasks(self):
        """Which pairs can be told apart if the tasks are a sample of others: one pair a task."""
        scores = mean_of_numbers(self.parts, -1)[..., np.newaxis]
        return told_apart(scores, self.methods, self.fixed)

    @property
    def cliques(self):
        """Neighbours in the ranking no two of which can be told apart, as lists of methods.

        No clique is part of another, and each method is in one at least.
        """
        order = list(self.scores.index)
        apart = self.apart.loc[order, order].to_numpy()
        found, furthest = [], 0
        for first in range(len(order)):
            last = first + 1
            while last < len(order) and not apart[first : last + 1, first : last + 1].any():
                last += 1
            if last > furthest:
                found.append(order[first:last])
                furthest = last
        return found


def cost_array(costs, tasks, methods):
    """Costs as an array, and which of them have no chance in them.

    A method that uses no random numbers has fewer curves than others: they are repeated.

    Parameters
    ----------
    costs : pandas.DataFrame
        One row per curve, one column per level.
    tasks, methods : list of str

    Returns
    -------
    values : array, (n_tasks, n_methods, n_seeds, n_levels)
        The most demanding level last; NaN where a method has no curves.
    fixed : array of bool, (n_tasks, n_methods)
        Where a method has fewer curves than others.
    """
    n_seeds = max([1, *costs.groupby(["task", "method"]).size()])
    values = np.full((len(tasks), len(methods), n_seeds, costs.shape[1]), np.nan)
    fixed = np.zeros(values.shape[:2], bool)
    costs = costs[sorted(costs, reverse=True)]
    for (task, method), rows in costs.groupby(["task", "method"]):
        place = tasks.index(task), methods.index(method)
        values[place] = np.resize(rows.to_numpy(), values.shape[2:])
        fixed[place] = len(rows) < n_seeds
    return values, fixed


def lowest_costs(medians):
    """The lowest cost of each task and level, (n_tasks, 1, n_levels), of (n_tasks, n_methods,
    n_levels); NaN where no method reached the level."""
    lowest = np.fmin.reduce(medians, axis=1, keepdims=True, initial=np.inf)
    return np.where(np.isfinite(lowest), lowest, np.nan)


def profile_parts(costs, lowest):
    """What each cost adds to the integrated profile of its method.

    It is 1 - log(cost / lowest) / log(FURTHEST), within [0, 1]; NaN where one of them is.
    """
    return np.clip(1 - np.log(costs / lowest) / np.log(FURTHEST), 0, 1)


def mean_of_numbers(parts, axes):
    """The mean along axes of what is not NaN; NaN where all is."""
    there = ~np.isnan(parts)
    with np.errstate(invalid="ignore"):
        return np.where(there, parts, 0).sum(axis=axes) / there.sum(axis=axes)


def resampled_scores(costs, rng):
    """Scores if tasks, and the seeds of each task and method, had been drawn again.

    Parameters
    ----------
    costs : array, (n_tasks, n_methods, n_seeds, n_levels)
    rng : numpy.random.Generator

    Returns
    -------
    samples : array, (N_RESAMPLES, n_methods)
    """
    n_tasks, n_methods, n_seeds, _ = costs.shape
    samples = np.empty((N_RESAMPLES, n_methods))
    for k in range(N_RESAMPLES):
        seeds = rng.integers(n_seeds, size=(n_tasks, n_methods, n_seeds, 1))
        drawn = np.take_along_axis(costs, seeds, axis=2)
        medians = np.median(drawn, axis=2)
        parts = profile_parts(medians, lowest_costs(medians))
        samples[k] = mean_of_numbers(parts[rng.integers(n_tasks, size=n_tasks)], (0, 2))
    return samples


def told_apart(scores, methods, fixed):
    """The pairs of methods whose scores differ, by the signed-rank test with Holm's adjustment.

    Parameters
    ----------
    scores : array, (n_tasks, n_methods, n_seeds)
    methods : list of str
    fixed : array of bool, (n_tasks, n_methods)
        Where all seeds have the same score. Two of these are compared once.

    Returns
    -------
    apart : pandas.DataFrame of bool, (n_methods, n_methods)
    """
    pairs = list(combinations(range(len(methods)), 2))
    p_values = [signed_rank(differences(scores, fixed, i, j)) for i, j in pairs]
    table = np.zeros((len(methods),) * 2, bool)
    for (i, j), different in zip(pairs, holm(p_values) <= SIGNIFICANCE, strict=True):
        table[i, j] = table[j, i] = different
    return pd.DataFrame(table, methods, methods)


def differences(scores, fixed, i, j):
    """The differences of two methods' scores: one per task and seed, or one per task."""
    by_seed = scores[:, i] - scores[:, j]
    once = fixed[:, i] & fixed[:, j]
    return np.concatenate([by_seed[once, 0], by_seed[~once].ravel()])


def signed_rank(differences):
    """The p-value of Wilcoxon's signed-rank test, 1 if all differences are zero."""
    differences = differences[~np.isnan(differences)]
    if not differences.any():
        return 1.0
    sizes = np.abs(differences)
    # By default SciPy permutes signs where sizes are equal, which takes seconds.
    distinct = len(sizes) <= 50 and sizes.all() and len(np.unique(sizes)) == len(sizes)
    method = "exact" if distinct else "asymptotic"
    return float(wilcoxon(differences, zero_method="zsplit", method=method).pvalue)


def holm(p_values):
    """Holm's adjusted p-values (Scand. J. Statist. 1979): compare them with one significance."""
    p_values = np.asarray(p_values, float)
    order = np.argsort(p_values)
    scaled = p_values[order] * np.arange(len(order), 0, -1)
    adjusted = np.empty_like(p_values)
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1)
    return adjusted


def order_changes(first, second):
    """The pairs of methods that two rankings of the same methods put in different orders.

    Parameters
    ----------
    first, second : Ranking

    Returns
    -------
    changes : pandas.DataFrame
        One row per pair: ``ahead`` and ``behind`` in the first ranking, by how much the scores
        differ in the ``first`` and in the ``second``, and whether both orders are ``sure``: the
        same in nearly all resamples. The largest changes come first.
    agreement : float
        Kendall's tau of the two rankings.
    """
    rows = []
    for a, b in combinations(first.scores.index, 2):
        before, after = first.scores[a] - first.scores[b], second.scores[a] - second.scores[b]
        if before > 0 > after:
            sure = is_sure(first, a, b) and is_sure(second, b, a)
            rows.append((a, b, before, -after, sure))
    changes = pd.DataFrame(rows, columns=["ahead", "behind", "first", "second", "sure"])
    smaller = changes[["first", "second"]].min(axis=1)
    order = (smaller + changes["sure"]).sort_values(ascending=False, kind="stable").index
    agreement = kendalltau(first.scores, second.scores.reindex(first.scores.index)).statistic
    return changes.loc[order].reset_index(drop=True), float(agreement)


def is_sure(ranking, a, b):
    """Whether one method is ahead of another in nearly all resamples."""
    samples = pd.DataFrame(ranking.samples, columns=ranking.methods)
    return (samples[a] > samples[b]).mean() >= 1 - SIGNIFICANCE / 2

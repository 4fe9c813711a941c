"""Scores, intervals, cliques and changes of order, against closed forms."""

import numpy as np
import pandas as pd
import pytest

from benchmark_utils.results.levels import LEVELS
from benchmark_utils.results.performance_profile import profile
from benchmark_utils.results.ranking import (
    FURTHEST,
    Ranking,
    holm,
    lowest_costs,
    mean_of_numbers,
    order_changes,
    profile_parts,
    signed_rank,
)

TASKS = [f"task {k}" for k in range(6)]


def curve(task, method, repetition, costs, calls=None):
    """A curve that reaches the k-th level at the k-th cost; at no finite cost, never."""
    costs = np.asarray(costs, float)
    there = np.isfinite(costs)
    calls = costs if calls is None else np.asarray(calls, float)
    rows = dict(
        gap=np.append(1.0, np.array(LEVELS)[there]),
        time=np.append(0.0, costs[there]), calls=np.append(0.0, calls[there]),
    )  # fmt: skip
    return pd.DataFrame(rows | dict(task=task, method=method, repetition=repetition))


def costs_of(scale, seed, noise=0.3):
    """Costs that grow with the level, of one seed."""
    rng = np.random.default_rng(seed)
    return scale * 2.0 ** np.arange(len(LEVELS)) * np.exp(noise * rng.standard_normal())


def archive(scales, noise=0.3, n_seeds=5, tasks=TASKS):
    """Curves of methods whose costs are those of each other times a factor."""
    return pd.concat([
        curve(task, method, seed, costs_of(scale, (k, m, seed), noise))
        for k, task in enumerate(tasks)
        for m, (method, scale) in enumerate(scales.items())
        for seed in range(n_seeds)
    ], ignore_index=True)  # fmt: skip


def test_a_method_that_is_always_the_cheapest_scores_1_and_one_that_is_too_far_behind_0():
    ranking = Ranking(archive({"A": 1, "B": 2 * FURTHEST, "C": 10}, noise=0), "time")
    assert ranking.scores.to_dict() == pytest.approx({"A": 1, "C": 0.5, "B": 0})
    assert list(ranking.scores.index) == ["A", "C", "B"]


def test_a_score_is_the_area_below_the_performance_profile():
    rng = np.random.default_rng(0)
    costs = 10 ** rng.uniform(0, 3, (7, 3, 6))
    costs[rng.uniform(size=costs.shape) < 0.2] = np.inf
    scores = mean_of_numbers(profile_parts(costs, lowest_costs(costs)), (0, 2))
    ratios = (costs / costs.min(axis=1, keepdims=True)).swapaxes(1, 2).reshape(-1, 3)
    ratios = ratios[np.isfinite(costs.min(axis=1)).ravel()]
    for score, ratio in zip(scores, ratios.T, strict=True):
        factors, heights = profile(ratio, 1e4)
        # Steps: the height after a corner holds until the next.
        logs = np.log(np.clip(factors, 1, FURTHEST)) / np.log(FURTHEST)
        assert score == pytest.approx(np.sum(np.diff(logs) * heights[:-1]), abs=1e-12)


def test_levels_that_no_method_reaches_say_nothing():
    both = pd.concat([
        curve("task", "A", 0, [1, 2, *[np.inf] * 4]), curve("task", "B", 0, [10, *[np.inf] * 5])
    ], ignore_index=True)  # fmt: skip
    scores = Ranking(both, "time").scores
    assert scores.to_dict() == pytest.approx({"A": 1, "B": 0.25})


def test_a_level_costs_the_median_over_seeds_and_nothing_if_most_do_not_reach_it():
    costs = [[1] * 6, [4] * 6, [np.inf] * 6]
    half = [curve("task", "A", seed, cost) for seed, cost in enumerate(costs)]
    rare = [curve("task", "B", seed, cost) for seed, cost in enumerate([[1] * 6, *costs[2:] * 2])]
    scores = Ranking(pd.concat([*half, *rare], ignore_index=True), "time").scores
    assert scores.to_dict() == {"A": 1, "B": 0}


def test_a_method_is_scored_on_its_own_tasks():
    points = archive({"A": 1, "B": 10}, noise=0)
    fewer = points[(points["method"] == "A") | points["task"].isin(TASKS[:2])]
    ranking = Ranking(fewer, "time")
    assert ranking.scores.to_dict() == pytest.approx({"A": 1, "B": 0.5})
    assert ranking.n_tasks.to_dict() == {"A": 6, "B": 2}


def test_curves_of_a_method_without_random_numbers_count_as_often_as_others():
    points = archive({"A": 1, "B": 10})
    few = points[(points["method"] == "A") | (points["repetition"] == 0)]
    assert np.isfinite(Ranking(few, "time").samples).all()


def test_methods_without_random_numbers_are_compared_once_per_task():
    points = archive(dict(A=1, B=2, C=4), noise=0.01, tasks=TASKS[:4])
    fixed = points["method"].isin(["A", "B"]) & (points["repetition"] >= 3)
    ranking = Ranking(points[~fixed].reset_index(drop=True), "time")
    # The p-value of four differences is 2 / 2^4 or more.
    assert not ranking.apart.loc["A", "B"]
    assert ranking.apart.loc["A", "C"]
    assert ranking.apart.loc["B", "C"]
    assert Ranking(points, "time").apart.loc["A", "B"]


def test_intervals_contain_the_score_and_methods_with_the_same_costs_are_one_clique():
    ranking = Ranking(archive(dict.fromkeys("ABCD", 1)), "time")
    for method, (low, high) in ranking.intervals.iterrows():
        assert low <= ranking.scores[method] <= high
        assert high - low > 0.01
    assert not ranking.apart.any(axis=None)
    assert [sorted(clique) for clique in ranking.cliques] == [list("ABCD")]


def test_identical_curves_tie_exactly():
    points = archive({"A": 1})
    ranking = Ranking(pd.concat([points, points.assign(method="B")], ignore_index=True), "time")
    assert ranking.scores["A"] == ranking.scores["B"] == 1
    assert ranking.cliques == [["A", "B"]]


def test_a_dominated_method_is_in_no_clique_of_those_that_dominate_it():
    ranking = Ranking(archive({"A": 1, "B": 1, "C": 20}), "time")
    assert [sorted(clique) for clique in ranking.cliques] == [["A", "B"], ["C"]]
    assert ranking.intervals.loc["C", "upper"] < ranking.intervals.loc[["A", "B"], "lower"].min()


def test_few_tasks_tell_no_two_of_many_methods_apart_on_other_tasks():
    methods = dict(zip("ABCDEFGH", 2.0 ** np.arange(8), strict=True))
    ranking = Ranking(archive(methods, noise=0.1), "time")
    assert ranking.apart.loc["A", "H"]
    # 2 / 2^6 for one pair of 28.
    assert not ranking.apart_on_other_tasks.any(axis=None)
    two = Ranking(archive({"A": 1, "B": 8}, noise=0.1), "time")
    assert two.apart_on_other_tasks.loc["A", "B"]


@pytest.mark.slow
def test_the_interval_of_a_score_covers_that_of_many_seeds():
    costs = dict(A=1, B=1.5)
    truth = Ranking(archive(costs, n_seeds=60), "time").scores
    ranking = Ranking(archive(costs, n_seeds=5), "time")
    for method in costs:
        low, high = ranking.intervals.loc[method]
        assert low <= truth[method] <= high


def test_curves_that_diverged_or_failed_reach_no_level():
    points = archive({"A": 1, "B": 1}, noise=0)
    failed = points[(points["method"] == "B") & (points["gap"] == 1)].assign(gap=np.nan)
    both = pd.concat([points[points["method"] == "A"], failed], ignore_index=True)
    assert Ranking(both, "time").scores.to_dict() == {"A": 1, "B": 0}


def test_an_empty_archive_has_an_empty_ranking():
    ranking = Ranking(archive({"A": 1}).head(0), "time")
    assert ranking.scores.empty
    assert ranking.cliques == []


def test_holm_adjusts_as_in_his_paper():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.6, 0.7]).tolist() == [1, 1]
    assert holm([]).tolist() == []


def test_the_signed_rank_test_is_exact_for_few_differences():
    # All of 8 signs are the same: with probability 2 / 2^8.
    assert signed_rank(np.arange(1.0, 9)) == pytest.approx(2 / 2**8)
    assert signed_rank(np.zeros(5)) == 1
    assert signed_rank(np.append(np.arange(1.0, 9), np.nan)) == pytest.approx(2 / 2**8)


def test_a_pair_changes_order_between_time_and_calls():
    points = archive({"A": 1, "B": 5, "C": 30}, noise=0.05)
    # B needs five times as long as A, but a tenth of its calls.
    cheaper = {"A": 1.0, "B": 1 / 50, "C": 1.0}
    points["calls"] *= points["method"].map(cheaper)
    changes, agreement = order_changes(Ranking(points, "time"), Ranking(points, "calls"))
    assert changes[["ahead", "behind"]].to_numpy().tolist() == [["A", "B"]]
    assert changes["sure"].tolist() == [True]
    assert agreement == pytest.approx(1 / 3)


def test_a_change_of_order_by_chance_is_not_sure():
    points = archive({"A": 1, "B": 1}, noise=1)
    swapped = points.assign(method=points["method"].map({"A": "B", "B": "A"}))
    changes, agreement = order_changes(Ranking(points, "time"), Ranking(swapped, "time"))
    assert changes["sure"].tolist() == [False]
    assert changes["first"].tolist() == pytest.approx(changes["second"].tolist())
    assert agreement == pytest.approx(-1)

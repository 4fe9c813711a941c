"""Candidates are scored by the cost to levels of h - h*, and the best of them is chosen."""

import numpy as np
import pandas as pd
import pytest

from benchmark_utils.results.tuning import COSTS, outcome, ranking, regrets, scores


def curve(gaps, status="ok"):
    """A curve with these gaps, of 100 oracle calls and one second from point to point."""
    n_points = len(gaps)
    return pd.DataFrame(
        dict(
            stop_val=range(n_points), time=np.arange(n_points, dtype=float), objective_gap=gaps,
            objective_status=["ok"] * (n_points - 1) + [status],
            objective_inner_grad_calls=40 * np.arange(n_points),
            objective_hvp_calls=30 * np.arange(n_points),
            objective_cross_calls=20 * np.arange(n_points),
            objective_outer_grad_calls=10 * np.arange(n_points),
        )
    )  # fmt: skip


def row(*costs, status="ok", gap=1.0, **columns):
    return dict(zip(COSTS, costs, strict=True)) | dict(status=status, gap=gap) | columns


def table(*rows, max_calls=1000):
    return pd.DataFrame(rows).assign(max_calls=max_calls)


def test_a_levels_cost_is_that_of_the_first_point_from_which_on_the_curve_stays_below():
    found = outcome(curve([4.0, 0.41, 0.04, 0.5, 0.4, 0.05, 0.03, 0.35]))
    assert [found[name] for name in COSTS] == [400, *[np.inf] * 5]
    assert (found["gap"], found["status"], found["seconds"]) == (0.35, "ok", 7.0)
    assert outcome(curve([4.0, 0.41, 0.04, 0.03]))["calls_1e-2"] == 200


def test_the_order_of_the_rows_does_not_matter():
    points = curve([4.0, 0.41, 0.4, 0.05, 0.03, 0.5])
    assert outcome(points.iloc[::-1]) == outcome(points)


@pytest.mark.parametrize("gaps", [[4.0, 0.1, 1e9], [4.0, 0.1, np.nan]])
def test_a_curve_that_diverges_has_reached_no_level_for_good(gaps):
    found = outcome(curve(gaps, status="diverged"))
    assert all(np.isinf(found[name]) for name in COSTS)
    assert (found["gap"], found["status"]) == (np.inf, "diverged")


def test_a_run_without_a_curve_failed():
    found = outcome(curve([4.0]).head(0))
    assert found["status"] == "failed"
    assert all(np.isinf(found[name]) for name in COSTS)


def test_scores_of_a_table_made_by_hand():
    found = scores(
        table(
            row(10, 10, 10, 100, 100, 100),
            row(10, 10, 10, 1000, np.inf, np.inf),
            row(*[np.inf] * 6),
            row(*[10] * 6, status="diverged"),
            row(*[np.inf] * 6, status="failed"),
        )
    )
    # A miss costs ten times the budget of 1,000 calls, a divergence a hundred times.
    assert found.to_list() == pytest.approx([1.5, (1 + 1 + 1 + 3 + 4 + 4) / 6, 4, 5, 5])


def test_candidates_are_ranked_by_their_mean_over_seeds():
    runs = table(
        row(*[10] * 6, rho="1", seed=1),
        row(*[1000] * 6, rho="1", seed=2),
        row(*[10] * 3, *[100] * 3, rho="2", seed=1),
        row(*[100] * 6, rho="2", seed=2),
        row(*[10] * 6, rho="3", seed=1, status="diverged"),
    )
    found = ranking(runs, ["rho"])
    assert found["rho"].to_list() == ["2", "1", "3"]
    assert found["score"].to_list() == pytest.approx([1.75, 2, 5])
    assert found["n_seeds"].to_list() == [2, 2, 1]


def test_the_last_gap_decides_between_candidates_that_reach_no_level():
    runs = table(
        *(row(*[np.inf] * 6, rho=rho, seed=1, gap=gap) for rho, gap in (("1", 3.0), ("2", 2.0)))
    )
    assert ranking(runs, ["rho"])["rho"].to_list() == ["2", "1"]


def test_the_best_over_all_tasks_loses_least_to_the_best_on_each():
    def runs(*costs):
        return table(*(row(*[cost] * 6, rho=str(k)) for k, cost in enumerate(costs)))

    # Candidate 1 is best on no task, and ten times behind the best of each.
    found = regrets({"a": runs(1, 10, 1000), "b": runs(10_000, 100, 10)}, ["rho"])
    assert found["rho"].iloc[0] == "1"
    assert found[["a", "b"]].iloc[0].to_list() == pytest.approx([1, 1])

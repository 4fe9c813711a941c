"""Times of two machines are related by methods that ran on both."""

import pandas as pd
import pytest

from benchmark_utils.results.calibration import time_ratio, time_ratios


def curve(method, times, repetition=0):
    """A curve that reaches a level at each of these times."""
    n = len(times)
    gaps = [10.0**-k for k in range(n + 1)]
    costs = dict(time=[0.0, *times], calls=range(n + 1))
    about = dict(task="task", method=method, repetition=repetition)
    return pd.DataFrame(dict(gap=gaps) | costs | about)


def curves(*parts):
    return pd.concat(parts, ignore_index=True)


def test_the_ratio_of_a_machine_that_is_three_times_slower_is_three():
    there = curves(curve("A", [1, 2, 4]), curve("B", [0.1, 0.2]))
    here = there.assign(time=3 * there["time"])
    ratios = time_ratios(here, there)
    assert ratios.to_dict() == pytest.approx({"A": 3, "B": 3})
    assert time_ratio(ratios) == pytest.approx(3)
    assert time_ratio(time_ratios(there, here)) == pytest.approx(1 / 3)


def test_the_ratio_is_the_geometric_mean_over_levels_and_methods_of_that_of_medians():
    there = curves(*(curve("A", [1, 1], seed) for seed in range(3)), curve("B", [1]))
    here = curves(
        curve("A", [1, 4], 0), curve("A", [2, 8], 1), curve("A", [1000, 9], 2), curve("B", [1])
    )
    ratios = time_ratios(here, there)
    assert ratios.to_dict() == pytest.approx({"A": 4, "B": 1})
    assert time_ratio(ratios) == pytest.approx(2)


def test_levels_that_only_one_machine_reached_and_methods_that_reached_none_do_not_count():
    there = curves(curve("A", [1, 2, 4]), curve("B", []))
    here = curves(curve("A", [2]), curve("B", [5]))
    ratios = time_ratios(here, there)
    assert ratios["A"] == pytest.approx(2)
    assert pd.isna(ratios["B"])
    assert time_ratio(ratios) == pytest.approx(2)
    with pytest.raises(ValueError, match="by B, so times cannot be related; give other anchors"):
        time_ratio(ratios[["B"]])

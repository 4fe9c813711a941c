"""Costs to a level, and where two lines cross."""

import numpy as np
import pytest
import scaling
from scaling import cost_to, resampled
from scaling_figure import LEVELS, crossing, in_words


def test_the_cost_to_a_level_is_interpolated_in_logarithms():
    # gap = 1 / seconds, calls = seconds^2.
    points = np.array([[0, 0, 1.0], [1, 1, 1.0], [100, 1e4, 1e-2], [1e4, 1e8, 1e-4]])
    assert cost_to(points, 0.1, 0) == pytest.approx(10)
    assert cost_to(points, 0.1, 1) == pytest.approx(100)
    assert cost_to(points, 1.0, 0) == 0
    assert cost_to(points, 1e-5, 0) == np.inf


def test_lines_cross_where_their_powers_say():
    sizes = np.array([1e3, 1e4, 1e5])
    rising, flat = sizes, np.full(3, 3e4)
    assert crossing(sizes, flat, rising) == pytest.approx(3e4)
    assert crossing(sizes, rising, flat) == np.inf
    assert crossing(sizes, flat / 1e4, rising) == sizes[0]


def test_a_level_that_is_not_reached_counts_as_above():
    sizes = np.array([1e3, 1e4, 1e5])
    missed = np.array([np.inf, 1.0, 1.0])
    assert crossing(sizes, missed, sizes) == sizes[1]
    assert crossing(sizes, missed[::-1], sizes) == np.inf


def test_resampled_rows_are_rows_of_the_data_in_the_same_proportion():
    parts = dict(X_train=np.arange(8.0).reshape(4, 2), y_train=np.arange(4),
                 X_val=np.arange(12.0).reshape(6, 2), y_val=np.arange(6))  # fmt: skip
    drawn = resampled(parts, 1000)
    assert (len(drawn["y_train"]), len(drawn["y_val"])) == (400, 600)
    for name in ("train", "val"):
        rows = parts[f"X_{name}"][drawn[f"y_{name}"]]
        np.testing.assert_array_equal(drawn[f"X_{name}"], rows)


def test_a_curve_goes_from_the_start_to_the_lowest_level():
    problem = scaling.make_problem("simulated", 500)
    solver = scaling.make_runner("QuasiNewton", {}, problem)
    points = scaling.curve_of(solver, problem, scaling.lowest(problem), seconds=60)
    seconds, calls, gaps = points.T
    assert (seconds[0], calls[0], gaps[0]) == (0, 0, 1)
    assert (np.diff(points[:, :2], axis=0) > 0).all()
    assert gaps[-1] <= LEVELS[-1] < gaps[-2]


@pytest.fixture
def size(tmp_path, monkeypatch):
    """A size of data whose runs are fast if the outer step is 0.3 of the tuned one."""

    class Size(scaling.Size):
        def run(self, method, factor, seed):
            ran.append((method, factor, seed))
            seconds = 1.0 if factor == 0.3 else np.inf
            costs = [0.1, seconds, 1.0, 0.0, 5.0, scaling.PROCESSOR]
            scaling.keep([scaling.Row(self.data, self.n_samples, method, factor, seed, *costs)])

    ran = []
    monkeypatch.setattr(scaling, "KEPT", tmp_path / "scaling.csv")
    size = Size("simulated", 5000, seconds=5.0)
    size.ran = ran
    return size


def test_the_outer_step_is_tried_and_the_best_gets_the_seeds(size):
    size.complete("SOBA", 2)
    trials = [("SOBA", factor, scaling.TRIAL_SEED) for factor in scaling.FACTORS]
    assert size.ran == [*trials, ("SOBA", 0.3, 0), ("SOBA", 0.3, 1)]
    assert len(scaling.final(scaling.kept())) == 2
    # Runs with another factor stay in the file where another was the best before.
    size.run("SOBA", 1.0, 0)
    assert set(scaling.final(scaling.kept())["factor"]) == {0.3}
    del size.ran[6:]
    size.complete("HOAG", 2)
    assert size.ran[6:] == [("HOAG", 1.0, 0)]


def test_runs_that_are_kept_are_not_made_again(size):
    size.complete("SOBA", 2)
    size.complete("SOBA", 3)
    assert size.ran[6:] == [("SOBA", 0.3, 2)]


def test_runs_that_missed_a_level_are_made_again_with_more_seconds(size):
    size.complete("SOBA", 2)
    size.seconds = 10.0
    size.complete("SOBA", 2)
    # The trials that missed it; that of 0.3 did not.
    assert size.ran[6:] == [("SOBA", factor, scaling.TRIAL_SEED) for factor in (0.1, 1.0, 3.0)]
    assert len(scaling.kept()) == 6


def test_a_method_that_is_too_slow_is_told_from_one_whose_seconds_were_over():
    sizes = np.array([1e3, 1e4])
    assert in_words(np.inf, sizes, 2.0) == "not yet"
    assert in_words(np.inf, sizes, np.inf) == "not within the budget"
    assert in_words(2e3, sizes, 2.0) == "from 2.0e+03"


def test_runs_of_two_processors_are_not_kept_together(size, monkeypatch):
    size.complete("SOBA", 2)
    monkeypatch.setattr(scaling, "PROCESSOR", "Abacus")
    size.complete("SOBA", 2)  # nothing is missing, so that nothing runs
    with pytest.raises(SystemExit, match="and this machine has Abacus"):
        size.complete("SOBA", 3)
    assert len(size.ran) == len(scaling.FACTORS) + 2

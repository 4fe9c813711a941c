"""Costs to a level, and where two lines cross."""

import numpy as np
import pytest
from scaling import cost_to, crossing, kept, parameters_of, resampled, runs_missing


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


def test_runs_that_are_kept_are_not_missing(tmp_path, monkeypatch):
    import scaling

    monkeypatch.setattr(scaling, "KEPT", tmp_path / "scaling.csv")
    assert runs_missing("simulated", 5000, ["HOAG", "SOBA"], 2) == [
        ("HOAG", 0), ("SOBA", 0), ("SOBA", 1),
    ]  # fmt: skip
    own, other = str(parameters_of("simulated", "SOBA")), "{'step_size': 9.0}"
    for parameters, seed in ((own, 1), (other, 0)):
        row = ("simulated", 5000, "SOBA", parameters, seed, 0.1, 1.0, 1.0, 0.0, 1.0)
        scaling.keep([scaling.Row(*row)])
    assert runs_missing("simulated", 5000, ["SOBA"], 2) == [("SOBA", 0)]
    assert len(kept()) == 1

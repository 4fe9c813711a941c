"""Data sets: shapes, splits, and the parameters of the simulation."""

import numpy as np
import pytest
from benchopt.utils.run_context import RunContext
from conftest import component


def get_data(name, **parameters):
    dataset = component("dataset", name).get_instance(**parameters)
    RunContext().set_run_context("bilevel", dataset, "solver", repetition=0, base_seed=0)
    data = dataset.get_data()
    if "unavailable" in data:
        pytest.skip(data["unavailable"])
    return data


def test_breast_cancer_is_standardised_on_its_training_part_and_stratified():
    data = get_data("breast_cancer")
    shapes = {name: value.shape for name, value in data.items() if name.startswith("X_")}
    assert shapes == {"X_train": (284, 30), "X_val": (142, 30), "X_test": (143, 30)}
    np.testing.assert_allclose(data["X_train"].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(data["X_train"].std(axis=0), 1, rtol=1e-12)
    for part in ("train", "val", "test"):
        assert np.mean(data[f"y_{part}"] == 1) == pytest.approx(357 / 569, abs=0.01)


def test_simulated_data_have_the_correlation_and_the_balance_asked_for():
    parameters = dict(n_samples=40_000, n_features=3, correlation=0.7, noise=0.0)
    data = get_data("simulated", **parameters, positive_fraction=0.2)
    assert data["X_train"].shape == (20_000, 3)
    correlation = np.corrcoef(data["X_train"].T)
    np.testing.assert_allclose(correlation[0], [1, 0.7, 0.49], atol=0.02)
    assert np.mean(data["y_train"] == 1) == pytest.approx(0.2, abs=0.001)


def test_noise_flips_labels():
    data = get_data("simulated", n_samples=40_000, positive_fraction=0.1, noise=0.25)
    # A quarter of each class changes sides.
    assert np.mean(data["y_train"] == 1) == pytest.approx(0.1 * 0.75 + 0.9 * 0.25, abs=0.01)


def test_simulated_data_depend_on_the_seed_alone():
    np.testing.assert_array_equal(
        get_data("simulated", n_samples=50)["X_val"], get_data("simulated", n_samples=50)["X_val"]
    )


def test_ijcnn1_holds_out_a_stratified_quarter_of_its_training_set():
    data = get_data("ijcnn1", validation="holdout")
    assert data["X_train"].shape == (37_492, 22)
    assert data["X_val"].shape == (12_498, 22)
    positive = [np.mean(data[f"y_{part}"] == 1) for part in ("train", "val")]
    assert positive[0] == pytest.approx(positive[1], abs=1e-4)


def test_ijcnn1_validates_on_the_official_test_set():
    data = get_data("ijcnn1", validation="test")
    assert data["X_train"].shape == (49_990, 22)
    assert data["X_val"].shape == (91_701, 22)

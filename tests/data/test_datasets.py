"""Datasets: shapes, splits, and the parameters of the simulation."""

import numpy as np
import pytest
from scipy.sparse import issparse

from benchmark_utils.data import libsvm
from helpers import component, get_data, raw_data


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


def test_libsvm_data_stay_sparse_and_hold_out_a_stratified_quarter():
    data = get_data("libsvm", dataset="a9a", validation="holdout")
    assert issparse(data["X_train"])
    assert data["X_train"].shape == (24_420, 123)
    assert data["X_val"].shape == (8_141, 123)
    # A sample of a9a has one entry for each of its answered questions, at most 14.
    assert data["X_train"].nnz + data["X_val"].nnz == 451_592
    positive = [np.mean(data[f"y_{part}"] == 1) for part in ("train", "val")]
    assert positive[0] == pytest.approx(positive[1], abs=1e-4)


@pytest.fixture
def labels(monkeypatch):
    """Replace what is read or downloaded by one feature and these labels, by name."""
    known = {}

    def read(dataset, verified):
        y = np.tile(known[dataset.dataset_name], 8)
        return np.arange(y.size)[:, np.newaxis], y

    monkeypatch.setattr(libsvm, "read", read)
    return known


@pytest.mark.parametrize("classes", [(-1.0, 1.0), (0.0, 1.0), (1.0, 2.0), (2.0, 4.0)])
def test_the_larger_of_two_labels_becomes_1_and_the_other_minus_1(labels, classes):
    labels["w8a"] = labels["w8a_test"] = np.array(classes)
    data = get_data("libsvm", dataset="w8a")
    for part in ("train", "val"):
        np.testing.assert_array_equal(data[f"y_{part}"], np.tile([-1.0, 1.0], 8))
    held_out = get_data("libsvm", dataset="w8a", validation="holdout")
    for part in ("train", "val"):
        expected = np.where(held_out[f"X_{part}"][:, 0] % 2, 1.0, -1.0)
        np.testing.assert_array_equal(held_out[f"y_{part}"], expected)


def test_a_label_that_only_the_test_set_has_is_left_for_the_problem_to_refuse(labels):
    labels["w8a"], labels["w8a_test"] = np.array([1.0, 2.0]), np.array([1.0, 3.0])
    np.testing.assert_array_equal(np.unique(get_data("libsvm", dataset="w8a")["y_val"]), [-1, 3])


def test_data_with_three_labels_are_no_binary_classification(labels):
    labels["w8a"] = np.arange(3.0)
    assert raw_data("libsvm", dataset="w8a")["unavailable"].startswith(
        "w8a has 3 different labels, where a "
    )


@pytest.mark.parametrize("name", ["simulated_sines", "libsvm"])
def test_a_seed_draws_other_data_and_0_those_without_one(name):
    parameters = dict(validation="holdout") if name == "libsvm" else {}
    usual, first, second = (
        get_data(name, **parameters, **seed)["y_val"] for seed in ({}, dict(seed=0), dict(seed=1))
    )
    assert (usual == first).all()
    assert usual.shape == second.shape
    assert (usual != second).any()


def test_fewer_training_digits_are_the_first_of_all_and_named():
    few, whole = get_data("digits", n_train=200), get_data("digits")
    assert few["X_train"].shape == (200, 64)
    for name in ("X_train", "y_train"):
        np.testing.assert_array_equal(few[name], whole[name][:200])
    np.testing.assert_array_equal(few["X_val"], whole["X_val"])
    digits = component("dataset", "digits")
    assert str(digits.get_instance()) == "digits[corruption=0.0]"
    assert str(digits.get_instance(n_train=200)) == "digits[corruption=0.0,n_train=200]"


def test_digits_are_images_with_pixels_from_0_to_1_and_no_corruption_unless_asked():
    data = get_data("digits")
    assert data["image_shape"] == (8, 8)
    shapes = {name: value.shape for name, value in data.items() if name.startswith("X_")}
    assert shapes == {"X_train": (898, 64), "X_val": (449, 64), "X_test": (450, 64)}
    assert data["X_train"].min() == 0
    assert data["X_train"].max() == 1
    assert not data["corrupted"].any()


def test_corruption_replaces_labels_of_the_training_part_alone_by_other_classes():
    clean, noisy = get_data("digits"), get_data("digits", corruption=0.5)
    for name in ("X_train", "X_val", "y_val", "y_test"):
        np.testing.assert_array_equal(noisy[name], clean[name])
    np.testing.assert_array_equal(noisy["corrupted"], noisy["y_train"] != clean["y_train"])
    # Binomial: 898 labels, a standard deviation of 0.017.
    assert np.mean(noisy["corrupted"]) == pytest.approx(0.5, abs=0.05)
    shifts = (noisy["y_train"] - clean["y_train"])[noisy["corrupted"]] % 10
    assert np.unique(shifts).tolist() == list(range(1, 10))
    assert np.bincount(shifts)[1:].min() > 25

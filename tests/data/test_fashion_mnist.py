"""FashionMNIST: what its parts are, and what is refused."""

import gzip

import numpy as np
import pytest

from helpers import component, get_data, raw_data


@pytest.fixture
def module(monkeypatch, tmp_path):
    """The dataset's names, with an empty folder of data."""
    names = component("dataset", "fashion_mnist").load.__globals__
    monkeypatch.setitem(names, "get_data_path", lambda name: tmp_path)
    monkeypatch.setitem(names, "DEBIAN", tmp_path / "none")
    return names, tmp_path


def write_idx(path, array):
    header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
    path.write_bytes(gzip.compress(header + array.astype(np.uint8).tobytes()))


def test_parts_have_the_sizes_asked_for_and_share_no_image():
    data = get_data("fashion_mnist", n_train=300, n_val=200)
    assert data["X_train"].shape == (300, 784)
    assert data["X_val"].shape == (200, 784)
    assert data["X_test"].shape == (10_000, 784)
    assert (np.bincount(data["y_test"]) == 1_000).all()
    assert data["X_train"].max() == 1
    rows = np.concatenate([data["X_train"], data["X_val"]])
    assert len(np.unique(rows, axis=0)) == 500


def test_images_that_are_not_fashion_mnists_are_refused(module):
    _, folder = module
    write_idx(folder / "train-images-idx3-ubyte.gz", np.zeros((60_000, 28, 28)))
    write_idx(folder / "train-labels-idx1-ubyte.gz", np.arange(60_000) % 10)
    reason = raw_data("fashion_mnist")["unavailable"]
    assert reason.startswith(
        "fashion_mnist: the training part is not as published: it has 0 non-zero entries where "
        "23,423,502 are published; "
    )
    write_idx(folder / "t10k-images-idx3-ubyte.gz", np.zeros((10_000, 28, 28)))
    write_idx(folder / "t10k-labels-idx1-ubyte.gz", np.arange(10_000) % 10)
    assert raw_data("fashion_mnist", verify=False)["X_train"].shape == (5_000, 784)


def test_more_images_than_there_are_is_refused():
    reason = raw_data("fashion_mnist", n_train=50_000, n_val=20_000)["unavailable"]
    assert reason == (
        "fashion_mnist: n_train=50000 and n_val=20000 are more than the 60,000 training images; "
        "give fewer."
    )

"""LIBSVM's datasets, through libsvmdata and its cache."""

import numpy as np
from libsvmdata import fetch_dataset
from libsvmdata.core import ALL_DATASETS
from scipy.sparse import csr_array, issparse

from benchmark_utils.data.downloads import Unavailable, load
from benchmark_utils.data.splits import split

# Under these names libsvmdata 0.5 downloads w1a.
MISNAMED = ("w3a", "w4a", "w5a", "w6a")

BINARY = tuple(
    name
    for name, dataset in ALL_DATASETS.items()
    if dataset.task_name == "binary" and not name.endswith("_test") and name not in MISNAMED
)


def fetch(name):
    """Load a dataset from libsvmdata's cache, or download it.

    Parameters
    ----------
    name : str
        LIBSVM's name.

    Returns
    -------
    X : array or csr_array, (n_samples, n_features)
        Sparse if less than half of the entries are non-zero.
    y : array, (n_samples,)

    Raises
    ------
    Unavailable
        If there is no network, or the cached file is damaged.
    """
    advice = (
        f"Connect to the network, or set LIBSVMDATA_HOME to a folder with intact {name}_X and "
        f"{name}_y files of libsvmdata."
    )
    X, y = load(name, "LIBSVM", advice, fetch_dataset, name)
    return csr_array(X) if issparse(X) else X, y


def binary_data(name, validation, rng):
    """The training and validation samples of a binary classification.

    Parameters
    ----------
    name : str
        One of ``BINARY``.
    validation : {"test", "holdout"}
        The official test set, or a stratified quarter of the training set.
    rng : numpy.random.Generator
        Draws the samples that are held out.

    Returns
    -------
    data : dict
        As a dataset's ``load`` returns it. Of the two labels the larger one becomes 1, the other
        -1. Sparse matrices stay sparse.

    Raises
    ------
    Unavailable
        If the data are not available, have no official test set, or do not have two labels.
    """
    if validation == "test" and f"{name}_test" not in ALL_DATASETS:
        raise Unavailable(f"{name} has no official test set; give validation=holdout.")
    X, y = fetch(name)
    classes = np.unique(y)
    if len(classes) != 2:
        raise Unavailable(
            f"{name} has {len(classes)} different labels, where a binary classification has two; "
            "choose another dataset."
        )
    y = signs(y, classes)
    if validation == "holdout":
        return dict(task="binary", **split(X, y, rng, stratify=True, test_size=0))
    X_val, y_val = fetch(f"{name}_test")
    return dict(task="binary", X_train=X, y_train=y, X_val=X_val, y_val=signs(y_val, classes))


def signs(y, classes):
    """The labels as -1 and 1; other labels do not change, and the problem refuses them."""
    return np.select([y == classes[0], y == classes[1]], [-1.0, 1.0], y)

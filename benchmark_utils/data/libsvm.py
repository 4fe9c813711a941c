"""LIBSVM's datasets, through libsvmdata and its cache."""

from copy import copy
from pathlib import Path

import numpy as np
from libsvmdata.core import ALL_DATASETS
from scipy.sparse import load_npz

from benchmark_utils.data.door import matrix, vector
from benchmark_utils.data.downloads import Unavailable, into, load
from benchmark_utils.data.published import check
from benchmark_utils.data.splits import split

# Under these names libsvmdata 0.5 downloads w1a.
MISNAMED = ("w3a", "w4a", "w5a", "w6a")

BINARY = tuple(
    name
    for name, dataset in ALL_DATASETS.items()
    if dataset.task_name == "binary" and not name.endswith("_test") and name not in MISNAMED
)


def fetch(name, part="training", verify=True):
    """Load a dataset from libsvmdata's cache, or download it.

    Parameters
    ----------
    name : str
        LIBSVM's name.
    part : {"training", "test"}
    verify : bool
        Whether to refuse what differs from the published data.

    Returns
    -------
    X : array or csr_array, (n_samples, n_features)
        Sparse if less than half of the entries are non-zero.
    y : array, (n_samples,)

    Raises
    ------
    Unavailable
        If there is no network, or the cached file is damaged or not the published one.
    """
    file = name if part == "training" else f"{name}_test"
    advice = (
        f"Connect to the network, or set LIBSVMDATA_HOME to a folder with intact {file}_X and "
        f"{file}_y files of libsvmdata."
    )

    def verified(X, y):
        X, y = matrix(f"{file}_X", X), vector(file, f"{file}_y", y)
        if verify:
            check(name, part, X, y)
        return X, y

    return load(file, "LIBSVM", advice, read, ALL_DATASETS[file], verified)


def read(dataset, verified):
    """Read the files of libsvmdata's cache, or download them.

    libsvmdata takes files whose names only end in that of the dataset for its own, and deletes what
    it finds before it downloads. Here exactly the dataset's files are read, and a download replaces
    them only once it is whole, and verified.
    """
    folder, name = Path(dataset.dataset_dir), dataset.dataset_name
    labels = folder / f"{name}_y.npy"
    for samples, read_samples in ((f"{name}_X.npz", load_npz), (f"{name}_X.npy", np.load)):
        if (folder / samples).exists() and labels.exists():
            return verified(read_samples(folder / samples), np.load(labels))
    with into(folder) as temporary:
        elsewhere = copy(dataset)
        elsewhere.dataset_dir = temporary
        return verified(*elsewhere.get_X_y())


def binary_data(name, validation, rng, verify=True):
    """The training and validation samples of a binary classification.

    Parameters
    ----------
    name : str
        One of ``BINARY``.
    validation : {"test", "holdout"}
        The official test set, or a stratified quarter of the training set.
    rng : numpy.random.Generator
        Draws the samples that are held out.
    verify : bool
        Whether to refuse what differs from the published data.

    Returns
    -------
    data : dict
        As a dataset's ``load`` returns it. Of the two labels the larger one becomes 1, the other
        -1. Sparse matrices stay sparse.

    Raises
    ------
    Unavailable
        If the data are not available or not the published ones, have no official test set, or do
        not have two labels.
    """
    if validation == "test" and f"{name}_test" not in ALL_DATASETS:
        raise Unavailable(f"{name} has no official test set; give validation=holdout.")
    X, y = fetch(name, verify=verify)
    classes = np.unique(y)
    if len(classes) != 2:
        raise Unavailable(
            f"{name} has {len(classes)} different labels, where a binary classification has two; "
            "choose another dataset."
        )
    y = signs(y, classes)
    if validation == "holdout":
        return dict(task="binary", **split(X, y, rng, stratify=True, test_size=0))
    X_val, y_val = fetch(name, "test", verify)
    return dict(task="binary", X_train=X, y_train=y, X_val=X_val, y_val=signs(y_val, classes))


def signs(y, classes):
    """The labels as -1 and 1; other labels do not change, and the problem refuses them."""
    return np.select([y == classes[0], y == classes[1]], [-1.0, 1.0], y)

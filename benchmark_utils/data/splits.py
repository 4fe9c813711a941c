"""Cutting samples into a training, a validation and a test part."""

import numpy as np
from sklearn.model_selection import train_test_split


def split(X, y, rng, stratify, val_size=0.25, test_size=0.25):
    """Cut samples into parts.

    Parameters
    ----------
    X : array, (n_samples, n_features)
    y : array, (n_samples,)
    rng : numpy.random.Generator
    stratify : bool
        Whether every part has the classes in the same proportions.
    val_size, test_size : float
        Fractions of the samples; a ``test_size`` of 0 makes no test part.

    Returns
    -------
    data : dict
        ``X_train, y_train, X_val, y_val`` and, unless ``test_size`` is 0, ``X_test, y_test``.
    """

    def cut(indices, size):
        return train_test_split(
            indices,
            test_size=size,
            stratify=y[indices] if stratify else None,
            random_state=int(rng.integers(2**31)),
        )

    parts = {}
    rest = np.arange(len(y))
    if test_size:
        rest, parts["test"] = cut(rest, test_size)
    parts["train"], parts["val"] = cut(rest, val_size / (1 - test_size))
    return {
        f"{name}_{part}": array[indices]
        for part, indices in parts.items()
        for name, array in (("X", X), ("y", y))
    }


def standardise(data):
    """Centre and scale every part with the mean and standard deviation of the training part."""
    mean, scale = data["X_train"].mean(axis=0), data["X_train"].std(axis=0)
    scale[scale == 0] = 1
    return {
        name: (array - mean) / scale if name.startswith("X_") else array
        for name, array in data.items()
    }

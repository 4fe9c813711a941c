"""Cut samples into a training, a validation and a test part."""

import numpy as np
from scipy.sparse import issparse
from sklearn.model_selection import train_test_split

# Samples that are cut at a time.
PIECE = 200_000


def split(X, y, rng, stratify, val_size=0.25, test_size=0.25):
    """Cut samples into parts.

    Parameters
    ----------
    X : array or sparse array, (n_samples, n_features)
        A dense array is reordered in place, and the parts share its memory.
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

    Raises
    ------
    ValueError
        If there are not as many labels as samples, or too few samples of a class to stratify.
    """
    if X.shape[0] != len(y):
        raise ValueError(f"there are {X.shape[0]} samples and {len(y)} labels")
    if stratify:
        classes, sizes = np.unique(y, return_counts=True)
        n_parts = 3 if test_size else 2
        if sizes.min() < n_parts:
            raise ValueError(
                f"class {classes[sizes.argmin()]} has {sizes.min()} of {len(y)} samples, "
                f"fewer than the {n_parts} parts to cut"
            )

    def cut(indices, size):
        # Some at a time: scikit-learn makes Python lists of the indices.
        pieces = np.array_split(indices, -(-len(indices) // PIECE))
        cuts = [
            train_test_split(
                piece,
                test_size=size,
                stratify=y[piece] if stratify else None,
                random_state=int(rng.integers(2**31)),
            )
            for piece in pieces
        ]
        return map(np.concatenate, zip(*cuts, strict=True))

    parts = {}
    rest = np.arange(len(y))
    if test_size:
        rest, parts["test"] = cut(rest, test_size)
    parts["train"], parts["val"] = cut(rest, val_size / (1 - test_size))
    data = {f"y_{part}": y[indices] for part, indices in parts.items()}
    if issparse(X):
        return data | {f"X_{part}": X[indices] for part, indices in parts.items()}
    reorder(X, np.concatenate([*parts.values()]))
    ends = np.cumsum([len(indices) for indices in parts.values()])
    return data | {
        f"X_{part}": rows for part, rows in zip(parts, np.split(X, ends[:-1]), strict=True)
    }


def reorder(X, order):
    """Reorder rows in place, some columns at a time, which needs little more memory."""
    width = max(1, X.shape[1] // 32)
    for start in range(0, X.shape[1], width):
        columns = X[:, start : start + width]
        columns[:] = columns[order]


def standardise(data):
    """Centre and scale every part, in place, with the mean and deviation of the training part."""
    mean, scale = data["X_train"].mean(axis=0), data["X_train"].std(axis=0)
    scale[scale == 0] = 1
    for name, array in data.items():
        if name.startswith("X_"):
            array -= mean
            array /= scale
    return data

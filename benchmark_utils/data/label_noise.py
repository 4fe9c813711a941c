"""Wrong labels among the training samples, for data cleaning."""

import numpy as np

from benchmark_utils.validation import number

corruption_allowed = number(-1e-300, 1 - 1e-9, description="a number of at least 0 and below 1")


def corrupt(data, probability, rng):
    """Replace training labels by random other classes.

    Parameters
    ----------
    data : dict
        With ``y_train``, labels 0, 1, ..., C-1, all of which occur. The door refuses others.
    probability : float
        Of each label to be replaced by another class, drawn uniformly from all others.
    rng : numpy.random.Generator

    Returns
    -------
    data : dict
        The same with other ``y_train``, and ``corrupted``, the mask of replaced labels, (n,).
    """
    y = data["y_train"]
    n_classes = max(2, y.max() + 1)
    corrupted = rng.uniform(size=len(y)) < probability
    shift = rng.integers(1, n_classes, size=len(y))
    wrong = (y + shift) % n_classes
    return {**data, "y_train": np.where(corrupted, wrong, y), "corrupted": corrupted}

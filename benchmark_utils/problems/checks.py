"""Refusing a dataset that is not for a problem, in one sentence.

What holds for the data of any problem is checked before, by ``benchmark_utils/data/door.py``.
"""

import numpy as np
from scipy.sparse import issparse

# The same number added to the scores of all classes changes no softmax: only the penalty, at most 1
# by default, makes theta unique. It must not be lost in the rounding of squares of samples.
LARGEST = np.finfo(float).eps ** -0.5


def refuse_task(problem, tasks, task, data, sparse=False):
    """Say why a problem cannot use a dataset.

    Parameters
    ----------
    problem : str
        Name of the problem.
    tasks : tuple of str
        The tasks of the problem.
    task : str
        The dataset's task.
    data : dict
        The dataset's arrays, of which samples may be sparse.
    sparse : bool
        Whether the problem takes sparse samples.

    Returns
    -------
    sentence : str or None
        None if the dataset can be used.
    """
    if task not in tasks:
        return f"{problem} needs the task {' or '.join(tasks)}; this dataset's task is {task}."
    for name, array in data.items():
        if issparse(array) and not sparse:
            return f"{name} is sparse, which {problem} does not take; give {name}.toarray()."
    return None


def refuse_softmax(problem, task, data, sparse=False):
    """Say why a softmax of linear scores cannot be fitted to a dataset; None if it can."""
    reason = refuse_task(problem, ("multiclass",), task, data, sparse=sparse)
    if reason:
        return reason
    X = data["X_train"]
    largest = max(X.max(), -X.min())
    if largest > LARGEST:
        return (
            f"X_train has entries as large as {largest:.1e}, whose squares hide the penalty on "
            f"theta in their rounding; scale the data to entries below {LARGEST:.1e}."
        )
    return None


def refuse_images(problem, task, image_shape, data):
    """Say why a problem cannot use a dataset of images in classes; None if it can."""
    reason = refuse_task(problem, ("multiclass",), task, data)
    if reason:
        return reason
    if image_shape is None:
        return f"{problem} needs images; this dataset gives no image_shape."
    return None


def refuse_regression(problem, task, data):
    """Say why a regression problem cannot use a dataset; None if it can."""
    reason = refuse_task(problem, ("regression",), task, data)
    if reason:
        return reason
    if not np.any(data["y_train"]) or not np.any(data["X_train"]):
        return "X_train or y_train is zero everywhere: there is nothing to fit; give other data."
    return None


def refuse_orthogonal(data):
    """Say why an l1 penalty has nothing to choose; None if it has."""
    X, y = data["X_train"], data["y_train"]
    rounding = np.finfo(X.dtype).eps * abs(X).max() * np.abs(y).sum()
    if np.abs(X.T @ y).max() <= rounding:
        return (
            "y_train is orthogonal to all features of X_train, so that every penalty gives "
            "theta = 0; give other data."
        )
    return None

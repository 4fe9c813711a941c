"""Refuse data that a problem cannot use, in one sentence."""

import numpy as np
from scipy.sparse import issparse

from benchmark_utils.validation import finite

SPLITS = ("train", "val", "test")


def refuse_classification(problem, tasks, task, data, sparse=False):
    """Say why a classification problem cannot use the data of a dataset.

    Parameters
    ----------
    problem : str
        Name of the problem.
    tasks : tuple of str
        The tasks of the problem: ``"binary"``, with labels -1 and 1, or ``"multiclass"``, with
        labels 0, 1, ..., of which the training part has all. Each part must hold all labels.
    task : str
        The dataset's task.
    data : dict
        ``X_train``, ``y_train``, ``X_val``, ``y_val`` and possibly ``X_test``, ``y_test``.
    sparse : bool
        Whether the problem takes sparse samples.

    Returns
    -------
    sentence : str or None
        None if the data can be used.
    """
    if task not in tasks:
        return f"{problem} needs the task {' or '.join(tasks)}; this dataset's task is {task}."
    labels, description = (-1, 1), "-1, 1"
    if task == "multiclass":
        n_classes = 1 + max(1, int(np.max(data["y_train"])))
        labels, description = range(n_classes), f"the integers 0 to {n_classes - 1}"
    reason = refuse_arrays(problem, data, sparse)
    if reason:
        return reason
    for split in SPLITS:
        y = data.get(f"y_{split}")
        if y is None:
            continue
        found = np.unique(y).tolist()
        if not set(found) <= set(labels):
            return (
                f"y_{split} has the labels {', '.join(map(str, found[:5]))}; {problem} takes "
                f"{description}."
            )
        missing = sorted(set(labels) - set(found))
        if missing:
            return (
                f"y_{split} has no sample of class {missing[0]}; make this part larger, or "
                "stratify it."
            )
    return None


def refuse_regression(problem, task, data):
    """Say why a regression problem cannot use the data of a dataset; None if it can."""
    if task != "regression":
        return f"{problem} needs the task regression; this dataset's task is {task}."
    reason = refuse_arrays(problem, data)
    if reason:
        return reason
    for split in SPLITS:
        y = data.get(f"y_{split}")
        if y is not None and not finite(y):
            n_bad = int(np.sum(~np.isfinite(y)))
            return f"y_{split} has {n_bad} entries that are NaN or infinite; clean the data."
    if not np.any(data["y_train"]) or not np.any(data["X_train"]):
        return "X_train or y_train is zero everywhere: there is nothing to fit; give other data."
    return None


def refuse_arrays(problem, data, sparse=False):
    """Say which samples are sparse, are not finite, or differ in number from their labels; None if
    there are none."""
    for split in SPLITS:
        X, y = data.get(f"X_{split}"), data.get(f"y_{split}")
        if X is None:
            continue
        if issparse(X) and not sparse:
            return f"X_{split} is sparse, which {problem} does not take; give X_{split}.toarray()."
        if X.shape[0] != y.shape[0]:
            return (
                f"X_{split} has {X.shape[0]} samples and y_{split} {y.shape[0]} labels; give the "
                "same number of each."
            )
        values = X.data if issparse(X) else X
        # A sum needs no memory, and is finite unless an entry is not, or some are huge.
        with np.errstate(over="ignore", invalid="ignore"):
            all_finite = np.isfinite(np.sum(values))
        if not all_finite:
            n_bad = int(np.sum(~np.isfinite(values)))
            if n_bad:
                return f"X_{split} has {n_bad} entries that are NaN or infinite; clean the data."
    return None

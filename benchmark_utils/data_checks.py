"""Refusing data that a problem cannot use, in one sentence."""

import numpy as np
from scipy.sparse import issparse

SPLITS = ("train", "val", "test")


def refuse_classification(problem, task, tasks, labels, data):
    """Say why a classification problem cannot use the data of a dataset.

    Parameters
    ----------
    problem : str
        Name of the problem.
    task : str
        The dataset's task.
    tasks : tuple of str
        The tasks of the problem.
    labels : tuple
        The labels that the problem takes; each split must hold all of them.
    data : dict
        ``X_train``, ``y_train``, ``X_val``, ``y_val`` and possibly ``X_test``, ``y_test``.

    Returns
    -------
    sentence : str or None
        None if the data can be used.
    """
    if task not in tasks:
        return f"{problem} needs a task among {', '.join(tasks)}; this dataset's task is {task}."
    for split in SPLITS:
        X, y = data.get(f"X_{split}"), data.get(f"y_{split}")
        if X is None:
            continue
        if issparse(X):
            return f"X_{split} is sparse, which {problem} does not take; give X_{split}.toarray()."
        if X.shape[0] != y.shape[0]:
            return (
                f"X_{split} has {X.shape[0]} samples and y_{split} {y.shape[0]} labels; give as "
                "many of each."
            )
        n_bad = int(np.sum(~np.isfinite(X)))
        if n_bad:
            return f"X_{split} has {n_bad} entries that are NaN or infinite; clean the data."
        found = np.unique(y).tolist()
        if not set(found) <= set(labels):
            return (
                f"y_{split} has the labels {', '.join(map(str, found[:5]))}; {problem} takes "
                f"{', '.join(map(str, labels))}."
            )
        missing = sorted(set(labels) - set(found))
        if missing:
            return (
                f"y_{split} has no sample of class {missing[0]}; make this part larger, or "
                "stratify it."
            )
    return None

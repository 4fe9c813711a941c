"""The losses of ``logreg`` in PyTorch, written independently of the others, as a check."""

import numpy as np
import torch
from torch.nn.functional import softplus


def losses(problem):
    """G and F of a ``LogReg`` on all samples.

    Returns
    -------
    inner_loss, outer_loss : callable
        Functions of ``inner_var`` (p,) and ``outer_var`` (d,), two tensors.
    """
    samples = problem.all_samples
    inner_rows, outer_rows = (
        torch.from_numpy(np.asarray(rows))
        for rows in (samples.inner_rows[0], samples.outer_rows[0])
    )

    def inner_loss(inner_var, outer_var):
        weights = outer_var if problem.linear else torch.exp(outer_var)
        fit = softplus(-(inner_var @ inner_rows)).mean()
        return fit + (weights * inner_var**2).sum() / 2

    def outer_loss(inner_var, outer_var):
        return softplus(-(inner_var @ outer_rows)).mean()

    return inner_loss, outer_loss

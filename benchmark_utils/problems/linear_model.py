"""Base class of linear models with a smooth loss and an l2 penalty chosen on validation data.

The formulas are in ``linear_oracles.py``, and the losses in ``fits.py``.
"""

from functools import cached_property

import numpy as np

from benchmark_utils.frameworks import python
from benchmark_utils.problems.base import Problem, chunks
from benchmark_utils.problems.linear_oracles import LinearOracles, cross, hvp
from benchmark_utils.problems.penalties import L2Penalties, penalty_weights


class LinearModel(L2Penalties, LinearOracles, Problem):
    """A linear model; a subclass makes its samples.

    Parameters
    ----------
    inner, outer : pair
        The samples of G and of F: ``SignedRows``, and a fit of all of them.
    reg : {"exp", "lin"}
    n_reg : {"full", 1}
        One lambda per feature, or one for all.
    box : {"default", "none"} or pair of float
    """

    def __init__(self, inner, outer, reg, n_reg, box):
        self.inner_dim, self.n_inner_samples = inner[0].shape
        self.n_outer_samples = outer[0].shape[1]
        self.outer_dim = self.inner_dim if n_reg == "full" else 1
        self.set_penalties(reg, box)
        self.set_samples(inner, outer)

    def inner_value_grad(self, inner_var, outer_var):
        samples = self.all_samples
        weights, _ = penalty_weights(np, samples, outer_var)
        value, grad = value_grad(samples.inner_rows[0], samples.inner_fit, inner_var)
        return value + np.sum(weights * inner_var**2) / 2, grad + weights * inner_var

    def hvp(self, inner_var, outer_var, v):
        return hvp(self.all_samples, inner_var, outer_var, v, 0)

    def cross(self, inner_var, outer_var, v):
        return cross(self.all_samples, inner_var, outer_var, v, 0)

    def outer_value_grad(self, inner_var, outer_var):
        samples = self.all_samples
        value, grad = value_grad(samples.outer_rows[0], samples.outer_fit, inner_var)
        return value, (grad, np.zeros_like(outer_var))

    def curvatures(self, inner_var):
        """The curvature of each training sample's loss, (n,), over n."""
        rows, fit = self.all_samples.inner_rows[0], self.all_samples.inner_fit
        return fit.scale * fit.curvatures(inner_var @ rows, 0)

    def inner_hessian_product(self, inner_var, outer_var):
        weights, _ = penalty_weights(np, self.all_samples, outer_var)
        rows, curvatures = self.all_samples.inner_rows[0], self.curvatures(inner_var)
        return lambda v: rows @ (curvatures * (v @ rows)) + weights * v

    def inner_hessian(self, inner_var, outer_var):
        weights, _ = penalty_weights(np, self.all_samples, outer_var)
        hessian = np.diag(np.broadcast_to(weights, inner_var.shape))
        for rows, curvatures in self._curved_chunks(inner_var):
            hessian = hessian + rows.gram(curvatures)
        return hessian

    def inner_hessian_diagonal(self, inner_var, outer_var):
        diagonal, _ = penalty_weights(np, self.all_samples, outer_var)
        for rows, curvatures in self._curved_chunks(inner_var):
            diagonal = diagonal + rows.squares(curvatures)
        return diagonal

    def _curved_chunks(self, inner_var):
        """The training samples in chunks that stay in cache, with the curvature of each sample."""
        all_rows, curvatures = self.all_samples.inner_rows[0], self.curvatures(inner_var)
        for chunk in chunks(self.n_inner_samples):
            yield all_rows[:, chunk], curvatures[chunk]

    @cached_property
    def _data_smoothness(self):
        rows, fit = self.all_samples.inner_rows[0], self.all_samples.inner_fit
        return fit.largest_curvature * rows.norm() ** 2 / self.n_inner_samples

    def inner_smoothness(self, outer_var):
        weights, _ = penalty_weights(np, self.all_samples, outer_var)
        return self._data_smoothness + weights.max()


def value_grad(rows, fit, inner_var):
    """The mean loss and its gradient in theta, (p,)."""
    margins = inner_var @ rows
    value = fit.scale * np.sum(fit.values(python, margins, 0))
    return value, fit.scale * (rows @ fit.slopes(margins, 0))

"""The minibatch oracles of linear models with an l2 penalty, which losses of several kinds share.

With a loss of the margin <a_i, theta>, see ``fits.py``, and a penalty weight w_k per feature,

    G(lambda, theta) = 1/n sum_i loss(<a_i, theta>) + 1/2 sum_k w_k theta_k^2
    F(lambda, theta) = 1/m sum_j loss(<a_j, theta>)            on the validation samples.
"""

from copy import deepcopy
from functools import cache, partial
from typing import NamedTuple

import numpy as np

from benchmark_utils.frameworks import FRAMEWORKS, get_framework, python
from benchmark_utils.minibatches.csr_blocks import take_block
from benchmark_utils.oracle import Oracle, lambda_grad
from benchmark_utils.problems.box import bounds_in, project
from benchmark_utils.problems.penalties import penalty_weights


class Arrays(NamedTuple):
    """The data that the oracles read: blocks of rows a_i, and the losses of their margins.

    Blocks are an array, feature-major, or the :class:`CsrBlocks` of sparse samples.
    """

    inner_rows: np.ndarray  # (n_inner_blocks, p, batch_size)
    outer_rows: np.ndarray  # (n_outer_blocks, p, batch_size)
    inner_fit: tuple  # one of ``fits.py``
    outer_fit: tuple
    linear: bool  # whether reg is "lin"
    scratch: np.ndarray  # (2, batch_size), room for intermediate results of kernels
    weights: np.ndarray  # (p,), room for the penalty weights
    f_lambda: np.ndarray  # (d,), zeros: the gradient in lambda of F, which does not depend on it
    lower: float  # bounds of lambda
    upper: float


def loss(framework, rows, fit, batch, inner_var):
    return fit.scale * framework.np.sum(fit.values(framework, inner_var @ rows, batch))


def inner_loss(framework, arrays, inner_var, outer_var, batch):
    xp = framework.np
    weights, _ = penalty_weights(xp, arrays, outer_var)
    rows = take_block(xp, arrays.inner_rows, batch)
    data_fit = loss(framework, rows, arrays.inner_fit, batch, inner_var)
    return data_fit + xp.sum(weights * inner_var**2) / 2


def outer_loss(framework, arrays, inner_var, outer_var, batch):
    rows = take_block(framework.np, arrays.outer_rows, batch)
    return loss(framework, rows, arrays.outer_fit, batch, inner_var)


# The oracles in NumPy: readable, and what the judge and the full-batch methods use.


def loss_grad(rows, fit, batch, inner_var):
    return fit.scale * (rows @ fit.slopes(inner_var @ rows, batch))


def inner_grad(arrays, inner_var, outer_var, batch):
    weights, _ = penalty_weights(np, arrays, outer_var)
    rows = take_block(np, arrays.inner_rows, batch)
    return loss_grad(rows, arrays.inner_fit, batch, inner_var) + weights * inner_var


def inner_grads(arrays, inner_var, outer_var, batch):
    return (
        inner_grad(arrays, inner_var, outer_var, batch),
        # Only the penalty depends on lambda: its gradient is the cross derivative times theta / 2.
        cross(arrays, inner_var, outer_var, inner_var / 2, batch),
    )


def hvp(arrays, inner_var, outer_var, v, batch):
    weights, _ = penalty_weights(np, arrays, outer_var)
    rows, fit = take_block(np, arrays.inner_rows, batch), arrays.inner_fit
    curvatures = fit.scale * fit.curvatures(inner_var @ rows, batch)
    return rows @ (curvatures * (v @ rows)) + weights * v


def cross(arrays, inner_var, outer_var, v, batch):
    _, slopes = penalty_weights(np, arrays, outer_var)
    products = slopes * inner_var * v
    return products if outer_var.size == v.size else products.sum(keepdims=True)


def inner_grad_hvp_cross(arrays, inner_var, outer_var, v, batch):
    return (
        inner_grad(arrays, inner_var, outer_var, batch),
        hvp(arrays, inner_var, outer_var, v, batch),
        cross(arrays, inner_var, outer_var, v, batch),
    )


def outer_grad(arrays, inner_var, outer_var, batch):
    rows = take_block(np, arrays.outer_rows, batch)
    return loss_grad(rows, arrays.outer_fit, batch, inner_var), arrays.f_lambda


NUMPY_ORACLE = Oracle(
    inner_grad,
    inner_grads,
    hvp,
    cross,
    inner_grad_hvp_cross,
    outer_grad,
    partial(project, np),
    lambda_grad(inner_grads),
    lambda_grad(outer_grad),
    partial(inner_loss, python),
)


@cache
def automatic_oracle(framework):
    """The oracles of a framework that differentiates automatically."""
    framework = get_framework(framework)
    losses = (partial(loss, framework) for loss in (inner_loss, outer_loss))
    return framework.oracle_from_losses(*losses, partial(project, framework.np))


class LinearOracles:
    """Mixin of problems with these oracles; list it before the other base classes.

    A subclass has the attributes of :class:`L2Penalties`, and calls :meth:`set_samples`.
    """

    def set_samples(self, inner, outer):
        """Take the samples of G and of F, each as ``SignedRows`` and a fit of all of them."""
        (inner_rows, inner_fit), (outer_rows, outer_fit) = inner, outer
        if inner_rows.is_sparse:
            # PyTorch does not differentiate products with sparse tensors twice.
            self.frameworks = tuple(name for name in FRAMEWORKS if name != "torch")
        self.all_samples = Arrays(
            [inner_rows],
            [outer_rows],
            inner_fit,
            outer_fit,
            self.linear,
            scratch=None,
            weights=None,
            f_lambda=np.zeros(self.outer_dim),
            lower=self.lower,
            upper=self.upper,
        )

    def arrays(self, inner_batch_size, outer_batch_size, dtype, rng):
        samples, dtype = self.all_samples, np.dtype(dtype)
        inner_rows, inner_fit = cut(
            samples.inner_rows[0], samples.inner_fit, inner_batch_size, dtype, rng
        )
        outer_rows, outer_fit = cut(
            samples.outer_rows[0], samples.outer_fit, outer_batch_size, dtype, rng
        )
        return Arrays(
            inner_rows,
            outer_rows,
            inner_fit,
            outer_fit,
            self.linear,
            np.empty((2, max(inner_batch_size, outer_batch_size)), dtype),
            np.empty(self.inner_dim, dtype),
            np.zeros(self.outer_dim, dtype),
            *bounds_in(dtype, self.lower, self.upper),
        )

    def oracle(self, framework):
        if framework != "numba":
            return NUMPY_ORACLE if framework == "python" else automatic_oracle(framework)
        from benchmark_utils.problems.linear_kernels import oracle

        samples = self.all_samples
        layouts = samples.inner_rows[0].layout, samples.outer_rows[0].layout
        return oracle(*layouts, type(samples.inner_fit), type(samples.outer_fit))


def cut(rows, fit, batch_size, dtype, rng):
    """Samples in shuffled blocks of one minibatch each: their rows, and the fit of these."""
    # From the same random numbers, so that both have the same order.
    again = deepcopy(rng)
    blocks, scale = rows.blocks(batch_size, dtype, rng)
    return blocks, fit.in_blocks(scale, batch_size, dtype, again)

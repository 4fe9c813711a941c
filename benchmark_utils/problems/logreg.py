"""Choosing the l2 penalty of a logistic regression on validation data.

With a_i = y_i x_i, labels y_i in {-1, 1}, and one penalty weight w_k a feature,

    G(lambda, theta) = 1/n sum_i log(1 + exp(-<a_i, theta>)) + 1/2 sum_k w_k theta_k^2
    F(lambda, theta) = 1/m sum_j log(1 + exp(-<a_j, theta>))   on the validation samples,

where w_k = exp(lambda_k) (``reg="exp"``) or w_k = lambda_k >= 0 (``reg="lin"``), and lambda has one
entry a feature (``n_reg="full"``) or a single one (``n_reg=1``).
"""

from functools import cache, cached_property, partial
from itertools import combinations
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from benchmark_utils.minibatches.csr_blocks import take_block
from benchmark_utils.minibatches.signed_rows import SignedRows
from benchmark_utils.oracle import Oracle
from benchmark_utils.problems.base import Problem
from benchmark_utils.problems.checks import refuse_classification
from benchmark_utils.validation import one_of

# Penalty weights between which a black-box method searches.
SEARCHED_WEIGHTS = (1e-6, 1e1)


class Arrays(NamedTuple):
    """What the oracles read: blocks of rows a_i, and the scale of a block's sum.

    Blocks are an array, feature-major, or the :class:`CsrBlocks` of sparse samples.
    """

    inner_rows: np.ndarray  # (n_inner_blocks, p, batch_size)
    outer_rows: np.ndarray  # (n_outer_blocks, p, batch_size)
    inner_scale: float
    outer_scale: float
    linear: bool  # whether reg is "lin"


def penalty_weights(xp, problem, outer_var):
    """The weights w, and their derivatives in lambda, both of lambda's shape."""
    # The inner where keeps exp from overflowing in the branch that is not taken.
    exponential = xp.exp(xp.where(problem.linear, 0, outer_var))
    return xp.where(problem.linear, outer_var, exponential), exponential


def project(xp, problem, outer_var):
    """The nearest outer variable at which no penalty weight is negative."""
    return xp.where(problem.linear, xp.maximum(outer_var, 0), outer_var)


def loss(xp, rows, scale, inner_var):
    # A row of zeros, which fills up a last block, adds a constant that no derivative sees.
    return scale * xp.sum(xp.logaddexp(0, -(inner_var @ rows)))


def inner_loss(xp, problem, inner_var, outer_var, batch):
    weights, _ = penalty_weights(xp, problem, outer_var)
    rows = take_block(xp, problem.inner_rows, batch)
    data_fit = loss(xp, rows, problem.inner_scale, inner_var)
    return data_fit + xp.sum(weights * inner_var**2) / 2


def outer_loss(xp, problem, inner_var, outer_var, batch):
    rows = take_block(xp, problem.outer_rows, batch)
    return loss(xp, rows, problem.outer_scale, inner_var)


# The oracles in NumPy: readable, and what the judge and the full-batch methods use.


def loss_value_grad(rows, scale, inner_var):
    margins = inner_var @ rows
    return scale * np.sum(np.logaddexp(0, -margins)), -scale * (rows @ expit(-margins))


def loss_grad(rows, scale, inner_var):
    return -scale * (rows @ expit(-(inner_var @ rows)))


def summed(terms):
    """The sums over all terms, tuples of numbers and arrays."""
    return [sum(parts) for parts in zip(*terms, strict=True)]


def curvatures(rows, scale, inner_var):
    probability = expit(inner_var @ rows)
    return scale * probability * (1 - probability)


def inner_grad(problem, inner_var, outer_var, batch):
    weights, _ = penalty_weights(np, problem, outer_var)
    rows = take_block(np, problem.inner_rows, batch)
    grad = loss_grad(rows, problem.inner_scale, inner_var)
    return grad + weights * inner_var


def inner_grads(problem, inner_var, outer_var, batch):
    return (
        inner_grad(problem, inner_var, outer_var, batch),
        # The gradient in lambda is that of the penalty alone, as the cross derivative is.
        cross(problem, inner_var, outer_var, inner_var / 2, batch),
    )


def hvp(problem, inner_var, outer_var, v, batch):
    weights, _ = penalty_weights(np, problem, outer_var)
    rows = take_block(np, problem.inner_rows, batch)
    return rows @ (curvatures(rows, problem.inner_scale, inner_var) * (v @ rows)) + weights * v


def cross(problem, inner_var, outer_var, v, batch):
    _, slopes = penalty_weights(np, problem, outer_var)
    products = slopes * inner_var * v
    return products if outer_var.size == v.size else products.sum(keepdims=True)


def inner_grad_hvp_cross(problem, inner_var, outer_var, v, batch):
    return (
        inner_grad(problem, inner_var, outer_var, batch),
        hvp(problem, inner_var, outer_var, v, batch),
        cross(problem, inner_var, outer_var, v, batch),
    )


def outer_grad(problem, inner_var, outer_var, batch):
    rows = take_block(np, problem.outer_rows, batch)
    grad = loss_grad(rows, problem.outer_scale, inner_var)
    return grad, np.zeros_like(outer_var)


NUMPY_ORACLE = Oracle(
    inner_grad, inner_grads, hvp, cross, inner_grad_hvp_cross, outer_grad, partial(project, np)
)


@cache
def jax_oracle():
    from benchmark_utils.frameworks.jax import jnp, oracle_from_losses

    functions = (partial(function, jnp) for function in (inner_loss, outer_loss, project))
    return oracle_from_losses(*functions)


class LogReg(Problem):
    """Logistic regression with an l2 penalty chosen on validation data; see the module's docstring.

    Parameters
    ----------
    X_train, X_val, X_test : array or sparse array, (n, p), (m, p), (l, p)
        The last may be None. Not copied; minibatches of sparse data are sparse. Large dense samples
        are moved into minibatches while a solver runs: see :meth:`Problem.lend_arrays`.
    y_train, y_val, y_test : array, (n,), (m,), (l,)
        Labels in {-1, 1}.
    reg : {"exp", "lin"}
    n_reg : {"full", 1}
    seed : int
        Draws the starting points: theta from N(0, I), each penalty weight from U(0, 1).
    """

    allowed = {"reg": one_of("exp", "lin"), "n_reg": one_of("full", 1)}

    @staticmethod
    def refuse(task, **data):
        return refuse_classification("logreg", ("binary",), task, data, sparse=True)

    def __init__(
        self, X_train, y_train, X_val, y_val, X_test=None, y_test=None, *, reg, n_reg, seed
    ):
        inner_rows, outer_rows = SignedRows(X_train, y_train), SignedRows(X_val, y_val)
        self.inner_dim, self.n_inner_samples = inner_rows.shape
        self.n_outer_samples = outer_rows.shape[1]
        self.outer_dim = self.inner_dim if n_reg == "full" else 1
        self.linear = reg == "lin"
        self.test_rows = None if X_test is None else SignedRows(X_test, y_test)
        self.all_samples = Arrays(
            [inner_rows],
            [outer_rows],
            1 / self.n_inner_samples,
            1 / self.n_outer_samples,
            self.linear,
        )
        rng = np.random.default_rng(seed)
        self.inner_var0 = rng.standard_normal(self.inner_dim)
        self.outer_var0 = self.from_weights(rng.uniform(size=self.outer_dim))

    def from_weights(self, weights):
        """The outer variable with these penalty weights."""
        return weights if self.linear else np.log(weights)

    def arrays(self, inner_batch_size, outer_batch_size, dtype, rng, lend=False):
        [all_inner], [all_outer] = self.all_samples.inner_rows, self.all_samples.outer_rows
        inner_rows, inner_scale = all_inner.blocks(inner_batch_size, dtype, rng, lend)
        outer_rows, outer_scale = all_outer.blocks(outer_batch_size, dtype, rng, lend)
        return Arrays(inner_rows, outer_rows, inner_scale, outer_scale, self.linear)

    def lend_arrays(self, inner_batch_size, outer_batch_size, dtype, rng):
        [inner_rows], [outer_rows] = self.all_samples.inner_rows, self.all_samples.outer_rows
        others = [outer_rows] if self.test_rows is None else [outer_rows, self.test_rows]
        apart = not any(a.overlaps(b) for a, b in combinations([inner_rows, *others], 2))
        return self.arrays(inner_batch_size, outer_batch_size, dtype, rng, lend=apart)

    def take_back(self, arrays):
        self.all_samples.inner_rows[0].take_back(arrays.inner_rows)
        self.all_samples.outer_rows[0].take_back(arrays.outer_rows)

    def oracle(self, framework):
        if framework == "numba":
            from benchmark_utils.problems.logreg_kernels import oracle

            [inner_rows], [outer_rows] = self.all_samples.inner_rows, self.all_samples.outer_rows
            return oracle(inner_rows.is_sparse, outer_rows.is_sparse)
        return jax_oracle() if framework == "jax" else NUMPY_ORACLE

    def inner_value_grad(self, inner_var, outer_var):
        weights, _ = penalty_weights(np, self.all_samples, outer_var)
        scale, chunks = self.all_samples.inner_scale, self.all_samples.inner_rows[0].chunks()
        value, grad = summed(loss_value_grad(rows, scale, inner_var) for rows in chunks)
        return value + np.sum(weights * inner_var**2) / 2, grad + weights * inner_var

    def hvp(self, inner_var, outer_var, v):
        return self.inner_hessian_product(inner_var, outer_var)(v)

    def cross(self, inner_var, outer_var, v):
        return cross(self.all_samples, inner_var, outer_var, v, 0)

    def outer_value_grad(self, inner_var, outer_var):
        scale, chunks = self.all_samples.outer_scale, self.all_samples.outer_rows[0].chunks()
        value, grad = summed(loss_value_grad(rows, scale, inner_var) for rows in chunks)
        return value, (grad, np.zeros_like(outer_var))

    def inner_hessian_product(self, inner_var, outer_var):
        weights, _ = penalty_weights(np, self.all_samples, outer_var)
        scale, all_rows = self.all_samples.inner_scale, self.all_samples.inner_rows[0]
        curvature = [curvatures(rows, scale, inner_var) for rows in all_rows.chunks()]

        def product(v):
            chunks = zip(all_rows.chunks(), curvature, strict=True)
            return sum(rows @ (curved * (v @ rows)) for rows, curved in chunks) + weights * v

        return product

    def inner_hessian(self, inner_var, outer_var):
        weights, _ = penalty_weights(np, self.all_samples, outer_var)
        hessian = np.diag(np.broadcast_to(weights, inner_var.shape))
        for rows, curvature in self._curved_chunks(inner_var):
            hessian = hessian + rows.gram(curvature)
        return hessian

    def inner_hessian_diagonal(self, inner_var, outer_var):
        diagonal, _ = penalty_weights(np, self.all_samples, outer_var)
        for rows, curvature in self._curved_chunks(inner_var):
            diagonal = diagonal + rows.squares(curvature)
        return diagonal

    def _curved_chunks(self, inner_var):
        """The training samples in chunks that stay in cache, with the curvature of each sample."""
        for rows in self.all_samples.inner_rows[0].chunks(4096):
            yield rows, curvatures(rows, self.all_samples.inner_scale, inner_var)

    @cached_property
    def _data_smoothness(self):
        # The curvature of the logistic loss is at most 1/4.
        return self.all_samples.inner_rows[0].norm() ** 2 / (4 * self.n_inner_samples)

    def inner_smoothness(self, outer_var):
        weights, _ = penalty_weights(np, self.all_samples, outer_var)
        return self._data_smoothness + weights.max()

    def project(self, outer_var):
        return project(np, self.all_samples, outer_var)

    def from_unit_cube(self, points):
        low, high = np.log(SEARCHED_WEIGHTS)
        return self.from_weights(np.exp(low + (high - low) * np.asarray(points)))

    def torch_losses(self):
        if self.all_samples.inner_rows[0].is_sparse:
            return None
        from benchmark_utils.problems.logreg_torch import losses

        return losses(self)

    def metrics(self, inner_var, outer_var):
        sets = {"val": self.all_samples.outer_rows[0], "test": self.test_rows}
        return {
            f"{name}_accuracy": sum(int(np.sum(inner_var @ rows > 0)) for rows in samples.chunks())
            / samples.shape[1]
            for name, samples in sets.items()
            if samples is not None
        }

"""Choosing the l2 penalty of a logistic regression on validation data.

With a_i = y_i x_i, labels y_i in {-1, 1}, and one penalty weight w_k per feature,

    G(lambda, theta) = 1/n sum_i log(1 + exp(-<a_i, theta>)) + 1/2 sum_k w_k theta_k^2
    F(lambda, theta) = 1/m sum_j log(1 + exp(-<a_j, theta>))   on the validation samples,

where w_k = exp(lambda_k) (``reg="exp"``) or w_k = lambda_k >= 0 (``reg="lin"``), and lambda has one
entry per feature (``n_reg="full"``) or a single one (``n_reg=1``).
"""

from functools import cache, cached_property, partial
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from benchmark_utils.frameworks import FRAMEWORKS, get_framework, python
from benchmark_utils.minibatches.csr_blocks import take_block
from benchmark_utils.minibatches.signed_rows import SignedRows
from benchmark_utils.oracle import Oracle, lambda_grad
from benchmark_utils.problems.base import Problem, chunks
from benchmark_utils.problems.box import allowed_box, bounds_in, project
from benchmark_utils.problems.checks import refuse_task
from benchmark_utils.problems.penalties import L2Penalties, penalty_weights
from benchmark_utils.validation import one_of


class Arrays(NamedTuple):
    """The data that the oracles read: blocks of rows a_i, and the scale of a block's sum.

    Blocks are an array, feature-major, or the :class:`CsrBlocks` of sparse samples.
    """

    inner_rows: np.ndarray  # (n_inner_blocks, p, batch_size)
    outer_rows: np.ndarray  # (n_outer_blocks, p, batch_size)
    inner_scale: float
    outer_scale: float
    linear: bool  # whether reg is "lin"
    scratch: np.ndarray  # (2, batch_size), room for intermediate results of kernels
    weights: np.ndarray  # (p,), room for the penalty weights
    f_lambda: np.ndarray  # (d,), zeros: the gradient in lambda of F, which does not depend on it
    lower: float  # bounds of lambda
    upper: float


def loss(framework, rows, scale, inner_var):
    # Rows of zeros, which pad the last block, add a constant: they change no derivative.
    return scale * framework.np.sum(framework.softplus(-(inner_var @ rows)))


def inner_loss(framework, arrays, inner_var, outer_var, batch):
    xp = framework.np
    weights, _ = penalty_weights(xp, arrays, outer_var)
    rows = take_block(xp, arrays.inner_rows, batch)
    data_fit = loss(framework, rows, arrays.inner_scale, inner_var)
    return data_fit + xp.sum(weights * inner_var**2) / 2


def outer_loss(framework, arrays, inner_var, outer_var, batch):
    rows = take_block(framework.np, arrays.outer_rows, batch)
    return loss(framework, rows, arrays.outer_scale, inner_var)


# The oracles in NumPy: readable, and what the judge and the full-batch methods use.


def loss_value_grad(rows, scale, inner_var):
    margins = inner_var @ rows
    return scale * np.sum(np.logaddexp(0, -margins)), -scale * (rows @ expit(-margins))


def loss_grad(rows, scale, inner_var):
    return -scale * (rows @ expit(-(inner_var @ rows)))


def curvatures(rows, scale, inner_var):
    probability = expit(inner_var @ rows)
    return scale * probability * (1 - probability)


def inner_grad(arrays, inner_var, outer_var, batch):
    weights, _ = penalty_weights(np, arrays, outer_var)
    rows = take_block(np, arrays.inner_rows, batch)
    grad = loss_grad(rows, arrays.inner_scale, inner_var)
    return grad + weights * inner_var


def inner_grads(arrays, inner_var, outer_var, batch):
    return (
        inner_grad(arrays, inner_var, outer_var, batch),
        # Only the penalty depends on lambda: its gradient is the cross derivative times theta / 2.
        cross(arrays, inner_var, outer_var, inner_var / 2, batch),
    )


def hvp(arrays, inner_var, outer_var, v, batch):
    weights, _ = penalty_weights(np, arrays, outer_var)
    rows = take_block(np, arrays.inner_rows, batch)
    return rows @ (curvatures(rows, arrays.inner_scale, inner_var) * (v @ rows)) + weights * v


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
    grad = loss_grad(rows, arrays.outer_scale, inner_var)
    return grad, arrays.f_lambda


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


class LogReg(L2Penalties, Problem):
    """Logistic regression with an l2 penalty chosen on validation data; see the module's docstring.

    Parameters
    ----------
    X_train, X_val, X_test : array or sparse array, (n, p), (m, p), (l, p)
        The last may be None. Not copied; minibatches of sparse data are sparse.
    y_train, y_val, y_test : array, (n,), (m,), (l,)
        Labels in {-1, 1}.
    reg : {"exp", "lin"}
    n_reg : {"full", 1}
    box : {"default", "none"} or pair of float
        The bounds of lambda; by default -12 and 0, which on IJCNN1 costs 4e-4 of the lowest h, and
        makes it a minimum. With ``reg="lin"`` the only bound is 0.
    seed : int
        Draws the starting points: theta from N(0, I), and each penalty weight from U(0, 1) where
        lambda does not start in the middle of its box.
    """

    parameters = {"reg": ["exp"], "n_reg": ["full"], "box": ["default"]}
    allowed = {"reg": one_of("exp", "lin"), "n_reg": one_of("full", 1), "box": allowed_box}

    @staticmethod
    def refuse(task, **data):
        return refuse_task("logreg", ("binary",), task, data, sparse=True)

    def __init__(
        self,
        X_train,
        y_train,
        X_val,
        y_val,
        X_test=None,
        y_test=None,
        *,
        reg,
        n_reg,
        box="default",
        seed,
    ):
        inner_rows, outer_rows = SignedRows(X_train, y_train), SignedRows(X_val, y_val)
        self.inner_dim, self.n_inner_samples = inner_rows.shape
        self.n_outer_samples = outer_rows.shape[1]
        self.outer_dim = self.inner_dim if n_reg == "full" else 1
        if inner_rows.is_sparse:
            # PyTorch does not differentiate products with sparse tensors twice.
            self.frameworks = tuple(name for name in FRAMEWORKS if name != "torch")
        self.set_penalties(reg, box)
        self.test_rows = None if X_test is None else SignedRows(X_test, y_test)
        self.all_samples = Arrays(
            [inner_rows],
            [outer_rows],
            1 / self.n_inner_samples,
            1 / self.n_outer_samples,
            self.linear,
            scratch=None,
            weights=None,
            f_lambda=np.zeros(self.outer_dim),
            lower=self.lower,
            upper=self.upper,
        )
        rng = np.random.default_rng(seed)
        self.inner_var0 = rng.standard_normal(self.inner_dim)
        self.outer_var0 = self.start(rng.uniform(size=self.outer_dim))

    def arrays(self, inner_batch_size, outer_batch_size, dtype, rng):
        [all_inner], [all_outer] = self.all_samples.inner_rows, self.all_samples.outer_rows
        inner_rows, inner_scale = all_inner.blocks(inner_batch_size, dtype, rng)
        outer_rows, outer_scale = all_outer.blocks(outer_batch_size, dtype, rng)
        scratch = np.empty((2, max(inner_batch_size, outer_batch_size)), dtype)
        weights, f_lambda = np.empty(self.inner_dim, dtype), np.zeros(self.outer_dim, dtype)
        scales = inner_scale, outer_scale
        bounds = bounds_in(dtype, self.lower, self.upper)
        return Arrays(
            inner_rows, outer_rows, *scales, self.linear, scratch, weights, f_lambda, *bounds
        )

    def oracle(self, framework):
        if framework == "numba":
            from benchmark_utils.problems.logreg_kernels import oracle

            [inner_rows], [outer_rows] = self.all_samples.inner_rows, self.all_samples.outer_rows
            return oracle(inner_rows.layout, outer_rows.layout)
        return NUMPY_ORACLE if framework == "python" else automatic_oracle(framework)

    def inner_value_grad(self, inner_var, outer_var):
        weights, _ = penalty_weights(np, self.all_samples, outer_var)
        rows, scale = self.all_samples.inner_rows[0], self.all_samples.inner_scale
        value, grad = loss_value_grad(rows, scale, inner_var)
        return value + np.sum(weights * inner_var**2) / 2, grad + weights * inner_var

    def hvp(self, inner_var, outer_var, v):
        return hvp(self.all_samples, inner_var, outer_var, v, 0)

    def cross(self, inner_var, outer_var, v):
        return cross(self.all_samples, inner_var, outer_var, v, 0)

    def outer_value_grad(self, inner_var, outer_var):
        rows, scale = self.all_samples.outer_rows[0], self.all_samples.outer_scale
        value, grad = loss_value_grad(rows, scale, inner_var)
        return value, (grad, np.zeros_like(outer_var))

    def inner_hessian_product(self, inner_var, outer_var):
        weights, _ = penalty_weights(np, self.all_samples, outer_var)
        rows = self.all_samples.inner_rows[0]
        curvature = curvatures(rows, self.all_samples.inner_scale, inner_var)
        return lambda v: rows @ (curvature * (v @ rows)) + weights * v

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
        all_rows, scale = self.all_samples.inner_rows[0], self.all_samples.inner_scale
        for chunk in chunks(self.n_inner_samples):
            rows = all_rows[:, chunk]
            yield rows, curvatures(rows, scale, inner_var)

    @cached_property
    def _data_smoothness(self):
        # The curvature of the logistic loss is at most 1/4.
        return self.all_samples.inner_rows[0].norm() ** 2 / (4 * self.n_inner_samples)

    def inner_smoothness(self, outer_var):
        weights, _ = penalty_weights(np, self.all_samples, outer_var)
        return self._data_smoothness + weights.max()

    def torch_losses(self):
        if self.all_samples.inner_rows[0].is_sparse:
            return None
        from benchmark_utils.problems.logreg_torch import losses

        return losses(self)

    def metrics(self, inner_var, outer_var):
        sets = {"val": self.all_samples.outer_rows[0], "test": self.test_rows}
        return {
            f"{name}_accuracy": accuracy(inner_var @ rows, rows.y)
            for name, rows in sets.items()
            if rows is not None
        }


def accuracy(margins, labels):
    """The fraction of samples that are classified correctly.

    Parameters
    ----------
    margins : array, (n_samples,)
        y_i <x_i, theta>. Where it is 0 the class is -1, as in scikit-learn.
    labels : array, (n_samples,)
        In {-1, 1}.
    """
    return float(np.mean((margins > 0) | ((margins == 0) & (labels < 0))))

"""A bilevel problem whose solution is known in closed form: a test bench of solvers.

Both objectives are means of squares, that is, of quadratics of rank one, in (theta, lambda):

    G(lambda, theta) = 1/n sum_i (<x_i, theta> + <z_i, lambda> - y_i)^2 / 2
    F(lambda, theta) = 1/m sum_j (<x_j, theta> + <z_j, lambda> - y_j)^2 / 2

With A, B, C the blocks of the Hessian of G, in theta, in lambda, and in lambda and theta, with F, H
and K those of F, and with linear terms a, b and f, k,

    theta*(lambda) = A^-1 (a - C' lambda) = theta_0 + J lambda
    h(lambda)      = F(lambda, theta_0 + J lambda), whose Hessian is H + K J + J' K' + J' F J,

positive definite for the data that are accepted, so that h has one minimiser. A minibatch's oracles
cost as much as reading it, O(batch (p + d)).
"""

from functools import cache, partial
from typing import NamedTuple

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from benchmark_utils.frameworks import get_framework
from benchmark_utils.minibatches.blocks import make_blocks
from benchmark_utils.oracle import Oracle, lambda_grad
from benchmark_utils.problems.base import Problem
from benchmark_utils.problems.checks import refuse_task

# Bounds between which black-box methods search; the solution is of unit scale.
SEARCHED = (-4.0, 4.0)


class Arrays(NamedTuple):
    """The data that the oracles read: blocks of rows (x, z, -y), feature-major, and scales."""

    inner_rows: np.ndarray  # (n_inner_blocks, p + d + 1, batch_size)
    outer_rows: np.ndarray  # (n_outer_blocks, p + d + 1, batch_size)
    inner_scale: float
    outer_scale: float


def loss(xp, rows, scale, inner_var, outer_var):
    """scale / 2 times the sum of squared residuals of a block."""
    p = inner_var.shape[0]
    return scale / 2 * xp.sum((inner_var @ rows[:p] + outer_var @ rows[p:-1] + rows[-1]) ** 2)


def inner_loss(xp, arrays, inner_var, outer_var, batch):
    return loss(xp, arrays.inner_rows[batch], arrays.inner_scale, inner_var, outer_var)


def outer_loss(xp, arrays, inner_var, outer_var, batch):
    return loss(xp, arrays.outer_rows[batch], arrays.outer_scale, inner_var, outer_var)


def project(arrays, outer_var):
    return outer_var


# The oracles in NumPy.


def grads(rows, scale, inner_var, outer_var):
    p = inner_var.size
    residuals = scale * (inner_var @ rows[:p] + outer_var @ rows[p:-1] + rows[-1])
    return rows[:p] @ residuals, rows[p:-1] @ residuals


def inner_grads(arrays, inner_var, outer_var, batch):
    return grads(arrays.inner_rows[batch], arrays.inner_scale, inner_var, outer_var)


def inner_grad(arrays, inner_var, outer_var, batch):
    return inner_grads(arrays, inner_var, outer_var, batch)[0]


def hvp_cross(arrays, v, batch):
    p, rows = v.size, arrays.inner_rows[batch]
    slopes = arrays.inner_scale * (v @ rows[:p])
    return rows[:p] @ slopes, rows[p:-1] @ slopes


def hvp(arrays, inner_var, outer_var, v, batch):
    return hvp_cross(arrays, v, batch)[0]


def cross(arrays, inner_var, outer_var, v, batch):
    return hvp_cross(arrays, v, batch)[1]


def inner_grad_hvp_cross(arrays, inner_var, outer_var, v, batch):
    return inner_grad(arrays, inner_var, outer_var, batch), *hvp_cross(arrays, v, batch)


def outer_grad(arrays, inner_var, outer_var, batch):
    return grads(arrays.outer_rows[batch], arrays.outer_scale, inner_var, outer_var)


NUMPY_ORACLE = Oracle(
    inner_grad,
    inner_grads,
    hvp,
    cross,
    inner_grad_hvp_cross,
    outer_grad,
    project,
    lambda_grad(inner_grads),
    lambda_grad(outer_grad),
    partial(inner_loss, np),
)


@cache
def automatic_oracle(framework):
    """The oracles of a framework that differentiates automatically."""
    framework = get_framework(framework)
    losses = (partial(loss, framework.np) for loss in (inner_loss, outer_loss))
    return framework.oracle_from_losses(*losses, project)


class Quadratic(Problem):
    """A bilevel quadratic; see the module's docstring.

    Parameters
    ----------
    X_train, Z_train, y_train : array, (n, p), (n, d), (n,)
    X_val, Z_val, y_val : array, (m, p), (m, d), (m,)
    seed : int
        Draws the starting points from N(0, I).

    Attributes
    ----------
    inner_center, inner_jacobian : array, (p,), (p, d)
        theta*(lambda) = inner_center + inner_jacobian lambda.
    value_hessian : array, (d, d)
        The Hessian of h.
    outer_star : array, (d,)
        The minimiser of h.
    """

    parameters = {}
    searched = (-4.0, 4.0)

    @staticmethod
    def refuse(task, **data):
        return refuse_task("quadratic", ("quadratic",), task, data)

    def __init__(self, X_train, Z_train, y_train, X_val, Z_val, y_val, *, seed):
        self.n_inner_samples, self.inner_dim = X_train.shape
        self.n_outer_samples, self.outer_dim = Z_val.shape
        inner_rows = np.column_stack((X_train, Z_train, -y_train)).T
        outer_rows = np.column_stack((X_val, Z_val, -y_val)).T
        self.all_samples = Arrays(
            np.ascontiguousarray(inner_rows)[np.newaxis],
            np.ascontiguousarray(outer_rows)[np.newaxis],
            1 / self.n_inner_samples,
            1 / self.n_outer_samples,
        )
        self._solve_in_closed_form(inner_rows, outer_rows)
        rng = np.random.default_rng(seed)
        self.inner_var0 = rng.standard_normal(self.inner_dim)
        self.outer_var0 = rng.standard_normal(self.outer_dim)

    def _solve_in_closed_form(self, inner_rows, outer_rows):
        p, d = self.inner_dim, self.outer_dim
        # All blocks at once: the mean outer products of the rows (x, z, -y).
        self.inner_moments = inner_rows @ inner_rows.T / self.n_inner_samples
        outer_moments = outer_rows @ outer_rows.T / self.n_outer_samples
        self.hessian_factor = cho_factor(self.inner_moments[:p, :p])
        solution = -cho_solve(self.hessian_factor, self.inner_moments[:p, p:])
        self.inner_jacobian, self.inner_center = solution[:, :d], solution[:, d]
        # h(lambda) is the outer quadratic along the line (theta_0 + J lambda, lambda, 1).
        along = np.vstack((solution, np.eye(d + 1)))
        moments = along.T @ outer_moments @ along
        self.value_hessian = moments[:d, :d]
        self.outer_star = -cho_solve(cho_factor(self.value_hessian), moments[:d, d])

    def inner_star(self, outer_var):
        """theta*(lambda), (p,)."""
        return self.inner_center + self.inner_jacobian @ outer_var

    def value(self, outer_var):
        """h(lambda)."""
        return self.outer_value_grad(self.inner_star(outer_var), outer_var)[0]

    def value_grad(self, outer_var):
        """The gradient of h, (d,)."""
        return self.value_hessian @ (outer_var - self.outer_star)

    def optimality_gap(self, outer_var):
        """h(lambda) - h*, without the cancellation of a difference."""
        return float((outer_var - self.outer_star) @ self.value_grad(outer_var)) / 2

    def arrays(self, inner_batch_size, outer_batch_size, dtype, rng):
        inner_rows, inner_scale = make_blocks(
            self.all_samples.inner_rows[0], inner_batch_size, dtype, rng
        )
        outer_rows, outer_scale = make_blocks(
            self.all_samples.outer_rows[0], outer_batch_size, dtype, rng
        )
        return Arrays(inner_rows, outer_rows, inner_scale, outer_scale)

    def oracle(self, framework):
        if framework == "numba":
            from benchmark_utils.problems.quadratic_kernels import ORACLE

            return ORACLE
        return NUMPY_ORACLE if framework == "python" else automatic_oracle(framework)

    def inner_value_grad(self, inner_var, outer_var):
        value = inner_loss(np, self.all_samples, inner_var, outer_var, 0)
        return value, inner_grad(self.all_samples, inner_var, outer_var, 0)

    def hvp(self, inner_var, outer_var, v):
        return hvp(self.all_samples, inner_var, outer_var, v, 0)

    def cross(self, inner_var, outer_var, v):
        return cross(self.all_samples, inner_var, outer_var, v, 0)

    def outer_value_grad(self, inner_var, outer_var):
        value = outer_loss(np, self.all_samples, inner_var, outer_var, 0)
        return value, outer_grad(self.all_samples, inner_var, outer_var, 0)

    def inner_hessian(self, inner_var, outer_var):
        return self.inner_moments[: self.inner_dim, : self.inner_dim]

    def solve_inner(self, outer_var, inner_start):
        return self.inner_star(outer_var), partial(cho_solve, self.hessian_factor)

    def inner_smoothness(self, outer_var):
        return np.linalg.norm(self.inner_hessian(None, outer_var), 2)

    def metrics(self, inner_var, outer_var):
        return {"optimality_gap": self.optimality_gap(outer_var)}

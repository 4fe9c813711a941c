"""A deep equilibrium network: the inner problem is a root, not a minimum.

The state x_i of an image u_i is the fixed point of a cell, a network of one layer that is applied
without end, and a linear model predicts the image's class from it, with e_c the unit vectors:

    theta* = (x_i)_i,   x_i = f(lambda, x_i) = tanh(W x_i + U u_i + b)
    F(lambda, theta) = 1/(2n) sum_i ||V x_i + c - e_{y_i}||^2   on the same images,

and lambda = (W, (U, b), (V, c)), flat. The residual is g(lambda, theta) = theta - f(lambda, theta),
whose Jacobian in theta is not symmetric, and

    hypergradient = grad_lambda F - (d_lambda g)^T v,   (d_theta g)^T v = grad_theta F.

The spectral norm of W is kept at most ``contraction`` < 1, so that the cell is a contraction: the
fixed point exists, is unique, and is the limit of the iterations of the cell. The loss is squared,
as in the theorem on iteration overfitting (``experiments/iteration_overfitting.py``):
cross-entropies have no minimum where the classes can be separated, and drive the states into
saturation.

S. Bai, J. Z. Kolter, V. Koltun, 'Deep equilibrium models', NeurIPS 2019. The cell is the simplest
of those in E. Winston, J. Z. Kolter, 'Monotone operator equilibrium networks', NeurIPS 2020.
"""

from typing import NamedTuple

import numpy as np

from benchmark_utils.problems.base import Problem
from benchmark_utils.problems.checks import refuse_task
from benchmark_utils.problems.softmax import accuracies
from benchmark_utils.validation import integer, number

# Iterations of the cell, from x = 0, after which ``metrics`` gives F.
READ_AFTER = (1, 2, 4, 6, 7, 8, 9, 10, 12, 16, 24, 32, 64)
# The judge takes this many iterations of the cell, which are cheap, and then Newton's method until
# the norm of each residual is at most the second number times sqrt(q), which is near rounding, or
# for as many iterations as the third.
N_CELL_ITERATIONS, RESIDUAL, MAX_ITERATIONS = 100, 4e-15, 100


class Weights(NamedTuple):
    """lambda as matrices; the last columns of ``inputs`` and ``head`` are biases."""

    recurrent: np.ndarray  # (q, q), W
    inputs: np.ndarray  # (q, p + 1), (U, b)
    head: np.ndarray  # (C, q + 1), (V, c)


def with_ones(rows):
    """Rows (n, k) with a last column of ones."""
    return np.concatenate([rows, np.ones((len(rows), 1))], axis=1)


class Equilibrium(Problem):
    """A deep equilibrium network on images; see the module's docstring.

    Parameters
    ----------
    X_train, X_val, X_test : array, (n, p), (m, p), (l, p)
        The network is trained on the first; the others are for accuracies; the last may be None.
    y_train, y_val, y_test : array, (n,), (m,), (l,)
        Labels 0, 1, ..., C-1.
    width : int
        q, the entries of a state.
    contraction : float
        The largest spectral norm of W that is allowed, below 1.
    seed : int
        Draws the starting points of W, U and V from N(0, I / inputs); biases and states start at 0.
    """

    parameters = {"width": [16], "contraction": [0.9]}
    allowed = {
        "width": integer(1, 10**5),
        "contraction": number(0, 0.99, description="a number greater than 0 and at most 0.99"),
    }
    inner_is_root = True
    frameworks = ()

    @staticmethod
    def refuse(task, **data):
        return refuse_task("equilibrium", ("multiclass",), task, data)

    def __init__(
        self, X_train, y_train, X_val, y_val, X_test=None, y_test=None, *, width, contraction, seed
    ):
        self.inputs = with_ones(X_train)
        self.n_inner_samples = self.n_outer_samples = len(y_train)
        n_classes = int(y_train.max()) + 1
        self.targets = np.eye(n_classes)[y_train]
        self.shapes = Weights((width, width), (width, self.inputs.shape[1]), (n_classes, width + 1))
        self.width = self.inner_block = width
        self.contraction = contraction
        self.scored = {"val": (X_val, y_val), "test": (X_test, y_test)}
        self.inner_dim = len(y_train) * width
        self.inner_var0 = np.zeros(self.inner_dim)
        rng = np.random.default_rng(seed)
        start = [rng.standard_normal(shape) / np.sqrt(shape[1]) for shape in self.shapes]
        for weights in start[1:]:
            weights[:, -1] = 0
        self.outer_var0 = self.project(flat(start))
        self.outer_dim = self.outer_var0.size

    def weights(self, outer_var):
        """lambda as :class:`Weights`, views."""
        ends = np.cumsum([np.prod(shape) for shape in self.shapes])[:-1]
        parts = np.split(outer_var, ends)
        return Weights(*(p.reshape(shape) for p, shape in zip(parts, self.shapes, strict=True)))

    def states(self, inner_var):
        """theta as one state per image, (n, q)."""
        return inner_var.reshape(-1, self.width)

    def cell(self, inner_var, outer_var):
        """f(lambda, theta), (n, q)."""
        weights = self.weights(outer_var)
        return np.tanh(
            self.states(inner_var) @ weights.recurrent.T + self.inputs @ weights.inputs.T
        )

    def inner_value_grad(self, inner_var, outer_var):
        """The residual theta - f(lambda, theta), (p,), and NaN, as nothing is minimised."""
        return np.nan, inner_var - self.cell(inner_var, outer_var).ravel()

    def through_cell(self, inner_var, outer_var, v):
        """v (p,) times the slopes of the cell's tanh, (n, q)."""
        return (1 - self.cell(inner_var, outer_var) ** 2) * self.states(v)

    def hvp(self, inner_var, outer_var, v):
        """The transposed Jacobian of the residual in theta times v, (p,)."""
        moved = self.through_cell(inner_var, outer_var, v)
        return v - (moved @ self.weights(outer_var).recurrent).ravel()

    def cross(self, inner_var, outer_var, v):
        moved = self.through_cell(inner_var, outer_var, v)
        return flat([
            -moved.T @ self.states(inner_var), -moved.T @ self.inputs, np.zeros(self.shapes.head)
        ])  # fmt: skip

    def outer_value_grad(self, inner_var, outer_var):
        n, head = self.n_outer_samples, self.weights(outer_var).head
        rows = with_ones(self.states(inner_var))
        errors = rows @ head.T - self.targets
        grad_in = errors @ head[:, :-1] / n
        grad_out = np.zeros(self.outer_dim)
        self.weights(grad_out).head[:] = errors.T @ rows / n
        return np.sum(errors**2) / (2 * n), (grad_in.ravel(), grad_out)

    def solve_inner(self, outer_var, inner_start):
        weights = self.weights(outer_var)
        states = equilibria(weights, self.inputs, self.states(inner_start))
        return states.ravel(), self.hessian_solver(states.ravel(), outer_var)

    def hessian_solver(self, inner_var, outer_var):
        """A function that solves the linear system with the transposed Jacobian: a small one per
        image."""
        recurrent = self.weights(outer_var).recurrent
        jacobians = cell_jacobians(recurrent, self.cell(inner_var, outer_var))
        transposed = jacobians.transpose(0, 2, 1)
        return lambda b: np.linalg.solve(transposed, self.states(b)[:, :, np.newaxis]).ravel()

    def inner_smoothness(self, outer_var):
        """1, with which a step of :meth:`step` is an iteration of the cell."""
        return 1.0

    def project(self, outer_var):
        """The singular values of W cut at ``contraction``."""
        left, values, right = np.linalg.svd(self.weights(outer_var).recurrent)
        # Projecting twice is projecting once, also up to rounding.
        if not values[0] > self.contraction * (1 + 1e-12):
            return outer_var
        projected = outer_var.copy()
        cut = np.minimum(values, self.contraction)
        self.weights(projected).recurrent[:] = (left * cut) @ right
        return projected

    def projected_gradient(self, outer_var, grad):
        return outer_var - self.project(outer_var - grad)

    def metrics(self, inner_var, outer_var):
        """Accuracies on validation and test images, and F after some iterations of the cell."""
        weights = self.weights(outer_var)

        def features(X):
            inputs = with_ones(X)
            start = np.zeros((len(X), self.width))
            return with_ones(equilibria(weights, inputs, start)).T

        return accuracies(weights.head, self.scored, features) | {
            f"loss_after_{n_iterations}": loss
            for n_iterations, loss in enumerate(self.losses(outer_var, max(READ_AFTER)))
            if n_iterations in READ_AFTER
        }

    def losses(self, outer_var, n_iterations):
        """F after 0, ..., ``n_iterations`` iterations of the cell from x = 0."""
        inner_var, losses = self.inner_var0, []
        for _ in range(n_iterations + 1):
            losses.append(self.outer_value_grad(inner_var, outer_var)[0])
            inner_var = self.step(inner_var, outer_var, 1.0)
        return losses


def flat(matrices):
    """Matrices as one vector."""
    return np.concatenate([np.ravel(matrix) for matrix in matrices])


def cell_jacobians(recurrent, image):
    """The Jacobian in x of x - tanh(W x + ...) where tanh has these values (n, q): (n, q, q)."""
    return np.eye(len(recurrent)) - (1 - image**2)[:, :, np.newaxis] * recurrent


def equilibria(weights, inputs, states):
    """The fixed points of the cell, (n, q), to the precision of float64, by Newton's method.

    It starts from a few iterations of the cell. Where Newton's step does not decrease the residual
    more than an iteration of the cell, which decreases it by the factor ``contraction`` at least,
    that iteration is taken instead.

    Parameters
    ----------
    weights : Weights
    inputs : array, (n, p + 1)
    states : array, (n, q)
        Where the method starts.
    """
    drive = inputs @ weights.inputs.T
    norm, tolerance = np.linalg.norm, RESIDUAL * np.sqrt(states.shape[1])

    def cell(states):
        return np.tanh(states @ weights.recurrent.T + drive)

    for _ in range(N_CELL_ITERATIONS):
        states = cell(states)
    for _ in range(MAX_ITERATIONS):
        image = cell(states)
        residual = states - image
        if not norm(residual, axis=1).max() > tolerance:
            break
        jacobians = cell_jacobians(weights.recurrent, image)
        newton = states - np.linalg.solve(jacobians, residual[:, :, np.newaxis])[:, :, 0]
        decreases = norm(newton - cell(newton), axis=1) <= norm(image - cell(image), axis=1)
        states = np.where(decreases[:, np.newaxis], newton, image)
    return states

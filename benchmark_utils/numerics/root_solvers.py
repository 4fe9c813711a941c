"""Solvers of inner problems that are roots, g(lambda, theta) = 0, where g is no gradient.

They have the interface of ``inner_solvers.py``, and the tolerance is on the Euclidean norm of g.
Both start from the identity in place of g's Jacobian, so that their first step is one of the
fixed-point iteration theta <- theta - g(lambda, theta).
"""

import numpy as np
from scipy.optimize import NoConvergence
from scipy.optimize import anderson as scipy_anderson

from benchmark_utils.numerics.inner_solvers import InnerSolution

MAX_ITERATIONS = 10_000
# Residuals that Anderson's method combines.
ANDERSON_MEMORY = 5


def anderson(problem, outer_var, inner_var, tolerance, max_iterations=MAX_ITERATIONS):
    """Anderson's mixing, by SciPy.

    D. G. Anderson, Iterative procedures for nonlinear integral equations, J. ACM 1965.
    """
    if max_iterations == 0:
        return InnerSolution(inner_var)
    try:
        inner_var = scipy_anderson(
            lambda theta: residual(problem, theta, outer_var), inner_var, M=ANDERSON_MEMORY,
            alpha=-1.0, line_search=None, f_tol=tolerance, tol_norm=np.linalg.norm,
            maxiter=max_iterations,
        )  # fmt: skip
    except NoConvergence as end:
        inner_var = end.args[0]
    return InnerSolution(inner_var)


def broyden(
    problem, outer_var, inner_var, tolerance, max_iterations=MAX_ITERATIONS, memory=20
):  # fmt: skip
    """Broyden's good method, with one matrix per block of theta, of ``memory`` updates.

    C. G. Broyden, A class of methods for solving nonlinear simultaneous equations, Mathematics of
    Computation 1965. The solution's ``inverse_hessian`` is the transpose of the inverse matrices,
    which is what SHINE needs.
    """
    inverse = BroydenInverse(problem.inner_block, memory)
    g = residual(problem, inner_var, outer_var)
    for _ in range(max_iterations):
        if not np.linalg.norm(g) > tolerance:
            break
        step = -inverse(g)
        inner_var = inner_var + step
        g, before = residual(problem, inner_var, outer_var), g
        inverse.update(step, g - before)
    return InnerSolution(inner_var, inverse.transposed)


class BroydenInverse:
    """The inverses I + sum_k c_k d_k^T of Broyden's matrices, one per block, as one function.

    Parameters
    ----------
    block : int
        The length of a block.
    memory : int
        How many updates are remembered, the newest ones.
    """

    def __init__(self, block, memory):
        self.block, self.memory = block, memory
        self.pairs = []  # of (c, d), one row per block

    def __call__(self, b):
        return apply(self.pairs, self.rows(b)).ravel()

    def transposed(self, b):
        return apply([(d, c) for c, d in self.pairs], self.rows(b)).ravel()

    def rows(self, vector):
        return vector.reshape(-1, self.block)

    def update(self, step, change):
        """Let the inverses map the change of g to the step, in every block that still moves."""
        v = self.rows(self.transposed(step))
        c = self.rows(step - self(change))
        step, change = self.rows(step), self.rows(change)
        scale = np.sum(change * v, axis=1, keepdims=True)
        moves = np.abs(scale) > 1e-10 * np.sum(step**2, axis=1, keepdims=True)
        d = np.where(moves, v, 0) / np.where(moves, scale, 1)
        self.pairs = [*self.pairs, (c, d)][-self.memory :]


def apply(pairs, rows):
    """(I + sum_k c_k d_k^T) times each row, (n, q)."""
    return rows + sum(c * np.sum(d * rows, axis=1, keepdims=True) for c, d in pairs)


def residual(problem, inner_var, outer_var):
    """g(lambda, theta), (p,)."""
    return problem.inner_value_grad(inner_var, outer_var)[1]


ROOT_SOLVERS = {"anderson": anderson, "broyden": broyden}

"""The exact value function: what h, its gradient and theta* are at a given lambda."""

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.sparse.linalg import LinearOperator, cg

from benchmark_utils.problems.base import finite

# Up to this inner dimension a dense Hessian is cheaper than conjugate gradients.
DENSE_DIM = 1000


class Judge:
    """Judge results of one solver on one problem.

    Parameters
    ----------
    problem : Problem

    Notes
    -----
    Evaluations are warm-started from the one before, so that a judge belongs to one curve: a curve
    must not depend, in its last digits, on which solver ran before.
    """

    def __init__(self, problem):
        self.problem = problem
        self.inner_star = np.zeros(problem.inner_dim)

    def evaluate(self, inner_var, outer_var):
        """Judge one result.

        Parameters
        ----------
        inner_var : array, (p,)
        outer_var : array, (d,)

        Returns
        -------
        metrics : dict
            ``value`` h(lambda); ``grad_norm`` the Euclidean norm of its gradient;
            ``inner_distance`` between ``inner_var`` and theta*(lambda); and the problem's own
            metrics at theta*. NaN where the result is not finite, which benchopt calls diverged.

        Raises
        ------
        ValueError
            If the problem is not defined at ``outer_var``.
        """
        inner_var, outer_var = np.asarray(inner_var, float), np.asarray(outer_var, float)
        if not finite(inner_var, outer_var):
            return dict(value=np.nan, grad_norm=np.nan, inner_distance=np.nan)
        if (self.problem.project(outer_var) != outer_var).any():
            raise ValueError(
                f"outer_var has entries down to {outer_var.min()}, where the problem is not "
                "defined; project every outer step with oracle.project."
            )
        # What overflows is reported as NaN, and needs no warning beside that.
        with np.errstate(over="ignore", invalid="ignore"):
            value, hypergradient, inner_star = value_function(
                self.problem, outer_var, self.inner_star
            )
        if finite(inner_star):
            self.inner_star = inner_star
        return dict(
            value=value,
            grad_norm=float(np.linalg.norm(hypergradient)),
            inner_distance=float(np.linalg.norm(inner_var - inner_star)),
            **self.problem.metrics(inner_star),
        )


def value_function(problem, outer_var, inner_start):
    """h and its gradient at lambda, by exact implicit differentiation.

    Parameters
    ----------
    problem : Problem
    outer_var : array, (d,)
    inner_start : array, (p,)
        Where the inner solver starts.

    Returns
    -------
    value : float
        h(lambda).
    hypergradient : array, (d,)
        grad_lambda F - hessian_lambda,theta G v with hessian_theta,theta G v = grad_theta F.
    inner_star : array, (p,)
        theta*(lambda).
    """
    inner_star = solve_inner(problem, outer_var, inner_start)
    solve = hessian_solver(problem, inner_star, outer_var)
    # The factorised Hessian is there for v: one more Newton step with it costs a gradient.
    inner_star = inner_star - solve(problem.inner_value_grad(inner_star, outer_var)[1])
    value, (grad_in, grad_out) = problem.outer_value_grad(inner_star, outer_var)
    hypergradient = grad_out - problem.cross(inner_star, outer_var, solve(grad_in))
    return value, hypergradient, inner_star


def solve_inner(problem, outer_var, inner_start, tolerance=1e-12, max_iterations=200):
    """Minimise G(lambda, .) by Newton's method with backtracking.

    Parameters
    ----------
    problem : Problem
    outer_var : array, (d,)
    inner_start : array, (p,)
    tolerance : float
        On the gradient's norm.
    max_iterations : int

    Returns
    -------
    inner_star : array, (p,)
        Where the gradient's norm is below the tolerance, or where no step within rounding
        decreases G or the gradient's norm any more.
    """
    inner_var = inner_start
    value, grad = problem.inner_value_grad(inner_var, outer_var)
    for _ in range(max_iterations):
        norm = np.linalg.norm(grad)
        if not norm > tolerance:
            break
        direction = hessian_solver(problem, inner_var, outer_var)(grad)
        slope = grad @ direction
        for halvings in range(40):
            step = 0.5**halvings
            candidate = inner_var - step * direction
            new_value, new_grad = problem.inner_value_grad(candidate, outer_var)
            # Near the solution G is flat to rounding, and the gradient still tells.
            decreases = new_value <= value - 1e-4 * step * slope
            if decreases or np.linalg.norm(new_grad) <= 0.5 * norm:
                break
        else:
            break
        inner_var, value, grad = candidate, new_value, new_grad
    return inner_var


def hessian_solver(problem, inner_var, outer_var):
    """A function that solves hessian_theta,theta G x = b for x, dense while p is small."""
    if problem.inner_dim > DENSE_DIM:
        shape = (problem.inner_dim, problem.inner_dim)
        hessian = LinearOperator(shape, lambda v: problem.hvp(inner_var, outer_var, v.ravel()))
        return lambda b: cg(hessian, b, rtol=1e-13, maxiter=10 * problem.inner_dim)[0]
    hessian = problem.inner_hessian(inner_var, outer_var)
    if not finite(hessian):
        return lambda b: np.full_like(b, np.nan)
    try:
        factor = cho_factor(hessian)
    except LinAlgError:
        # Singular to rounding, as when penalties vanish: the solution of least norm.
        return lambda b: np.linalg.lstsq(hessian, b)[0]
    return lambda b: cho_solve(factor, b)

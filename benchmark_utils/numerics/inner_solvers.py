"""Solvers of the inner problem, theta*(lambda) = argmin G(lambda, .), that methods share.

All have one interface, ``solver(problem, outer_var, inner_var, tolerance, max_iterations)``, start
from ``inner_var``, and return an :class:`InnerSolution`. The tolerance is on the Euclidean norm of
grad_theta G, or of (theta - step(theta)) / step_size if G is not smooth. A solver that ends before
it warns; a tolerance of 0 asks for all iterations.
"""

import warnings
from functools import wraps
from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize

from benchmark_utils.numerics.lbfgs_matrix import InverseHessian
from benchmark_utils.numerics.newton import DENSE_DIM
from benchmark_utils.numerics.newton import newton as newton_to_the_end

MAX_ITERATIONS = 10_000
# The least tolerance, relative to the first gradient, that solvers with decreasing ones ask for:
# what inner solvers reach in float64.
LEAST_TOLERANCE = 1e-10
# Proximal steps that find the next piece of a non-smooth problem.
N_PROXIMAL_STEPS = 10
# Steps of Newton's method after L-BFGS ended at the rounding of G.
N_NEWTON_STEPS = 5
MOST_NEWTON_STEPS = 200


class InnerSolution(NamedTuple):
    """The result of an inner solver."""

    inner_var: Any  # (p,)
    inverse_hessian: Any = None  # a function of (p,), if the solver has built one


class Step(NamedTuple):
    """One step of (accelerated) proximal gradient descent."""

    point: Any  # (p,), y_k, from which the gradient step starts
    inner_var: Any  # (p,), theta_{k+1}, where it ends
    momentum: float  # beta_k: y_k = theta_k + beta_k (theta_k - theta_{k-1})


def warn_of(solver, residual, tolerance):
    """Warn, once per process and solver, if a solver did not reach its tolerance."""
    if residual > tolerance > 0:
        warnings.warn(
            f"The inner solver {solver} ended before its tolerance; give a larger tolerance, more "
            "iterations, or inner_solver=exact.",
            stacklevel=2,
        )


def gradient_steps(problem, outer_var, inner_var, step_size, accelerated):
    """The steps of proximal gradient descent on G, without end.

    ISTA and FISTA (Beck and Teboulle, A fast iterative shrinkage-thresholding algorithm for linear
    inverse problems, SIAM J. Imaging Sciences 2009); gradient descent and Nesterov's method if G
    is smooth. Acceleration restarts when it leads uphill (O'Donoghue and Candes, Adaptive restart
    for accelerated gradient schemes, Foundations of Computational Mathematics 2015).
    """
    point, momentum, t = inner_var, 0.0, 1.0
    while True:
        next_var = problem.step(point, outer_var, step_size)
        yield Step(point, next_var, momentum)
        if accelerated:
            uphill = (point - next_var) @ (next_var - inner_var) > 0
            next_t = 1.0 if uphill else (1 + np.sqrt(1 + 4 * t**2)) / 2
            momentum = 0.0 if uphill else (t - 1) / next_t
            t = next_t
        point = next_var + momentum * (next_var - inner_var)
        inner_var = next_var


def descend_gradient(accelerated, problem, outer_var, inner_var, tolerance, max_iterations):
    step_size = 1 / problem.inner_smoothness(outer_var)
    steps = gradient_steps(problem, outer_var, inner_var, step_size, accelerated)
    for _ in range(max_iterations):
        step = next(steps)
        inner_var = step.inner_var
        residual = np.linalg.norm(step.point - inner_var) / step_size
        if not residual > tolerance:
            break
    else:
        if max_iterations:
            warn_of("fista" if accelerated else "gradient_descent", residual, tolerance)
    return InnerSolution(inner_var)


def gradient_descent(problem, outer_var, inner_var, tolerance, max_iterations=MAX_ITERATIONS):
    """Gradient descent with constant steps 1/L; ISTA if G is not smooth."""
    return descend_gradient(False, problem, outer_var, inner_var, tolerance, max_iterations)


def fista(problem, outer_var, inner_var, tolerance, max_iterations=MAX_ITERATIONS):
    """Accelerated proximal gradient descent with restarts and constant steps 1/L."""
    return descend_gradient(True, problem, outer_var, inner_var, tolerance, max_iterations)


def piecewise(smooth_solver):
    """Extend a solver of smooth problems to non-smooth ones, which it solves piece by piece.

    An iteration takes proximal gradient steps. Then it goes towards the solution of the smooth
    problem on the support and signs that they reached, until a sign changes. Both decrease G.
    """

    @wraps(smooth_solver)
    def solver(problem, outer_var, inner_var, tolerance, max_iterations=MAX_ITERATIONS, **options):
        if problem.smooth:
            return smooth_solver(
                problem, outer_var, inner_var, tolerance, max_iterations, **options
            )
        step_size = 1 / problem.inner_smoothness(outer_var)
        inverse_hessian = None
        for _ in range(max_iterations):
            for _ in range(N_PROXIMAL_STEPS):
                before = inner_var
                inner_var = problem.step(before, outer_var, step_size)
            if not np.linalg.norm(inner_var - before) > tolerance * step_size:
                break
            piece = Piece(problem, inner_var)
            if not piece.places.any():
                continue
            start = inner_var[piece.places]
            solution = smooth_solver(
                piece, outer_var, start, tolerance / 10, MAX_ITERATIONS, **options
            )
            inner_var = piece.extend(start + first_sign_change(start, solution.inner_var))
            inverse_hessian = piece.on_support(solution.inverse_hessian)
        return InnerSolution(inner_var, inverse_hessian)

    return solver


def first_sign_change(start, end):
    """The step from start towards end, (s,), up to where an entry first becomes 0, exactly."""
    way = end - start
    crossing = end * start < 0
    if not crossing.any():
        return way
    lengths = np.where(crossing, -start / np.where(crossing, way, 1), np.inf)
    first = np.argmin(lengths)
    way = lengths[first] * way
    way[first] = -start[first]
    return way


class Piece:
    """A non-smooth problem on a fixed support with fixed signs of theta, where it is smooth.

    It has the methods that smooth inner solvers call. Its ``inner_var`` is theta on the support,
    (s,).

    Parameters
    ----------
    problem : Problem
    inner_var : array, (p,)
        The theta that has this support and these signs.
    """

    def __init__(self, problem, inner_var):
        self.problem, self.reference = problem, inner_var
        self.places = problem.support(inner_var)
        self.inner_dim = np.count_nonzero(self.places)

    def extend(self, values):
        """Values on the support as a vector, (p,)."""
        full = np.zeros(self.places.shape)
        full[self.places] = values
        return full

    def on_support(self, function):
        """Turn a function of vectors on the support into one of vectors (p,)."""
        return function and (lambda b: self.extend(function(b[self.places])))

    def inner_value_grad(self, inner_var, outer_var):
        inner_var = self.extend(inner_var)
        value, grad = self.problem.inner_value_grad(inner_var, outer_var)
        slopes = self.problem.subgradient(self.reference, outer_var)
        return value + slopes @ inner_var, (grad + slopes)[self.places]

    def inner_hessian(self, inner_var, outer_var):
        return self.problem.hessian_on(self.extend(inner_var), outer_var, self.places)

    def inner_hessian_product(self, inner_var, outer_var):
        inner_var = self.extend(inner_var)
        return lambda v: self.problem.hvp(inner_var, outer_var, self.extend(v))[self.places]

    def inner_hessian_diagonal(self, inner_var, outer_var):
        return np.ones(self.inner_dim)


@piecewise
def lbfgs(problem, outer_var, inner_var, tolerance, max_iterations=MAX_ITERATIONS, memory=20):
    """L-BFGS, which remembers ``memory`` pairs; on the support if G is not smooth.

    Its line search compares values of G, and may end at their rounding. A step or two of Newton's
    method then lead to the tolerance.
    """
    if max_iterations == 0:
        return InnerSolution(inner_var)
    residual, grad, points = np.inf, None, []

    def value_grad(inner_var):
        nonlocal residual, grad
        value, grad = problem.inner_value_grad(inner_var, outer_var)
        residual = np.linalg.norm(grad)
        if not points:
            points.append((inner_var.copy(), grad))
        return value, grad

    def stop(intermediate_result):
        # The line search ended at the last gradient.
        points.append((intermediate_result.x.copy(), grad))
        del points[: -memory - 1]
        if residual <= tolerance:
            raise StopIteration

    # SciPy stops on the largest entry of the gradient, which is at least norm / sqrt(p).
    options = dict(
        gtol=tolerance / np.sqrt(inner_var.size), ftol=0, maxiter=max_iterations, maxfun=20_000,
        maxcor=memory,
    )  # fmt: skip
    result = minimize(
        value_grad, inner_var, jac=True, method="L-BFGS-B", callback=stop, options=options
    )
    inner_var = result.x
    # After more than ``memory`` iterations SciPy returns its own pairs in another order.
    variables, gradients = zip(*points, strict=True)
    inverse_hessian = InverseHessian(np.diff(variables, axis=0), np.diff(gradients, axis=0))
    if residual > tolerance > 0 and result.nit < max_iterations:
        inner_var, _ = newton_to_the_end(problem, outer_var, inner_var, tolerance, N_NEWTON_STEPS)
    else:
        warn_of("lbfgs", residual, tolerance)
    return InnerSolution(inner_var, inverse_hessian)


@piecewise
def newton(problem, outer_var, inner_var, tolerance, max_iterations=MAX_ITERATIONS):
    """Newton's method; on the support if G is not smooth."""
    if max_iterations == 0:
        return InnerSolution(inner_var)
    # newton() takes one more step after its loop. More steps than these are of no use, and a piece
    # of a non-smooth problem need not have a minimum.
    n_steps = min(max_iterations - 1, MOST_NEWTON_STEPS)
    return InnerSolution(newton_to_the_end(problem, outer_var, inner_var, tolerance, n_steps)[0])


def exact(problem, outer_var, inner_var, tolerance, max_iterations=MAX_ITERATIONS):
    """The judge's solver: Newton's method, a closed form, or coordinate descent for the Lasso."""
    return InnerSolution(
        problem.solve_inner(outer_var, inner_var)[0] if max_iterations else inner_var
    )


def automatic(problem, outer_var, inner_var, tolerance, max_iterations=MAX_ITERATIONS, **options):
    """``exact`` if G is not smooth, or a dense Hessian is small; else ``lbfgs``."""
    if not problem.smooth or problem.inner_dim <= DENSE_DIM:
        return exact(problem, outer_var, inner_var, tolerance, max_iterations)
    return lbfgs(problem, outer_var, inner_var, tolerance, max_iterations, **options)


INNER_SOLVERS = {
    "auto": automatic,
    "gradient_descent": gradient_descent,
    "fista": fista,
    "lbfgs": lbfgs,
    "newton": newton,
    "exact": exact,
}

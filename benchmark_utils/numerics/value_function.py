"""The exact value function: h, its gradient, and how fast that changes."""

import numpy as np

from benchmark_utils.validation import finite

# Of the directions in which the curvature of h is measured, each the gradient's last change.
N_DIRECTIONS = 8
DISPLACEMENT = 1e-3


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
    inner_star, solve = problem.solve_inner(outer_var, inner_start)
    value, (grad_in, grad_out) = problem.outer_value_grad(inner_star, outer_var)
    hypergradient = np.full(problem.outer_dim, np.nan)
    # Solvers of linear systems raise where numbers have overflown.
    if finite(inner_star, grad_in):
        hypergradient = grad_out - problem.cross(inner_star, outer_var, solve(grad_in))
    return value, hypergradient, inner_star


def largest_curvature(problem):
    """The largest curvature of h where lambda starts, by a few steps of the power method.

    Returns
    -------
    curvature : float
        An estimate from below of the spectral norm of the Hessian of h, by differences of exact
        hypergradients; NaN if h has none there.
    """
    start = problem.outer_var0
    _, grad, inner_star = value_function(problem, start, problem.inner_var0)
    direction, curvature = grad, np.nan
    for _ in range(N_DIRECTIONS):
        length = np.linalg.norm(direction)
        if not length > 0:
            return curvature
        point = problem.project(start + DISPLACEMENT / length * direction)
        displacement = np.linalg.norm(point - start)
        if displacement == 0:
            return curvature
        direction = value_function(problem, point, inner_star)[1] - grad
        curvature = float(np.linalg.norm(direction) / displacement)
    return curvature

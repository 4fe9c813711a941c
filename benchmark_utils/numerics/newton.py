"""Newton's method for the inner problem, to the precision of float64."""

import numpy as np
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from scipy.sparse.linalg import LinearOperator, cg

from benchmark_utils.validation import finite

# Up to this inner dimension a dense Hessian is cheaper than conjugate gradients.
DENSE_DIM = 1000
# Above it, conjugate gradients solve the linear system to this relative residual, which is near the
# precision of float64. The limit on iterations stops them if the Hessian is singular.
LINEAR_TOLERANCE, MAX_CG_ITERATIONS = 1e-12, 5000
EPSILON = np.finfo(float).eps
# By how much, relatively, sums over many samples are wrong.
ROUNDING = 1e-12
# An eigenvalue or curvature that is negative by more than this is none of a convex function.
INDEFINITE = 1e-10


def newton(problem, outer_var, inner_start, tolerance=1e-12, max_iterations=200):
    """Minimise G(lambda, .) by Newton's method with backtracking.

    Above ``DENSE_DIM`` variables the steps are computed by preconditioned conjugate gradients, to a
    relative residual of sqrt(||grad|| / ||first grad||), at most 1/2, which keeps convergence
    superlinear (Dembo, Eisenstat and Steihaug, Inexact Newton methods, SIAM J. Numer. Anal. 1982).

    Parameters
    ----------
    problem : Problem
    outer_var : array, (d,)
    inner_start : array, (p,)
    tolerance : float
        On the norm of the gradient.
    max_iterations : int

    Returns
    -------
    inner_star : array, (p,)
        One step after the point where the norm of the gradient is below the tolerance, or where, up
        to rounding, no step decreases G or that norm any more.
    solve : callable
        Solves hessian_theta,theta G(lambda, inner_star) x = b for x.
    """
    inner_var = inner_start
    value, grad = problem.inner_value_grad(inner_var, outer_var)
    first_norm = np.linalg.norm(grad)
    for _ in range(max_iterations):
        norm = np.linalg.norm(grad)
        if not norm > tolerance:
            break
        forcing = min(0.5, np.sqrt(norm / first_norm))
        direction = hessian_solver(problem, inner_var, outer_var)(grad, forcing)
        slope = grad @ direction
        for halvings in range(40):
            step = 0.5**halvings
            candidate = inner_var - step * direction
            new_value, new_grad = problem.inner_value_grad(candidate, outer_var)
            decreases = new_value <= value - 1e-4 * step * slope
            # Near the solution G is constant up to rounding, but the gradient still decreases. Far
            # from it G must decrease: a flat loss has a small gradient where it is large.
            rises = new_value > value + ROUNDING * abs(value)
            if decreases or (not rises and np.linalg.norm(new_grad) <= 0.5 * norm):
                break
        else:
            break
        inner_var, value, grad = candidate, new_value, new_grad
    solve = hessian_solver(problem, inner_var, outer_var)
    # The factorised Hessian is needed anyway: one more step with it costs nothing.
    return inner_var - solve(grad, 0.1), solve


def hessian_solver(problem, inner_var, outer_var):
    """A function that solves hessian_theta,theta G x = b for x, with a dense matrix if p is small.

    Returns
    -------
    solve : callable
        ``solve(b, tolerance=LINEAR_TOLERANCE)``; a dense solver ignores the tolerance.
    """
    make = dense_solver if problem.inner_dim <= DENSE_DIM else conjugate_gradient_solver
    return make(problem, inner_var, outer_var)


def dense_solver(problem, inner_var, outer_var):
    hessian = problem.inner_hessian(inner_var, outer_var)
    if not finite(hessian):
        return nowhere
    try:
        factor = cho_factor(hessian)
    except LinAlgError:
        eigenvalues = np.linalg.eigvalsh(hessian)
        if eigenvalues[0] < -INDEFINITE * max(1, eigenvalues[-1]):
            return nowhere
        # Singular up to rounding, for example if penalties vanish: take the solution of least norm.
        return least_norm_solver(hessian)
    if (np.diag(factor[0]) ** 2 < len(hessian) * EPSILON * np.diag(hessian)).any():
        # Singular, but hidden by rounding: a column is a combination of the columns before it.
        return least_norm_solver(hessian)
    return lambda b, tolerance=None: cho_solve(factor, b)


def least_norm_solver(hessian):
    return lambda b, tolerance=None: np.linalg.lstsq(hessian, b)[0]


def conjugate_gradient_solver(problem, inner_var, outer_var):
    diagonal = problem.inner_hessian_diagonal(inner_var, outer_var)
    inverse = 1 / np.where(diagonal > 0, diagonal, 1)
    product = problem.inner_hessian_product(inner_var, outer_var)
    if not finite(diagonal, product(inverse)):
        return nowhere
    shape = (problem.inner_dim, problem.inner_dim)
    jacobi = LinearOperator(shape, lambda r: inverse * r.ravel(), dtype=float)

    def solve(b, tolerance=LINEAR_TOLERANCE):
        curvatures = [0.0]

        def multiply(v):
            v = v.ravel()
            image = product(v)
            curvatures.append(v @ image / (v @ v))
            return image

        hessian = LinearOperator(shape, multiply, dtype=float)
        x, _ = cg(hessian, b, rtol=tolerance, maxiter=MAX_CG_ITERATIONS, M=jacobi)
        # Of all directions of the method; rounding gives none that is negative.
        negative = min(curvatures) < -INDEFINITE * max(1, *curvatures)
        return nowhere(b) if negative else x

    return solve


def nowhere(b, tolerance=None):
    """The solution if the Hessian is not finite, or not that of a convex function."""
    return np.full_like(b, np.nan)


def support_solver(problem, inner_var, outer_var):
    """As :func:`hessian_solver` if G is not smooth: dense, on the support of theta."""
    support = problem.support(inner_var)
    solve_block = dense_solver(problem, inner_var, outer_var)

    def solve(b, tolerance=None):
        x = np.zeros_like(b)
        x[support] = solve_block(b[support])
        return x

    return solve

"""Solvers of the linear system hessian_theta,theta G v = grad_theta F that methods share.

From v, :func:`implicit_gradient` computes the hypergradient by the implicit function theorem.

All solvers have one interface, ``solver(system, rhs, v, tolerance, max_iterations)``, start from
v, and return v, (p,). The tolerance is on the Euclidean norm of the residual. If G is not smooth,
systems and solutions are on the support of theta: v is 0 elsewhere.

If the inner problem is a root, the matrix is the transposed Jacobian of its residual, which is not
symmetric, and ``NEED_SYMMETRY`` names the solvers that cannot be used.

If the Hessian is singular on the support, ``exact`` gives the least-squares solution of least
norm, conjugate gradients stop at the first direction without curvature, L-BFGS gives the iterate of
least residual, and a Neumann series grows in proportion to its length: all are finite.
"""

from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize
from scipy.sparse.linalg import LinearOperator
from scipy.sparse.linalg import gmres as scipy_gmres

MAX_ITERATIONS = 10_000
# Products after which GMRES starts anew, with less memory.
GMRES_MEMORY = 30
# Steps of conjugate gradients that refine SHINE.
N_REFINING_STEPS = 5


class LinearSystem(NamedTuple):
    """The Hessian of G in theta at a point, on the support of theta."""

    problem: Any
    inner_var: Any  # (p,)
    outer_var: Any  # (d,)
    inverse_hessian: Any = None  # built by the inner solver, a function of (p,)

    def restrict(self, vector):
        """A vector with zeros off the support, (p,); the vector itself if G is smooth."""
        if self.problem.smooth:
            return vector
        return np.where(self.problem.support(self.inner_var), vector, 0)

    def matvec(self, v):
        """The Hessian on the support times v, (p,)."""
        return self.restrict(self.problem.hvp(self.inner_var, self.outer_var, v))


def exact(system, rhs, v, tolerance, max_iterations=MAX_ITERATIONS):
    """A direct solve with the Hessian on the support."""
    problem, inner_var, outer_var, _ = system
    return problem.hessian_solver(inner_var, outer_var)(rhs)


def conjugate_gradient(system, rhs, v, tolerance, max_iterations=MAX_ITERATIONS):
    """Conjugate gradients (Hestenes and Stiefel 1952)."""
    v = system.restrict(v)
    # If v starts at 0, the first product is not needed.
    residual = rhs - system.matvec(v) if v.any() else rhs
    direction, square = residual, residual @ residual
    largest = 0.0
    for _ in range(max_iterations):
        if not square > tolerance**2:
            break
        product = system.matvec(direction)
        curvature = direction @ product
        largest = max(largest, curvature / (direction @ direction))
        if not curvature > 1e-14 * largest * (direction @ direction):
            break
        step = square / curvature
        v = v + step * direction
        residual = residual - step * product
        square, previous = residual @ residual, square
        direction = residual + square / previous * direction
    return v


def gmres(system, rhs, v, tolerance, max_iterations=MAX_ITERATIONS):
    """GMRES, by SciPy, for matrices that need not be symmetric.

    Y. Saad, M. H. Schultz, GMRES: a generalized minimal residual algorithm for solving nonsymmetric
    linear systems, SIAM J. Scientific and Statistical Computing 1986.
    """
    if max_iterations == 0:
        return v
    memory = min(GMRES_MEMORY, max_iterations)
    matrix = LinearOperator((rhs.size, rhs.size), system.matvec, dtype=float)
    v, _ = scipy_gmres(
        matrix, rhs, system.restrict(v), rtol=0, atol=tolerance, restart=memory,
        maxiter=max_iterations // memory,
    )  # fmt: skip
    return v


def lbfgs(system, rhs, v, tolerance, max_iterations=MAX_ITERATIONS):
    """L-BFGS on 1/2 <v, H v> - <rhs, v>."""
    best, least = system.restrict(v), np.inf

    def value_grad(v):
        nonlocal best, least
        product = system.matvec(v)
        residual = np.linalg.norm(product - rhs)
        if residual < least:
            best, least = v.copy(), residual
        return v @ product / 2 - v @ rhs, product - rhs

    if max_iterations > 0:
        options = dict(
            gtol=tolerance / np.sqrt(rhs.size), ftol=0, maxiter=max_iterations,
            maxfun=max_iterations + 1, maxcor=20,
        )  # fmt: skip
        minimize(value_grad, best, jac=True, method="L-BFGS-B", options=options)
    return best


def neumann(system, rhs, v, tolerance, max_iterations=MAX_ITERATIONS):
    """The Neumann series eta sum_{q=0}^{Q} (I - eta H)^q rhs, eta = 1/L, Q = ``max_iterations``.

    Fewer terms if they reach the tolerance. The initial v is not used. Lorraine, Vicol and
    Duvenaud, Optimizing millions of hyperparameters by implicit differentiation, AISTATS 2020.
    """
    step_size = 1 / system.problem.inner_smoothness(system.outer_var)
    v = step_size * rhs
    for _ in range(max_iterations):
        residual = rhs - system.matvec(v)
        if not np.linalg.norm(residual) > tolerance:
            break
        v = v + step_size * residual
    return v


def jacobian_free(system, rhs, v, tolerance, max_iterations=MAX_ITERATIONS):
    """The Hessian replaced by the identity: v = rhs.

    Fung, Heaton, Li, McKenzie, Osher and Yin, JFB: Jacobian-free backpropagation for implicit
    networks, AAAI 2022.
    """
    return rhs


def shine(system, rhs, v, tolerance, max_iterations=MAX_ITERATIONS):
    """SHINE: the inverse Hessian is the quasi-Newton matrix of the inner solver.

    Ramzi, Mannel, Bai, Starck, Ciuciu and Moreau, SHINE: SHaring the INverse Estimate from the
    forward pass for bi-level optimization and implicit models, ICLR 2022. It is the identity if
    the inner solver had nothing to do and built no matrix.
    """
    if system.inverse_hessian is None:
        return rhs
    return system.restrict(system.inverse_hessian(rhs))


def shine_refined(system, rhs, v, tolerance, max_iterations=MAX_ITERATIONS):
    """SHINE, refined by at most five steps of conjugate gradients; the initial v is not used.

    Ramzi et al. (2022), see :func:`shine`.
    """
    v = shine(system, rhs, v, tolerance)
    return conjugate_gradient(system, rhs, v, tolerance, min(N_REFINING_STEPS, max_iterations))


LINEAR_SOLVERS = {
    "exact": exact,
    "conjugate_gradient": conjugate_gradient,
    "gmres": gmres,
    "lbfgs": lbfgs,
    "neumann": neumann,
    "jacobian_free": jacobian_free,
    "shine": shine,
    "shine_refined": shine_refined,
}
NEED_SYMMETRY = ("conjugate_gradient", "lbfgs", "shine_refined")
# Those that use the quasi-Newton matrix of the inner solver.
SHARE_THE_MATRIX = ("shine", "shine_refined")


class ImplicitGradient(NamedTuple):
    """F, and the hypergradient from theta and v."""

    value: float
    hypergradient: Any  # (d,), grad_lambda F - hessian_lambda,theta G v
    v: Any  # (p,)
    grad_in: Any  # (p,), grad_theta F, on the support if G is not smooth


def implicit_gradient(problem, solution, outer_var, solve, v, *limits):
    """The implicit formula at an inner solution.

    Parameters
    ----------
    problem : Problem
    solution : InnerSolution
    outer_var : array, (d,)
    solve : callable
        One of ``LINEAR_SOLVERS``.
    v : array, (p,)
        Where the linear solver starts.
    *limits
        Tolerance of the linear solver, and optionally its maximum number of iterations.

    Returns
    -------
    gradient : ImplicitGradient
    """
    inner_var, inverse_hessian = solution
    value, (grad_in, grad_out) = problem.outer_value_grad(inner_var, outer_var)
    system = LinearSystem(problem, inner_var, outer_var, inverse_hessian)
    grad_in = system.restrict(grad_in)
    v = solve(system, grad_in, v, *limits)
    hypergradient = grad_out - problem.cross(inner_var, outer_var, v)
    return ImplicitGradient(value, hypergradient, v, grad_in)

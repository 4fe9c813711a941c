"""The hypergradient by the implicit function theorem, from an approximate theta and v."""

from typing import Any, NamedTuple

from benchmark_utils.numerics.linear_solvers import LinearSystem


class ImplicitGradient(NamedTuple):
    """F, and the hypergradient that theta and v give."""

    value: float
    hypergradient: Any  # (d,), grad_lambda F - hessian_lambda,theta G v
    v: Any  # (p,)
    grad_in: Any  # (p,), grad_theta F, on the support where G is not smooth


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
        Tolerance of the linear solver, and possibly its largest number of iterations.

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

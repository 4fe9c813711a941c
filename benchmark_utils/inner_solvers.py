"""Solvers of the inner problem that full-batch methods share."""

import numpy as np
from scipy.optimize import minimize


def lbfgs(problem, outer_var, inner_var, tolerance):
    """Minimise G(lambda, .) by L-BFGS until the gradient's norm is below a tolerance.

    Parameters
    ----------
    problem : Problem
    outer_var : array, (d,)
    inner_var : array, (p,)
        Where to start.
    tolerance : float
        On the Euclidean norm of the gradient, or as near as the line search comes to it.

    Returns
    -------
    inner_var : array, (p,)
    """
    # SciPy stops on the largest entry of the gradient, which is at least norm / sqrt(p).
    options = dict(
        gtol=tolerance / np.sqrt(inner_var.size), ftol=0, maxiter=10_000, maxfun=20_000, maxcor=20
    )
    return minimize(
        problem.inner_value_grad,
        inner_var,
        args=(outer_var,),
        jac=True,
        method="L-BFGS-B",
        options=options,
    ).x

"""Solvers of the linear system hessian_theta,theta G v = grad_theta F that methods share."""

from scipy.sparse.linalg import LinearOperator, cg


def conjugate_gradient(problem, inner_var, outer_var, rhs, v, tolerance):
    """Solve the linear system by conjugate gradients until its residual is below a tolerance.

    Parameters
    ----------
    problem : Problem
    inner_var : array, (p,)
    outer_var : array, (d,)
    rhs : array, (p,)
    v : array, (p,)
        Where to start.
    tolerance : float
        On the Euclidean norm of the residual.

    Returns
    -------
    v : array, (p,)
    """
    hessian = LinearOperator(
        (rhs.size, rhs.size), lambda x: problem.hvp(inner_var, outer_var, x.ravel())
    )
    return cg(hessian, rhs, x0=v, rtol=0, atol=tolerance, maxiter=10 * rhs.size)[0]

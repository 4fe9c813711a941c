"""The oracles of ``quadratic`` as numba kernels; the formulas are in ``quadratic.py``."""

from numba import njit

from benchmark_utils.frameworks.numba import kernels
from benchmark_utils.frameworks.numba.arena import empty_like
from benchmark_utils.frameworks.numba.pointers import asked_by_pointer
from benchmark_utils.oracle import Oracle


@njit(**kernels.KERNEL)
def _multiply(scale, vector):
    for i in range(vector.shape[0]):
        vector[i] *= scale


@njit(**kernels.ORACLE)
def _residuals(rows, scale, inner_var, outer_var):
    """scale (<x_i, theta> + <z_i, lambda> - y_i), (b,)."""
    p, d = inner_var.shape[0], outer_var.shape[0]
    joint, residuals = empty_like(inner_var, p + d + 1), empty_like(inner_var, rows.shape[1])
    for k in range(p):
        joint[k] = inner_var[k]
    for k in range(d):
        joint[p + k] = outer_var[k]
    joint[p + d] = 1
    kernels.margins(rows, joint, residuals)
    _multiply(scale, residuals)
    return residuals


@njit(**kernels.ORACLE)
def _slopes(rows, scale, v):
    """scale <x_i, v>, the residuals' derivatives along v, (b,)."""
    slopes = empty_like(v, rows.shape[1])
    kernels.margins(rows[: v.shape[0]], v, slopes)
    _multiply(scale, slopes)
    return slopes


@njit(**kernels.ORACLE)
def _weighted_sum(rows, weights):
    out = empty_like(weights, rows.shape[0])
    kernels.weighted_sum(rows, weights, out)
    return out


@njit(**kernels.ORACLE)
def _grads(rows, scale, inner_var, outer_var):
    p = inner_var.shape[0]
    grads = _weighted_sum(rows[:-1], _residuals(rows, scale, inner_var, outer_var))
    return grads[:p], grads[p:]


@njit(**kernels.ORACLE)
def inner_grads(problem, inner_var, outer_var, batch):
    return _grads(problem.inner_rows[batch], problem.inner_scale, inner_var, outer_var)


@njit(**kernels.ORACLE)
def inner_grad(problem, inner_var, outer_var, batch):
    rows = problem.inner_rows[batch]
    residuals = _residuals(rows, problem.inner_scale, inner_var, outer_var)
    return _weighted_sum(rows[: inner_var.shape[0]], residuals)


@njit(**kernels.ORACLE)
def hvp(problem, inner_var, outer_var, v, batch):
    rows = problem.inner_rows[batch]
    return _weighted_sum(rows[: v.shape[0]], _slopes(rows, problem.inner_scale, v))


@njit(**kernels.ORACLE)
def cross(problem, inner_var, outer_var, v, batch):
    rows = problem.inner_rows[batch]
    return _weighted_sum(rows[v.shape[0] : -1], _slopes(rows, problem.inner_scale, v))


@njit(**kernels.ORACLE)
def inner_grad_hvp_cross(problem, inner_var, outer_var, v, batch):
    rows, scale, p = problem.inner_rows[batch], problem.inner_scale, v.shape[0]
    grad, product = empty_like(v, p), empty_like(v, p)
    residuals, slopes = _residuals(rows, scale, inner_var, outer_var), _slopes(rows, scale, v)
    kernels.weighted_sum_pair(rows[:p], residuals, slopes, grad, product)
    return grad, product, _weighted_sum(rows[p:-1], slopes)


@njit(**kernels.ORACLE)
def outer_grad(problem, inner_var, outer_var, batch):
    return _grads(problem.outer_rows[batch], problem.outer_scale, inner_var, outer_var)


@njit(**kernels.ORACLE)
def project(problem, outer_var):
    return outer_var


ORACLE = asked_by_pointer(
    Oracle(inner_grad, inner_grads, hvp, cross, inner_grad_hvp_cross, outer_grad, project)
)

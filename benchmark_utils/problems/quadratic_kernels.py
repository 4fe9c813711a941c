"""The oracles of ``quadratic`` as numba kernels; the formulas are in ``quadratic.py``."""

import numpy as np

from benchmark_utils.frameworks.numba import kernels
from benchmark_utils.oracle import Oracle, lambda_grad


@kernels.kernel
def _multiply(scale, vector):
    for i in range(vector.shape[0]):
        vector[i] *= scale


@kernels.oracle
def _residuals(rows, scale, inner_var, outer_var):
    """scale (<x_i, theta> + <z_i, lambda> - y_i), (b,)."""
    p, d = inner_var.shape[0], outer_var.shape[0]
    joint, residuals = (
        np.empty(p + d + 1, inner_var.dtype),
        np.empty(rows.shape[1], inner_var.dtype),
    )
    for k in range(p):
        joint[k] = inner_var[k]
    for k in range(d):
        joint[p + k] = outer_var[k]
    joint[p + d] = 1
    kernels.margins(rows, joint, residuals)
    _multiply(scale, residuals)
    return residuals


@kernels.oracle
def _slopes(rows, scale, v):
    """scale <x_i, v>, the residuals' derivatives along v, (b,)."""
    slopes = np.empty(rows.shape[1], v.dtype)
    kernels.margins(rows[: v.shape[0]], v, slopes)
    _multiply(scale, slopes)
    return slopes


@kernels.oracle
def _weighted_sum(rows, weights):
    out = np.empty(rows.shape[0], weights.dtype)
    kernels.weighted_sum(rows, weights, out)
    return out


@kernels.oracle
def _grads(rows, scale, inner_var, outer_var):
    p = inner_var.shape[0]
    grads = _weighted_sum(rows[:-1], _residuals(rows, scale, inner_var, outer_var))
    return grads[:p], grads[p:]


@kernels.oracle
def inner_grads(arrays, inner_var, outer_var, batch):
    return _grads(arrays.inner_rows[batch], arrays.inner_scale, inner_var, outer_var)


@kernels.oracle
def inner_grad(arrays, inner_var, outer_var, batch):
    rows = arrays.inner_rows[batch]
    residuals = _residuals(rows, arrays.inner_scale, inner_var, outer_var)
    return _weighted_sum(rows[: inner_var.shape[0]], residuals)


@kernels.oracle
def hvp(arrays, inner_var, outer_var, v, batch):
    rows = arrays.inner_rows[batch]
    return _weighted_sum(rows[: v.shape[0]], _slopes(rows, arrays.inner_scale, v))


@kernels.oracle
def cross(arrays, inner_var, outer_var, v, batch):
    rows = arrays.inner_rows[batch]
    return _weighted_sum(rows[v.shape[0] : -1], _slopes(rows, arrays.inner_scale, v))


@kernels.oracle
def inner_grad_hvp_cross(arrays, inner_var, outer_var, v, batch):
    rows, scale, p = arrays.inner_rows[batch], arrays.inner_scale, v.shape[0]
    grad, product = np.empty(p, v.dtype), np.empty(p, v.dtype)
    residuals, slopes = _residuals(rows, scale, inner_var, outer_var), _slopes(rows, scale, v)
    kernels.weighted_sum_pair(rows[:p], residuals, slopes, grad, product)
    return grad, product, _weighted_sum(rows[p:-1], slopes)


@kernels.oracle
def outer_grad(arrays, inner_var, outer_var, batch):
    return _grads(arrays.outer_rows[batch], arrays.outer_scale, inner_var, outer_var)


@kernels.oracle
def inner_value(arrays, inner_var, outer_var, batch):
    scale = arrays.inner_scale
    residuals = _residuals(arrays.inner_rows[batch], scale, inner_var, outer_var)
    total = residuals.dtype.type(0)
    for i in range(residuals.shape[0]):
        total += residuals[i] * residuals[i]
    # The residuals have the scale in them already.
    return total / (2 * scale)


@kernels.oracle
def project(arrays, outer_var):
    return outer_var


ORACLE = Oracle(
    inner_grad,
    inner_grads,
    hvp,
    cross,
    inner_grad_hvp_cross,
    outer_grad,
    project,
    kernels.oracle(lambda_grad(inner_grads)),
    kernels.oracle(lambda_grad(outer_grad)),
    inner_value,
)

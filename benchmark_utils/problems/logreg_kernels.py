"""The oracles of ``logreg`` as numba kernels, at module level, where numba caches them on disk.

Small arrays cost 30 ns each, a tenth of a minibatch's work: an oracle allocates once, and cuts its
scratch space and its results from that. What the parts below do is in their first lines; the
formulas are in ``logreg.py``.
"""

import numpy as np
from numba import njit

from benchmark_utils import kernels
from benchmark_utils.oracles import Oracle


@njit(**kernels.KERNEL)
def _fill_weights(problem, outer_var, weights, n_features):
    """Write the penalty weights into the first entries; the rest fills whole vectors."""
    n_given = outer_var.shape[0]
    for k in range(weights.shape[0]):
        weights[k] = outer_var[0]
    if n_given > 1:
        for k in range(n_given):
            weights[k] = outer_var[k]
    if not problem.linear:
        for k in range(weights.shape[0]):
            weights[k] = kernels.exp(weights[k])


@njit(**kernels.KERNEL)
def _residuals_from_margins(scale, margins):
    """Turn margins <a_i, theta> into -scale sigmoid(-margin), the loss's derivatives there."""
    for i in range(margins.shape[0]):
        margins[i] = -scale * kernels.sigmoid(-margins[i])


@njit(**kernels.KERNEL)
def _fill_residuals(rows, scale, inner_var, residuals):
    kernels.margins(rows, inner_var, residuals)
    _residuals_from_margins(scale, residuals)


@njit(**kernels.KERNEL)
def _fill_grad(rows, residuals, weights, inner_var, grad):
    kernels.weighted_sum(rows, residuals, grad)
    for k in range(grad.shape[0]):
        grad[k] += weights[k] * inner_var[k]


@njit(**kernels.KERNEL)
def _fill_hvp(rows, scale, residuals, weights, v, directional, hvp):
    """Write the Hessian times v; ``directional`` holds the margins' derivatives along v."""
    for i in range(directional.shape[0]):
        # With r = -scale (1 - s), the curvature scale s (1 - s) is -r (1 + r / scale).
        residual = residuals[i]
        directional[i] *= -(residual + residual * residual / scale)
    kernels.weighted_sum(rows, directional, hvp)
    for k in range(hvp.shape[0]):
        hvp[k] += weights[k] * v[k]


@njit(**kernels.KERNEL)
def _fill_cross(problem, weights, inner_var, v, cross):
    if cross.shape[0] == 1:
        total = weights[0] * 0
        for k in range(v.shape[0]):
            total += inner_var[k] * v[k]
        cross[0] = total
    else:
        for k in range(v.shape[0]):
            cross[k] = inner_var[k] * v[k]
    if not problem.linear:
        for k in range(cross.shape[0]):
            cross[k] *= weights[k]


@njit(**kernels.KERNEL)
def _padded(n_features):
    """Room for n features in whole unrolled vectors, so that no exponential is a scalar one."""
    return -(-n_features // 32) * 32


@njit(**kernels.KERNEL)
def inner_grad(problem, inner_var, outer_var, batch):
    rows = problem.inner_rows[batch]
    p, b = rows.shape
    w = _padded(p)
    room = np.empty(w + b + p, rows.dtype)
    weights, residuals, grad = room[:w], room[w : w + b], room[w + b :]
    _fill_weights(problem, outer_var, weights, p)
    _fill_residuals(rows, problem.inner_scale, inner_var, residuals)
    _fill_grad(rows, residuals, weights, inner_var, grad)
    return grad


@njit(**kernels.KERNEL)
def hvp(problem, inner_var, outer_var, v, batch):
    rows = problem.inner_rows[batch]
    p, b = rows.shape
    w = _padded(p)
    room = np.empty(w + 2 * b + p, rows.dtype)
    weights, residuals, directional = room[:w], room[w : w + b], room[w + b : w + 2 * b]
    product = room[w + 2 * b :]
    _fill_weights(problem, outer_var, weights, p)
    kernels.margins_pair(rows, inner_var, v, residuals, directional)
    _residuals_from_margins(problem.inner_scale, residuals)
    _fill_hvp(rows, problem.inner_scale, residuals, weights, v, directional, product)
    return product


@njit(**kernels.KERNEL)
def cross(problem, inner_var, outer_var, v, batch):
    p, w, d = inner_var.shape[0], _padded(inner_var.shape[0]), outer_var.shape[0]
    room = np.empty(w + d, outer_var.dtype)
    weights, product = room[:w], room[w:]
    _fill_weights(problem, outer_var, weights, p)
    _fill_cross(problem, weights, inner_var, v, product)
    return product


@njit(**kernels.KERNEL)
def inner_grad_hvp_cross(problem, inner_var, outer_var, v, batch):
    rows = problem.inner_rows[batch]
    p, b = rows.shape
    w, d = _padded(p), outer_var.shape[0]
    room = np.empty(w + 2 * b + 2 * p + d, rows.dtype)
    weights, residuals, directional = room[:w], room[w : w + b], room[w + b : w + 2 * b]
    results = room[w + 2 * b :]
    grad, hvp_, cross_ = results[:p], results[p : 2 * p], results[2 * p :]
    _fill_weights(problem, outer_var, weights, p)
    kernels.margins_pair(rows, inner_var, v, residuals, directional)
    _residuals_from_margins(problem.inner_scale, residuals)
    _fill_grad(rows, residuals, weights, inner_var, grad)
    _fill_hvp(rows, problem.inner_scale, residuals, weights, v, directional, hvp_)
    _fill_cross(problem, weights, inner_var, v, cross_)
    return grad, hvp_, cross_


@njit(**kernels.KERNEL)
def outer_grad(problem, inner_var, outer_var, batch):
    rows = problem.outer_rows[batch]
    p, b = rows.shape
    room = np.empty(b + p + outer_var.shape[0], rows.dtype)
    residuals, grad, outer_part = room[:b], room[b : b + p], room[b + p :]
    _fill_residuals(rows, problem.outer_scale, inner_var, residuals)
    kernels.weighted_sum(rows, residuals, grad)
    for k in range(outer_part.shape[0]):
        outer_part[k] = 0
    return grad, outer_part


@njit(**kernels.KERNEL)
def project(problem, outer_var):
    return np.maximum(outer_var, outer_var.dtype.type(0)) if problem.linear else outer_var


ORACLE = Oracle(inner_grad, hvp, cross, inner_grad_hvp_cross, outer_grad, project)

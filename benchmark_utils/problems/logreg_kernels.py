"""The oracles of ``logreg`` as numba kernels, at module level, where numba caches them on disk.

Small arrays cost 30 ns each, a tenth of a minibatch's work: an oracle allocates once, and cuts its
scratch space and its results from that. What the parts below do is in their first lines; the
formulas are in ``logreg.py``. Samples may be dense or sparse.
"""

from functools import cache

import numpy as np
from numba import njit

from benchmark_utils import block_kernels, kernels
from benchmark_utils.oracles import Oracle


@njit(**kernels.KERNEL)
def _fill_weights(problem, outer_var, weights):
    n_given = outer_var.shape[0]
    for k in range(n_given):
        weights[k] = outer_var[k] if problem.linear else kernels.exp(outer_var[k])
    # One lambda for all features, unless there is one each.
    for k in range(n_given, weights.shape[0]):
        weights[k] = weights[0]


@njit(**kernels.KERNEL)
def _residuals_from_margins(scale, margins):
    """Turn margins <a_i, theta> into -scale sigmoid(-margin), the loss's derivatives there."""
    for i in range(margins.shape[0]):
        margins[i] = -scale * kernels.sigmoid(-margins[i])


@njit(**kernels.KERNEL)
def _fill_residuals(rows, scale, inner_var, residuals):
    block_kernels.margins(rows, inner_var, residuals)
    _residuals_from_margins(scale, residuals)


@njit(**kernels.KERNEL)
def _curve(scale, residuals, directional):
    """Turn the margins' derivatives along v into those of the residuals."""
    for i in range(directional.shape[0]):
        # With r = -scale (1 - s), the curvature scale s (1 - s) is -r (1 + r / scale).
        residual = residuals[i]
        directional[i] *= -(residual + residual * residual / scale)


@njit(**kernels.KERNEL)
def _add_product(weights, vector, out):
    for k in range(out.shape[0]):
        out[k] += weights[k] * vector[k]


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
def inner_grad(problem, inner_var, outer_var, batch):
    rows, b = block_kernels.take_block(problem.inner_rows, batch)
    p = inner_var.shape[0]
    room = np.empty(b + 2 * p, inner_var.dtype)
    residuals, weights, grad = room[:b], room[b : b + p], room[b + p :]
    _fill_weights(problem, outer_var, weights)
    _fill_residuals(rows, problem.inner_scale, inner_var, residuals)
    block_kernels.weighted_sum(rows, residuals, grad)
    _add_product(weights, inner_var, grad)
    return grad


@njit(**kernels.KERNEL)
def inner_grads(problem, inner_var, outer_var, batch):
    rows, b = block_kernels.take_block(problem.inner_rows, batch)
    p = inner_var.shape[0]
    room = np.empty(b + 2 * p + outer_var.shape[0], inner_var.dtype)
    residuals, rest = room[:b], room[b:]
    weights, grad, outer_part = rest[:p], rest[p : 2 * p], rest[2 * p :]
    _fill_weights(problem, outer_var, weights)
    _fill_residuals(rows, problem.inner_scale, inner_var, residuals)
    block_kernels.weighted_sum(rows, residuals, grad)
    _add_product(weights, inner_var, grad)
    # The penalty is half of what the cross derivative is with theta in the place of v.
    _fill_cross(problem, weights, inner_var, inner_var, outer_part)
    for k in range(outer_part.shape[0]):
        outer_part[k] /= 2
    return grad, outer_part


@njit(**kernels.KERNEL)
def hvp(problem, inner_var, outer_var, v, batch):
    rows, b = block_kernels.take_block(problem.inner_rows, batch)
    p = inner_var.shape[0]
    room = np.empty(2 * (b + p), inner_var.dtype)
    residuals, directional = room[:b], room[b : 2 * b]
    weights, product = room[2 * b : 2 * b + p], room[2 * b + p :]
    _fill_weights(problem, outer_var, weights)
    block_kernels.margins_pair(rows, inner_var, v, residuals, directional)
    _residuals_from_margins(problem.inner_scale, residuals)
    _curve(problem.inner_scale, residuals, directional)
    block_kernels.weighted_sum(rows, directional, product)
    _add_product(weights, v, product)
    return product


@njit(**kernels.KERNEL)
def cross(problem, inner_var, outer_var, v, batch):
    p, d = inner_var.shape[0], outer_var.shape[0]
    room = np.empty(p + d, outer_var.dtype)
    weights, product = room[:p], room[p:]
    _fill_weights(problem, outer_var, weights)
    _fill_cross(problem, weights, inner_var, v, product)
    return product


@njit(**kernels.KERNEL)
def inner_grad_hvp_cross(problem, inner_var, outer_var, v, batch):
    rows, b = block_kernels.take_block(problem.inner_rows, batch)
    p = inner_var.shape[0]
    room = np.empty(2 * b + 3 * p + outer_var.shape[0], inner_var.dtype)
    residuals, directional, rest = room[:b], room[b : 2 * b], room[2 * b :]
    weights, grad, hvp_, cross_ = rest[:p], rest[p : 2 * p], rest[2 * p : 3 * p], rest[3 * p :]
    _fill_weights(problem, outer_var, weights)
    block_kernels.margins_pair(rows, inner_var, v, residuals, directional)
    _residuals_from_margins(problem.inner_scale, residuals)
    _curve(problem.inner_scale, residuals, directional)
    block_kernels.weighted_sum_pair(rows, residuals, directional, grad, hvp_)
    _add_product(weights, inner_var, grad)
    _add_product(weights, v, hvp_)
    _fill_cross(problem, weights, inner_var, v, cross_)
    return grad, hvp_, cross_


@njit(**kernels.KERNEL)
def outer_grad(problem, inner_var, outer_var, batch):
    rows, b = block_kernels.take_block(problem.outer_rows, batch)
    p = inner_var.shape[0]
    room = np.empty(b + p + outer_var.shape[0], inner_var.dtype)
    residuals, grad, outer_part = room[:b], room[b : b + p], room[b + p :]
    _fill_residuals(rows, problem.outer_scale, inner_var, residuals)
    block_kernels.weighted_sum(rows, residuals, grad)
    for k in range(outer_part.shape[0]):
        outer_part[k] = 0
    return grad, outer_part


@njit(**kernels.KERNEL)
def project(problem, outer_var):
    return np.maximum(outer_var, outer_var.dtype.type(0)) if problem.linear else outer_var


@cache
def oracle(*layouts):
    """The oracles, one object for each pair of layouts of inner and outer samples: what a solver
    has compiled for dense blocks does not take sparse ones."""
    return Oracle(inner_grad, inner_grads, hvp, cross, inner_grad_hvp_cross, outer_grad, project)

"""The oracles of ``logreg`` as numba kernels, at module level, where numba caches them on disk.

Small arrays cost 30 ns each, a tenth of a minibatch's work: an oracle allocates once, a kernel of
the same name cuts that into results and scratch space, and the results come first. The formulas are
in ``logreg.py``. Samples may be dense or sparse.
"""

from functools import cache

import numpy as np
from numba import njit

from benchmark_utils import block_kernels, kernels
from benchmark_utils.borrowing import borrowed
from benchmark_utils.oracles import Oracle
from benchmark_utils.pointers import asked_by_pointer


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
def _fill_residuals(blocks, batch, scale, inner_var, residuals):
    block_kernels.margins(blocks, batch, inner_var, residuals)
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
def _fill_grad(problem, weights, inner_var, batch, residuals, grad):
    _fill_residuals(problem.inner_rows, batch, problem.inner_scale, inner_var, residuals)
    block_kernels.weighted_sum(problem.inner_rows, batch, residuals, grad)
    _add_product(weights, inner_var, grad)


@njit(**kernels.KERNEL)
def _inner_grad(problem, inner_var, outer_var, batch, room):
    p = inner_var.shape[0]
    grad, weights, residuals = room[:p], room[p : 2 * p], room[2 * p :]
    _fill_weights(problem, outer_var, weights)
    _fill_grad(problem, weights, inner_var, batch, residuals, grad)


@njit(**kernels.ORACLE)
def inner_grad(problem, inner_var, outer_var, batch):
    problem, inner_var, outer_var = borrowed((problem, inner_var, outer_var))
    p, b = inner_var.shape[0], block_kernels.block_size(problem.inner_rows)
    room = np.empty(2 * p + b, inner_var.dtype)
    _inner_grad(problem, inner_var, outer_var, batch, room)
    return room[:p]


@njit(**kernels.KERNEL)
def _inner_grads(problem, inner_var, outer_var, batch, room):
    p, d = inner_var.shape[0], outer_var.shape[0]
    grad, outer_part, weights = room[:p], room[p : p + d], room[p + d : 2 * p + d]
    _fill_weights(problem, outer_var, weights)
    _fill_grad(problem, weights, inner_var, batch, room[2 * p + d :], grad)
    # The penalty is half of what the cross derivative is with theta in the place of v.
    _fill_cross(problem, weights, inner_var, inner_var, outer_part)
    for k in range(d):
        outer_part[k] /= 2


@njit(**kernels.ORACLE)
def inner_grads(problem, inner_var, outer_var, batch):
    problem, inner_var, outer_var = borrowed((problem, inner_var, outer_var))
    p, d = inner_var.shape[0], outer_var.shape[0]
    room = np.empty(2 * p + d + block_kernels.block_size(problem.inner_rows), inner_var.dtype)
    _inner_grads(problem, inner_var, outer_var, batch, room)
    return room[:p], room[p : p + d]


@njit(**kernels.KERNEL)
def _hvp(problem, inner_var, outer_var, v, batch, room):
    p, b = v.shape[0], block_kernels.block_size(problem.inner_rows)
    product, weights = room[:p], room[p : 2 * p]
    residuals, directional = room[2 * p : 2 * p + b], room[2 * p + b :]
    _fill_weights(problem, outer_var, weights)
    block_kernels.margins_pair(problem.inner_rows, batch, inner_var, v, residuals, directional)
    _residuals_from_margins(problem.inner_scale, residuals)
    _curve(problem.inner_scale, residuals, directional)
    block_kernels.weighted_sum(problem.inner_rows, batch, directional, product)
    _add_product(weights, v, product)


@njit(**kernels.ORACLE)
def hvp(problem, inner_var, outer_var, v, batch):
    problem, inner_var, outer_var, v = borrowed((problem, inner_var, outer_var, v))
    p, b = v.shape[0], block_kernels.block_size(problem.inner_rows)
    room = np.empty(2 * (p + b), inner_var.dtype)
    _hvp(problem, inner_var, outer_var, v, batch, room)
    return room[:p]


@njit(**kernels.KERNEL)
def _cross(problem, inner_var, outer_var, v, room):
    d = outer_var.shape[0]
    product, weights = room[:d], room[d:]
    _fill_weights(problem, outer_var, weights)
    _fill_cross(problem, weights, inner_var, v, product)


@njit(**kernels.ORACLE)
def cross(problem, inner_var, outer_var, v, batch):
    problem, inner_var, outer_var, v = borrowed((problem, inner_var, outer_var, v))
    d = outer_var.shape[0]
    room = np.empty(d + v.shape[0], outer_var.dtype)
    _cross(problem, inner_var, outer_var, v, room)
    return room[:d]


@njit(**kernels.KERNEL)
def _inner_grad_hvp_cross(problem, inner_var, outer_var, v, batch, room):
    p, d = inner_var.shape[0], outer_var.shape[0]
    b = block_kernels.block_size(problem.inner_rows)
    grad, product, cross_ = room[:p], room[p : 2 * p], room[2 * p : 2 * p + d]
    rest = room[2 * p + d :]
    weights, residuals, directional = rest[:p], rest[p : p + b], rest[p + b :]
    _fill_weights(problem, outer_var, weights)
    block_kernels.margins_pair(problem.inner_rows, batch, inner_var, v, residuals, directional)
    _residuals_from_margins(problem.inner_scale, residuals)
    _curve(problem.inner_scale, residuals, directional)
    block_kernels.weighted_sum_pair(
        problem.inner_rows, batch, residuals, directional, grad, product
    )
    _add_product(weights, inner_var, grad)
    _add_product(weights, v, product)
    _fill_cross(problem, weights, inner_var, v, cross_)


@njit(**kernels.ORACLE)
def inner_grad_hvp_cross(problem, inner_var, outer_var, v, batch):
    problem, inner_var, outer_var, v = borrowed((problem, inner_var, outer_var, v))
    p, d = inner_var.shape[0], outer_var.shape[0]
    room = np.empty(3 * p + d + 2 * block_kernels.block_size(problem.inner_rows), inner_var.dtype)
    _inner_grad_hvp_cross(problem, inner_var, outer_var, v, batch, room)
    return room[:p], room[p : 2 * p], room[2 * p : 2 * p + d]


@njit(**kernels.KERNEL)
def _outer_grad(problem, inner_var, batch, grad, outer_part, residuals):
    _fill_residuals(problem.outer_rows, batch, problem.outer_scale, inner_var, residuals)
    block_kernels.weighted_sum(problem.outer_rows, batch, residuals, grad)
    for k in range(outer_part.shape[0]):
        outer_part[k] = 0


@njit(**kernels.ORACLE)
def outer_grad(problem, inner_var, outer_var, batch):
    problem, inner_var, outer_var = borrowed((problem, inner_var, outer_var))
    p, d = inner_var.shape[0], outer_var.shape[0]
    room = np.empty(p + d + block_kernels.block_size(problem.outer_rows), inner_var.dtype)
    grad, outer_part = room[:p], room[p : p + d]
    _outer_grad(problem, inner_var, batch, grad, outer_part, room[p + d :])
    return grad, outer_part


@njit(**kernels.ORACLE)
def project(problem, outer_var):
    return np.maximum(outer_var, outer_var.dtype.type(0)) if problem.linear else outer_var


@cache
def oracle(*layouts):
    """The oracles, one object for each pair of layouts of inner and outer samples: what a solver
    has compiled for dense blocks does not take sparse ones."""
    return asked_by_pointer(
        Oracle(inner_grad, inner_grads, hvp, cross, inner_grad_hvp_cross, outer_grad, project)
    )

"""The oracles of ``logreg`` as numba kernels, at module level, where numba caches them on disk.

The formulas are in ``logreg.py``. Samples may be dense or sparse.
"""

from functools import cache

import numpy as np
from numba import njit

from benchmark_utils.frameworks.numba import block_kernels, kernels, vectors
from benchmark_utils.frameworks.numba.arena import empty_like
from benchmark_utils.frameworks.numba.pointers import asked_by_pointer
from benchmark_utils.oracle import Oracle


@njit(**kernels.KERNEL)
def _weights(problem, outer_var):
    """Penalty weights, from a float or a vector of lambda."""
    return outer_var if problem.linear else kernels.exp(outer_var)


@njit(**kernels.KERNEL)
def _add_penalty(problem, outer_var, vector, out):
    """Add the penalty weights times a vector, (p,)."""
    p, lanes = out.shape[0], vectors.n_lanes(out)
    if outer_var.shape[0] < p:
        weight = _weights(problem, outer_var[0])
        for k in range(p):
            out[k] += weight * vector[k]
    else:
        for k in range(0, p, lanes):
            whole = k + lanes <= p
            weights = _weights(problem, vectors.load(outer_var, k, whole))
            total = vectors.load(out, k, whole) + weights * vectors.load(vector, k, whole)
            vectors.store(out, k, total, whole)


@njit(**kernels.KERNEL)
def _fill_cross(problem, inner_var, outer_var, v, out):
    """The derivatives of the penalty weights, times theta and v."""
    p, lanes = v.shape[0], vectors.n_lanes(v)
    if outer_var.shape[0] < p:
        out[0] = 0
        for k in range(p):
            out[0] += inner_var[k] * v[k]
        if not problem.linear:
            out[0] *= _weights(problem, outer_var[0])
    else:
        for k in range(0, p, lanes):
            whole = k + lanes <= p
            product = vectors.load(inner_var, k, whole) * vectors.load(v, k, whole)
            if not problem.linear:
                product *= _weights(problem, vectors.load(outer_var, k, whole))
            vectors.store(out, k, product, whole)


@njit(**kernels.KERNEL)
def _fill_residuals(blocks, batch, scale, inner_var, residuals):
    """-scale sigmoid(-margin), the derivatives of the loss at the margins <a_i, theta>, (b,)."""
    b, lanes = residuals.shape[0], vectors.n_lanes(residuals)
    block_kernels.margins(blocks, batch, inner_var, residuals)
    for i in range(0, b, lanes):
        whole = i + lanes <= b
        margins = vectors.load(residuals, i, whole)
        vectors.store(residuals, i, -scale * kernels.sigmoid(-margins), whole)


@njit(**kernels.KERNEL)
def _fill_residuals_and_slopes(blocks, batch, scale, inner_var, v, residuals, slopes):
    """The residuals, and their derivatives along v."""
    b, lanes = residuals.shape[0], vectors.n_lanes(residuals)
    block_kernels.margins_pair(blocks, batch, inner_var, v, residuals, slopes)
    for i in range(0, b, lanes):
        whole = i + lanes <= b
        chances = kernels.sigmoid(-vectors.load(residuals, i, whole))
        vectors.store(residuals, i, -scale * chances, whole)
        curvatures = scale * (chances - chances * chances)
        vectors.store(slopes, i, curvatures * vectors.load(slopes, i, whole), whole)


@njit(**kernels.ORACLE)
def inner_grad(problem, inner_var, outer_var, batch):
    rows = problem.inner_rows
    grad = empty_like(inner_var, inner_var.shape)
    residuals = empty_like(inner_var, block_kernels.block_size(rows))
    _fill_residuals(rows, batch, problem.inner_scale, inner_var, residuals)
    block_kernels.weighted_sum(rows, batch, residuals, grad)
    _add_penalty(problem, outer_var, inner_var, grad)
    return grad


@njit(**kernels.ORACLE)
def inner_grads(problem, inner_var, outer_var, batch):
    outer_part = empty_like(outer_var, outer_var.shape)
    # The penalty is half of what the cross derivative is with theta in the place of v.
    _fill_cross(problem, inner_var, outer_var, inner_var, outer_part)
    for k in range(outer_part.shape[0]):
        outer_part[k] /= 2
    return inner_grad(problem, inner_var, outer_var, batch), outer_part


@njit(**kernels.ORACLE)
def hvp(problem, inner_var, outer_var, v, batch):
    rows = problem.inner_rows
    product = empty_like(v, v.shape)
    residuals = empty_like(v, block_kernels.block_size(rows))
    slopes = empty_like(v, residuals.shape)
    scale = problem.inner_scale
    _fill_residuals_and_slopes(rows, batch, scale, inner_var, v, residuals, slopes)
    block_kernels.weighted_sum(rows, batch, slopes, product)
    _add_penalty(problem, outer_var, v, product)
    return product


@njit(**kernels.ORACLE)
def cross(problem, inner_var, outer_var, v, batch):
    product = empty_like(outer_var, outer_var.shape)
    _fill_cross(problem, inner_var, outer_var, v, product)
    return product


@njit(**kernels.ORACLE)
def inner_grad_hvp_cross(problem, inner_var, outer_var, v, batch):
    rows = problem.inner_rows
    grad, product = empty_like(v, v.shape), empty_like(v, v.shape)
    residuals = empty_like(v, block_kernels.block_size(rows))
    slopes = empty_like(v, residuals.shape)
    scale = problem.inner_scale
    _fill_residuals_and_slopes(rows, batch, scale, inner_var, v, residuals, slopes)
    block_kernels.weighted_sum_pair(rows, batch, residuals, slopes, grad, product)
    _add_penalty(problem, outer_var, inner_var, grad)
    _add_penalty(problem, outer_var, v, product)
    return grad, product, cross(problem, inner_var, outer_var, v, batch)


@njit(**kernels.ORACLE)
def outer_grad(problem, inner_var, outer_var, batch):
    rows = problem.outer_rows
    grad = empty_like(inner_var, inner_var.shape)
    residuals = empty_like(inner_var, block_kernels.block_size(rows))
    _fill_residuals(rows, batch, problem.outer_scale, inner_var, residuals)
    block_kernels.weighted_sum(rows, batch, residuals, grad)
    return grad, np.zeros_like(outer_var)


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

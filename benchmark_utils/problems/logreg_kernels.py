"""The oracles of ``logreg`` as numba kernels; the formulas are in ``logreg.py``.

Samples may be dense or sparse.
"""

from functools import cache

import numpy as np

from benchmark_utils.frameworks.numba import block_kernels, kernels
from benchmark_utils.oracle import Oracle
from benchmark_utils.problems.box_kernels import project


@kernels.kernel
def _fill_weights(arrays, outer_var):
    """Compute the penalty weights, into ``arrays.weights``."""
    weights, n_given = arrays.weights, outer_var.shape[0]
    for k in range(n_given):
        weights[k] = outer_var[k] if arrays.linear else kernels.exp(outer_var[k])
    # One weight for all features, unless there is one for each.
    for k in range(n_given, weights.shape[0]):
        weights[k] = weights[0]


@kernels.kernel
def _add_product(weights, vector, out):
    for k in range(out.shape[0]):
        out[k] += weights[k] * vector[k]


@kernels.kernel
def _fill_cross(weights, linear, inner_var, v, out):
    """The derivatives of the penalty weights, times theta and v."""
    if out.shape[0] == 1:
        total = out.dtype.type(0)
        for k in range(v.shape[0]):
            total += inner_var[k] * v[k]
        out[0] = total if linear else total * weights[0]
    else:
        for k in range(v.shape[0]):
            out[k] = inner_var[k] * v[k]
        if not linear:
            for k in range(v.shape[0]):
                out[k] *= weights[k]


@kernels.kernel
def _fill_residuals(blocks, batch, scale, inner_var, residuals):
    """-scale sigmoid(-margin), the derivatives of the loss at the margins <a_i, theta>, (b,)."""
    block_kernels.margins(blocks, batch, inner_var, residuals)
    for i in range(residuals.shape[0]):
        residuals[i] = -scale * kernels.sigmoid(-residuals[i])


@kernels.kernel
def _fill_residuals_and_slopes(blocks, batch, scale, inner_var, v, residuals, slopes):
    """The residuals, and their derivatives along v."""
    block_kernels.margins_pair(blocks, batch, inner_var, v, residuals, slopes)
    for i in range(residuals.shape[0]):
        chance = kernels.sigmoid(-residuals[i])
        residuals[i] = -scale * chance
        slopes[i] *= scale * (chance - chance * chance)


@kernels.kernel
def _fill_loss_grad(scratch, blocks, batch, scale, inner_var, grad):
    """The gradient of the loss without the penalty, (p,)."""
    residuals = scratch[0, : block_kernels.block_size(blocks)]
    _fill_residuals(blocks, batch, scale, inner_var, residuals)
    block_kernels.weighted_sum(blocks, batch, residuals, grad)


@kernels.kernel
def _fill_inner_grad(arrays, inner_var, outer_var, batch, grad):
    rows, scale = arrays.inner_rows, arrays.inner_scale
    _fill_loss_grad(arrays.scratch, rows, batch, scale, inner_var, grad)
    _add_product(arrays.weights, inner_var, grad)


@kernels.kernel
def _fill_outer_grad(arrays, inner_var, outer_var, batch, grad):
    rows, scale = arrays.outer_rows, arrays.outer_scale
    _fill_loss_grad(arrays.scratch, rows, batch, scale, inner_var, grad)


@kernels.kernel
def _prepare_nothing(arrays, outer_var):
    pass


@kernels.kernel
def _fill_hvp(arrays, inner_var, outer_var, v, batch, product):
    rows, scale = arrays.inner_rows, arrays.inner_scale
    b = block_kernels.block_size(rows)
    residuals, slopes = arrays.scratch[0, :b], arrays.scratch[1, :b]
    _fill_residuals_and_slopes(rows, batch, scale, inner_var, v, residuals, slopes)
    block_kernels.weighted_sum(rows, batch, slopes, product)
    _add_product(arrays.weights, v, product)


@kernels.kernel
def _fill_inner_grad_hvp(arrays, inner_var, outer_var, v, batch, grad, product):
    rows, scale = arrays.inner_rows, arrays.inner_scale
    b = block_kernels.block_size(rows)
    residuals, slopes = arrays.scratch[0, :b], arrays.scratch[1, :b]
    _fill_residuals_and_slopes(rows, batch, scale, inner_var, v, residuals, slopes)
    block_kernels.weighted_sum_pair(rows, batch, residuals, slopes, grad, product)
    _add_product(arrays.weights, inner_var, grad)
    _add_product(arrays.weights, v, product)


@kernels.oracle
def _penalty_grad(arrays, inner_var, outer_var):
    """The gradient of the penalty in lambda: the cross derivative times theta / 2."""
    grad = np.empty_like(outer_var)
    _fill_cross(arrays.weights, arrays.linear, inner_var, inner_var, grad)
    for k in range(grad.shape[0]):
        grad[k] /= 2
    return grad


@kernels.oracle
def inner_grad(arrays, inner_var, outer_var, batch):
    grad = np.empty_like(inner_var)
    _fill_weights(arrays, outer_var)
    _fill_inner_grad(arrays, inner_var, outer_var, batch, grad)
    return grad


@kernels.oracle
def inner_grads(arrays, inner_var, outer_var, batch):
    grad = inner_grad(arrays, inner_var, outer_var, batch)
    return grad, _penalty_grad(arrays, inner_var, outer_var)


@kernels.oracle
def inner_lambda_grad(arrays, inner_var, outer_var, batch):
    _fill_weights(arrays, outer_var)
    return _penalty_grad(arrays, inner_var, outer_var)


@kernels.oracle
def hvp(arrays, inner_var, outer_var, v, batch):
    product = np.empty_like(v)
    _fill_weights(arrays, outer_var)
    _fill_hvp(arrays, inner_var, outer_var, v, batch, product)
    return product


@kernels.oracle
def cross(arrays, inner_var, outer_var, v, batch):
    product = np.empty_like(outer_var)
    _fill_weights(arrays, outer_var)
    _fill_cross(arrays.weights, arrays.linear, inner_var, v, product)
    return product


@kernels.oracle
def inner_grad_hvp_cross(arrays, inner_var, outer_var, v, batch):
    grad, product, in_lambda = np.empty_like(v), np.empty_like(v), np.empty_like(outer_var)
    _fill_weights(arrays, outer_var)
    _fill_inner_grad_hvp(arrays, inner_var, outer_var, v, batch, grad, product)
    _fill_cross(arrays.weights, arrays.linear, inner_var, v, in_lambda)
    return grad, product, in_lambda


@kernels.oracle
def outer_grad(arrays, inner_var, outer_var, batch):
    grad = np.empty_like(inner_var)
    _fill_outer_grad(arrays, inner_var, outer_var, batch, grad)
    return grad, arrays.f_lambda


@kernels.oracle
def outer_lambda_grad(arrays, inner_var, outer_var, batch):
    return arrays.f_lambda


@kernels.oracle
def inner_value(arrays, inner_var, outer_var, batch):
    rows, weights = arrays.inner_rows, arrays.weights
    margins = arrays.scratch[0, : block_kernels.block_size(rows)]
    block_kernels.margins(rows, batch, inner_var, margins)
    loss, penalty = inner_var.dtype.type(0), inner_var.dtype.type(0)
    for i in range(margins.shape[0]):
        # log(1 + exp(-margin)), of which the exponential does not overflow.
        loss += max(-margins[i], 0) + np.log1p(kernels.exp(-abs(margins[i])))
    _fill_weights(arrays, outer_var)
    for k in range(inner_var.shape[0]):
        penalty += weights[k] * inner_var[k] * inner_var[k]
    return arrays.inner_scale * loss + penalty / 2


# Penalty weights do not change within an inner loop.
kernels.IN_PLACE[inner_grad] = _fill_weights, _fill_inner_grad
kernels.IN_PLACE[hvp] = _fill_weights, _fill_hvp
kernels.IN_PLACE[outer_grad] = _prepare_nothing, _fill_outer_grad


@cache
def oracle(*layouts):
    """The oracles, one object for each pair of layouts of inner and outer samples: a step that is
    compiled for dense blocks does not take sparse ones."""
    return Oracle(
        inner_grad,
        inner_grads,
        hvp,
        cross,
        inner_grad_hvp_cross,
        outer_grad,
        project,
        inner_lambda_grad,
        outer_lambda_grad,
        inner_value,
    )

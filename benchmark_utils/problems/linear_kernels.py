"""The oracles of linear models as numba kernels; the formulas are in ``linear_oracles.py``.

Samples may be dense or sparse.
"""

from functools import cache

import numpy as np

from benchmark_utils.frameworks.numba import block_kernels, kernels
from benchmark_utils.oracle import Oracle
from benchmark_utils.problems import fit_kernels
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
def _fill_slopes_and_changes(blocks, batch, fit, inner_var, v, slopes, changes):
    """The scaled slopes of the losses at the margins <a_i, theta>, and their changes along v."""
    block_kernels.margins_pair(blocks, batch, inner_var, v, slopes, changes)
    fit_kernels.fill_curvatures(fit, batch, slopes, changes)


@kernels.kernel
def _fill_loss_grad(scratch, blocks, batch, fit, inner_var, grad):
    """The gradient of the loss without the penalty, (p,)."""
    slopes = scratch[0, : block_kernels.block_size(blocks)]
    block_kernels.margins(blocks, batch, inner_var, slopes)
    fit_kernels.fill_slopes(fit, batch, slopes)
    block_kernels.weighted_sum(blocks, batch, slopes, grad)


@kernels.kernel
def _fill_inner_grad(arrays, inner_var, outer_var, batch, grad):
    rows, fit = arrays.inner_rows, arrays.inner_fit
    _fill_loss_grad(arrays.scratch, rows, batch, fit, inner_var, grad)
    _add_product(arrays.weights, inner_var, grad)


@kernels.kernel
def _fill_outer_grad(arrays, inner_var, outer_var, batch, grad):
    rows, fit = arrays.outer_rows, arrays.outer_fit
    _fill_loss_grad(arrays.scratch, rows, batch, fit, inner_var, grad)


@kernels.kernel
def _prepare_nothing(arrays, outer_var):
    pass


@kernels.kernel
def _fill_hvp(arrays, inner_var, outer_var, v, batch, product):
    rows, fit = arrays.inner_rows, arrays.inner_fit
    b = block_kernels.block_size(rows)
    slopes, changes = arrays.scratch[0, :b], arrays.scratch[1, :b]
    _fill_slopes_and_changes(rows, batch, fit, inner_var, v, slopes, changes)
    block_kernels.weighted_sum(rows, batch, changes, product)
    _add_product(arrays.weights, v, product)


@kernels.kernel
def _fill_inner_grad_hvp(arrays, inner_var, outer_var, v, batch, grad, product):
    rows, fit = arrays.inner_rows, arrays.inner_fit
    b = block_kernels.block_size(rows)
    slopes, changes = arrays.scratch[0, :b], arrays.scratch[1, :b]
    _fill_slopes_and_changes(rows, batch, fit, inner_var, v, slopes, changes)
    block_kernels.weighted_sum_pair(rows, batch, slopes, changes, grad, product)
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
    loss = fit_kernels.loss_sum(arrays.inner_fit, batch, margins)
    penalty = inner_var.dtype.type(0)
    _fill_weights(arrays, outer_var)
    for k in range(inner_var.shape[0]):
        penalty += weights[k] * inner_var[k] * inner_var[k]
    return loss + penalty / 2


# Penalty weights do not change within an inner loop.
kernels.IN_PLACE[inner_grad] = _fill_weights, _fill_inner_grad
kernels.IN_PLACE[hvp] = _fill_weights, _fill_hvp
kernels.IN_PLACE[outer_grad] = _prepare_nothing, _fill_outer_grad


@cache
def oracle(*types):
    """The oracles, one object for each pair of layouts and fits of inner and outer samples: a step
    that is compiled for dense blocks does not take sparse ones."""
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

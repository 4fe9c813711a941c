"""The oracles of ``multinomial_logreg`` as numba kernels; the formulas are in that module."""

import numpy as np

from benchmark_utils.frameworks.numba import kernels
from benchmark_utils.oracle import Oracle
from benchmark_utils.problems import softmax_kernels as softmax
from benchmark_utils.problems.box_kernels import project


@kernels.oracle
def _weights(arrays, outer_var):
    weights = np.empty_like(outer_var)
    for k in range(outer_var.shape[0]):
        weights[k] = outer_var[k] if arrays.linear else kernels.exp(outer_var[k])
    return weights


@kernels.kernel
def _add_penalty(groups, weights, vector, out):
    for k in range(out.shape[0]):
        out[k] += weights[groups[k]] * vector[k]


@kernels.oracle
def _cross(arrays, weights, inner_var, v):
    product = np.zeros_like(weights)
    for k in range(v.shape[0]):
        product[arrays.groups[k]] += inner_var[k] * v[k]
    if not arrays.linear:
        for k in range(product.shape[0]):
            product[k] *= weights[k]
    return product


@kernels.oracle
def inner_grad(arrays, inner_var, outer_var, batch):
    inner = arrays.inner
    grad = softmax.loss_grad(
        inner.rows[batch], inner.labels[batch], inner.weights[batch], inner_var
    )
    _add_penalty(arrays.groups, _weights(arrays, outer_var), inner_var, grad)
    return grad


@kernels.oracle
def hvp(arrays, inner_var, outer_var, v, batch):
    inner = arrays.inner
    product = softmax.loss_hvp(inner.rows[batch], inner.weights[batch], inner_var, v)
    _add_penalty(arrays.groups, _weights(arrays, outer_var), v, product)
    return product


@kernels.oracle
def cross(arrays, inner_var, outer_var, v, batch):
    return _cross(arrays, _weights(arrays, outer_var), inner_var, v)


@kernels.oracle
def inner_lambda_grad(arrays, inner_var, outer_var, batch):
    # Only the penalty depends on lambda: its gradient is the cross derivative times theta / 2.
    half = inner_var.dtype.type(0.5)
    return cross(arrays, inner_var, outer_var, half * inner_var, batch)


@kernels.oracle
def inner_grads(arrays, inner_var, outer_var, batch):
    return (
        inner_grad(arrays, inner_var, outer_var, batch),
        inner_lambda_grad(arrays, inner_var, outer_var, batch),
    )


@kernels.oracle
def inner_grad_hvp_cross(arrays, inner_var, outer_var, v, batch):
    rows, weights = arrays.inner.rows[batch], arrays.inner.weights[batch]
    p, b = rows.shape
    room = np.empty((2, inner_var.size // p, b), inner_var.dtype)
    residuals, directional = room[0], room[1]
    softmax.fill_probabilities(rows, inner_var, residuals)
    softmax.fill_scores(rows, v, directional)
    softmax.curve(residuals, weights, directional)
    softmax.subtract_labels(arrays.inner.labels[batch], residuals)
    softmax.multiply(weights, residuals)
    grad = softmax.weighted_rows(residuals, rows)
    product = softmax.weighted_rows(directional, rows)
    penalty = _weights(arrays, outer_var)
    _add_penalty(arrays.groups, penalty, inner_var, grad)
    _add_penalty(arrays.groups, penalty, v, product)
    return grad, product, _cross(arrays, penalty, inner_var, v)


@kernels.oracle
def inner_value(arrays, inner_var, outer_var, batch):
    inner, weights = arrays.inner, _weights(arrays, outer_var)
    fit = softmax.loss(inner.rows[batch], inner.labels[batch], inner.weights[batch], inner_var)
    penalty = inner_var.dtype.type(0)
    for k in range(inner_var.shape[0]):
        penalty += weights[arrays.groups[k]] * inner_var[k] * inner_var[k]
    return fit + penalty / 2


ORACLE = Oracle(
    inner_grad,
    inner_grads,
    hvp,
    cross,
    inner_grad_hvp_cross,
    softmax.outer_grad,
    project,
    inner_lambda_grad,
    softmax.outer_lambda_grad,
    inner_value,
)

"""The oracles of ``data_cleaning`` as numba kernels; the formulas are in that module."""

import numpy as np

from benchmark_utils.frameworks.numba import kernels
from benchmark_utils.oracle import Oracle, lambda_grad
from benchmark_utils.problems import softmax_kernels as softmax
from benchmark_utils.problems.box_kernels import project


@kernels.oracle
def _sample_weights(arrays, outer_var, batch):
    indices, weights = arrays.inner.indices[batch], arrays.inner.weights[batch]
    out = np.empty_like(weights)
    for i in range(out.shape[0]):
        out[i] = weights[i] * kernels.sigmoid(outer_var[indices[i]])
    return out


@kernels.kernel
def _add_ridge(ridge, vector, out):
    for k in range(out.shape[0]):
        out[k] += ridge * vector[k]


@kernels.oracle
def _to_outer(arrays, outer_var, batch, values):
    """The derivative in lambda, (d,), of a minibatch's weighted sum of values, (b,)."""
    indices, weights = arrays.inner.indices[batch], arrays.inner.weights[batch]
    derivative = np.zeros_like(outer_var)
    for i in range(values.shape[0]):
        chosen = outer_var[indices[i]]
        slope = weights[i] * kernels.sigmoid(chosen) * kernels.sigmoid(-chosen)
        derivative[indices[i]] += slope * values[i]
    return derivative


@kernels.oracle
def _cross(arrays, residuals, directional, outer_var, batch):
    """The derivatives in lambda, (d,), from residuals and derivatives of the scores, (C, b)."""
    products = np.zeros_like(residuals[0])
    for c in range(residuals.shape[0]):
        for i in range(products.shape[0]):
            products[i] += residuals[c, i] * directional[c, i]
    return _to_outer(arrays, outer_var, batch, products)


@kernels.oracle
def inner_grad(arrays, inner_var, outer_var, batch):
    weights = _sample_weights(arrays, outer_var, batch)
    grad = softmax.loss_grad(
        arrays.inner.rows[batch], arrays.inner.labels[batch], weights, inner_var
    )
    _add_ridge(arrays.ridge, inner_var, grad)
    return grad


@kernels.oracle
def inner_grads(arrays, inner_var, outer_var, batch):
    rows = arrays.inner.rows[batch]
    p, b = rows.shape
    residuals, losses = (
        np.empty((inner_var.size // p, b), inner_var.dtype),
        np.empty(b, inner_var.dtype),
    )
    labels = arrays.inner.labels[batch]
    softmax.fill_residuals_and_losses(rows, labels, inner_var, residuals, losses)
    softmax.multiply(_sample_weights(arrays, outer_var, batch), residuals)
    grad = softmax.weighted_rows(residuals, rows)
    _add_ridge(arrays.ridge, inner_var, grad)
    return grad, _to_outer(arrays, outer_var, batch, losses)


@kernels.oracle
def hvp(arrays, inner_var, outer_var, v, batch):
    weights = _sample_weights(arrays, outer_var, batch)
    product = softmax.loss_hvp(arrays.inner.rows[batch], weights, inner_var, v)
    _add_ridge(arrays.ridge, v, product)
    return product


@kernels.oracle
def cross(arrays, inner_var, outer_var, v, batch):
    rows = arrays.inner.rows[batch]
    p, b = rows.shape
    room = np.empty((2, inner_var.size // p, b), inner_var.dtype)
    residuals, directional = room[0], room[1]
    softmax.fill_probabilities(rows, inner_var, residuals)
    softmax.subtract_labels(arrays.inner.labels[batch], residuals)
    softmax.fill_scores(rows, v, directional)
    return _cross(arrays, residuals, directional, outer_var, batch)


@kernels.oracle
def inner_grad_hvp_cross(arrays, inner_var, outer_var, v, batch):
    rows = arrays.inner.rows[batch]
    p, b = rows.shape
    room = np.empty((3, inner_var.size // p, b), inner_var.dtype)
    probabilities, residuals, directional = room[0], room[1], room[2]
    weights = _sample_weights(arrays, outer_var, batch)
    softmax.fill_probabilities(rows, inner_var, probabilities)
    for c in range(residuals.shape[0]):
        for i in range(b):
            residuals[c, i] = probabilities[c, i]
    softmax.subtract_labels(arrays.inner.labels[batch], residuals)
    softmax.fill_scores(rows, v, directional)
    cross_ = _cross(arrays, residuals, directional, outer_var, batch)
    softmax.curve(probabilities, weights, directional)
    softmax.multiply(weights, residuals)
    grad = softmax.weighted_rows(residuals, rows)
    product = softmax.weighted_rows(directional, rows)
    _add_ridge(arrays.ridge, inner_var, grad)
    _add_ridge(arrays.ridge, v, product)
    return grad, product, cross_


@kernels.oracle
def inner_value(arrays, inner_var, outer_var, batch):
    inner, weights = arrays.inner, _sample_weights(arrays, outer_var, batch)
    squares = inner_var.dtype.type(0)
    for k in range(inner_var.shape[0]):
        squares += inner_var[k] * inner_var[k]
    fit = softmax.loss(inner.rows[batch], inner.labels[batch], weights, inner_var)
    return fit + arrays.ridge * squares / 2


ORACLE = Oracle(
    inner_grad,
    inner_grads,
    hvp,
    cross,
    inner_grad_hvp_cross,
    softmax.outer_grad,
    project,
    kernels.oracle(lambda_grad(inner_grads)),
    softmax.outer_lambda_grad,
    inner_value,
)

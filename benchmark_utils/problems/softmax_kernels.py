"""Numba kernels of a softmax regression over one block of samples, rows (p, b) feature-major.

The products with a block are BLAS calls; between them, loops run over samples and vectorise. The
formulas are in ``softmax.py``.
"""

import numpy as np

from benchmark_utils.frameworks.numba import kernels


@kernels.oracle
def fill_scores(rows, inner_var, out):
    """The scores of the classes, out (C, b); with v for theta, their derivatives along v."""
    np.dot(inner_var.reshape(out.shape[0], rows.shape[0]), rows, out)


@kernels.kernel
def normalise(scores, largest, total):
    """Turn scores (C, b) into probabilities exp(score - largest) / total; fill these two, (b,)."""
    n_classes, b = scores.shape
    for i in range(b):
        largest[i] = scores[0, i]
        total[i] = 0
    for c in range(1, n_classes):
        for i in range(b):
            largest[i] = max(largest[i], scores[c, i])
    for c in range(n_classes):
        for i in range(b):
            scores[c, i] = kernels.exp(scores[c, i] - largest[i])
            total[i] += scores[c, i]
    for c in range(n_classes):
        for i in range(b):
            scores[c, i] /= total[i]


@kernels.oracle
def fill_probabilities(rows, inner_var, out):
    """The probabilities of the classes, out (C, b)."""
    room = np.empty((2, rows.shape[1]), inner_var.dtype)
    fill_scores(rows, inner_var, out)
    normalise(out, room[0], room[1])


@kernels.kernel
def subtract_labels(labels, probabilities):
    """Turn probabilities into residuals."""
    for i in range(labels.shape[0]):
        probabilities[labels[i], i] -= 1


@kernels.oracle
def fill_residuals_and_losses(rows, labels, inner_var, residuals, losses):
    """The derivatives of the losses in the scores, (C, b), and the losses, (b,)."""
    b = rows.shape[1]
    room = np.empty((2, b), inner_var.dtype)
    largest, total = room[0], room[1]
    fill_scores(rows, inner_var, residuals)
    for i in range(b):
        losses[i] = -residuals[labels[i], i]
    normalise(residuals, largest, total)
    for i in range(b):
        losses[i] += largest[i] + np.log(total[i])
    subtract_labels(labels, residuals)


@kernels.oracle
def curve(probabilities, weights, directional):
    """Multiply by the weighted Hessian of the loss in the scores, in place."""
    n_classes, b = directional.shape
    mean = np.zeros_like(weights)
    for c in range(n_classes):
        for i in range(b):
            mean[i] += probabilities[c, i] * directional[c, i]
    for c in range(n_classes):
        for i in range(b):
            directional[c, i] = weights[i] * probabilities[c, i] * (directional[c, i] - mean[i])


@kernels.kernel
def multiply(weights, residuals):
    """Multiply the residuals of each sample by its weight."""
    for c in range(residuals.shape[0]):
        for i in range(weights.shape[0]):
            residuals[c, i] *= weights[i]


@kernels.oracle
def weighted_rows(residuals, rows):
    """The sum of the samples' rows times their residuals, flat, (C p,)."""
    out = np.empty((residuals.shape[0], rows.shape[0]), residuals.dtype)
    np.dot(residuals, rows.T, out)
    return out.reshape(out.size)


@kernels.oracle
def loss_grad(rows, labels, weights, inner_var):
    """The gradient of the weighted sum of the losses, (C p,)."""
    p, b = rows.shape
    residuals = np.empty((inner_var.size // p, b), inner_var.dtype)
    fill_probabilities(rows, inner_var, residuals)
    subtract_labels(labels, residuals)
    multiply(weights, residuals)
    return weighted_rows(residuals, rows)


@kernels.oracle
def loss(rows, labels, weights, inner_var):
    """The weighted sum of the losses."""
    p, b = rows.shape
    residuals = np.empty((inner_var.size // p, b), inner_var.dtype)
    losses, total = np.empty(b, inner_var.dtype), inner_var.dtype.type(0)
    fill_residuals_and_losses(rows, labels, inner_var, residuals, losses)
    for i in range(b):
        total += weights[i] * losses[i]
    return total


@kernels.oracle
def loss_hvp(rows, weights, inner_var, v):
    """The Hessian of the weighted sum of the losses, times v, (C p,)."""
    p, b = rows.shape
    room = np.empty((2, inner_var.size // p, b), inner_var.dtype)
    probabilities, directional = room[0], room[1]
    fill_probabilities(rows, inner_var, probabilities)
    fill_scores(rows, v, directional)
    curve(probabilities, weights, directional)
    return weighted_rows(directional, rows)


@kernels.oracle
def outer_grad(arrays, inner_var, outer_var, batch):
    outer = arrays.outer
    grad = loss_grad(outer.rows[batch], outer.labels[batch], outer.weights[batch], inner_var)
    return grad, np.zeros_like(outer_var)


@kernels.oracle
def outer_lambda_grad(arrays, inner_var, outer_var, batch):
    return np.zeros_like(outer_var)

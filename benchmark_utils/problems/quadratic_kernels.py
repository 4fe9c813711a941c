"""The oracles of ``quadratic`` as numba kernels; the formulas are in ``quadratic.py``.

An oracle allocates once, and cuts its scratch space and its results from that, as in
``logreg_kernels.py``.
"""

import numpy as np
from numba import njit

from benchmark_utils import kernels
from benchmark_utils.oracles import Oracle
from benchmark_utils.pointers import asked_by_pointer


@njit(**kernels.KERNEL)
def _fill_residuals(rows, scale, inner_var, outer_var, joint, residuals):
    """scale (<x_i, theta> + <z_i, lambda> - y_i), with (theta, lambda, 1) written to joint."""
    p, d = inner_var.shape[0], outer_var.shape[0]
    for k in range(p):
        joint[k] = inner_var[k]
    for k in range(d):
        joint[p + k] = outer_var[k]
    joint[p + d] = 1
    kernels.margins(rows, joint, residuals)
    _multiply(scale, residuals)


@njit(**kernels.KERNEL)
def _fill_slopes(rows, scale, v, slopes):
    """scale <x_i, v>, the residuals' derivatives along v."""
    kernels.margins(rows[: v.shape[0]], v, slopes)
    _multiply(scale, slopes)


@njit(**kernels.KERNEL)
def _multiply(scale, vector):
    for i in range(vector.shape[0]):
        vector[i] *= scale


@njit(**kernels.ORACLE)
def _grads(rows, scale, inner_var, outer_var):
    n_rows, b = rows.shape
    p = inner_var.shape[0]
    room = np.empty(b + 2 * n_rows, rows.dtype)
    residuals, joint, grad = room[:b], room[b : b + n_rows], room[b + n_rows :]
    _fill_residuals(rows, scale, inner_var, outer_var, joint, residuals)
    kernels.weighted_sum(rows[:-1], residuals, grad)
    return grad[:p], grad[p:-1]


@njit(**kernels.ORACLE)
def inner_grads(problem, inner_var, outer_var, batch):
    return _grads(problem.inner_rows[batch], problem.inner_scale, inner_var, outer_var)


@njit(**kernels.ORACLE)
def inner_grad(problem, inner_var, outer_var, batch):
    rows = problem.inner_rows[batch]
    n_rows, b = rows.shape
    p = inner_var.shape[0]
    room = np.empty(b + n_rows + p, rows.dtype)
    residuals, joint, grad = room[:b], room[b : b + n_rows], room[b + n_rows :]
    _fill_residuals(rows, problem.inner_scale, inner_var, outer_var, joint, residuals)
    kernels.weighted_sum(rows[:p], residuals, grad)
    return grad


@njit(**kernels.ORACLE)
def hvp(problem, inner_var, outer_var, v, batch):
    rows = problem.inner_rows[batch]
    p, b = v.shape[0], rows.shape[1]
    room = np.empty(b + p, rows.dtype)
    slopes, product = room[:b], room[b:]
    _fill_slopes(rows, problem.inner_scale, v, slopes)
    kernels.weighted_sum(rows[:p], slopes, product)
    return product


@njit(**kernels.ORACLE)
def cross(problem, inner_var, outer_var, v, batch):
    rows = problem.inner_rows[batch]
    p, b = v.shape[0], rows.shape[1]
    room = np.empty(b + outer_var.shape[0], rows.dtype)
    slopes, product = room[:b], room[b:]
    _fill_slopes(rows, problem.inner_scale, v, slopes)
    kernels.weighted_sum(rows[p:-1], slopes, product)
    return product


@njit(**kernels.ORACLE)
def inner_grad_hvp_cross(problem, inner_var, outer_var, v, batch):
    rows = problem.inner_rows[batch]
    n_rows, b = rows.shape
    p = inner_var.shape[0]
    room = np.empty(2 * b + 3 * n_rows, rows.dtype)
    residuals, slopes, rest = room[:b], room[b : 2 * b], room[2 * b :]
    joint, grad, products = rest[:n_rows], rest[n_rows : 2 * n_rows], rest[2 * n_rows :]
    _fill_residuals(rows, problem.inner_scale, inner_var, outer_var, joint, residuals)
    _fill_slopes(rows, problem.inner_scale, v, slopes)
    kernels.weighted_sum_pair(rows[:p], residuals, slopes, grad, products)
    kernels.weighted_sum(rows[p:-1], slopes, products[p:])
    return grad[:p], products[:p], products[p:-1]


@njit(**kernels.ORACLE)
def outer_grad(problem, inner_var, outer_var, batch):
    return _grads(problem.outer_rows[batch], problem.outer_scale, inner_var, outer_var)


@njit(**kernels.ORACLE)
def project(problem, outer_var):
    return outer_var


ORACLE = asked_by_pointer(
    Oracle(inner_grad, inner_grads, hvp, cross, inner_grad_hvp_cross, outer_grad, project)
)

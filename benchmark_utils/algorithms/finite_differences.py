"""Products with second derivatives of G as differences of its gradient, for any algorithm.

Algorithms that take them are called Hessian-free: Sow, Ji and Liang, On the convergence theory for
Hessian-free bilevel algorithms, NeurIPS 2022; Yang, Xiao and Ji, Achieving O(eps^-1.5) complexity
in Hessian/Jacobian-free stochastic bilevel optimization, NeurIPS 2023 (FdeHBO); Huang, Optimal
Hessian/Jacobian-free nonconvex-PL bilevel optimization, ICML 2024 (HJFBiO).
"""

import numpy as np

from benchmark_utils.algorithms.lengths import make_norm, make_unit


def make_finite_oracle(framework, oracle, precision):
    """The same oracles, with central differences along v in the place of second derivatives.

    With u = v / ||v|| and delta the cube root of the precision's rounding,

        hessian v ~ ||v|| (grad G(theta + delta u) - grad G(theta - delta u)) / (2 delta)

    for both gradients of G, so that a product costs two calls of a gradient. The papers move theta
    by delta v; here the way has the same length for every v, and the error is relative to ||v||.

    Parameters
    ----------
    framework : module
    oracle : Oracle
    precision : {"float64", "float32"}

    Returns
    -------
    finite : Oracle
    """
    norm, unit = make_norm(framework.np), make_unit(framework.np)
    inner_grad, inner_grads = oracle.inner_grad, oracle.inner_grads
    inner_lambda_grad = oracle.inner_lambda_grad
    delta = float(np.cbrt(np.finfo(precision).eps))

    def around(inner_var, v):
        way = delta * unit(v)
        return inner_var + way, inner_var - way, norm(v) / (2 * delta)

    def hvp(arrays, inner_var, outer_var, v, batch):
        ahead, behind, scale = around(inner_var, v)
        g_ahead = inner_grad(arrays, ahead, outer_var, batch)
        return scale * (g_ahead - inner_grad(arrays, behind, outer_var, batch))

    def cross(arrays, inner_var, outer_var, v, batch):
        ahead, behind, scale = around(inner_var, v)
        g_ahead = inner_lambda_grad(arrays, ahead, outer_var, batch)
        return scale * (g_ahead - inner_lambda_grad(arrays, behind, outer_var, batch))

    def inner_grad_hvp_cross(arrays, inner_var, outer_var, v, batch):
        ahead, behind, scale = around(inner_var, v)
        g_theta = inner_grad(arrays, inner_var, outer_var, batch)
        theta_ahead, lambda_ahead = inner_grads(arrays, ahead, outer_var, batch)
        theta_behind, lambda_behind = inner_grads(arrays, behind, outer_var, batch)
        return (
            g_theta,
            scale * (theta_ahead - theta_behind),
            scale * (lambda_ahead - lambda_behind),
        )

    return oracle._replace(hvp=hvp, cross=cross, inner_grad_hvp_cross=inner_grad_hvp_cross)

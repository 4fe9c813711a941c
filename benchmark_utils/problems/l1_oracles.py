"""The minibatch oracles of linear models with an l1 penalty, for methods with a proximal step.

    G(lambda, theta) = 1/n sum_i loss(<a_i, theta>) + r/2 ||theta||^2
                       + sum_k exp(lambda_k) |theta_k|

Gradients in theta and products with the Hessian are those of the smooth part, which is that of
``linear_oracles.py`` with the constant weight r. Gradients in lambda are those of the whole G, in
which the penalty is smooth; ``prox`` is the proximal operator of the penalty.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from benchmark_utils.frameworks import get_framework
from benchmark_utils.oracle import Oracle
from benchmark_utils.problems.box import bounds_in


class Arrays(NamedTuple):
    """The data that the oracles read."""

    smooth: tuple  # those of the smooth part
    ridge: np.ndarray  # (1,), r, which is the outer variable of the smooth part
    f_lambda: np.ndarray  # (d,), zeros: the gradient in lambda of F, which does not depend on it
    lower: float  # bounds of lambda
    upper: float


@cache
def l1_oracle(framework, smooth):
    """The oracles with the penalty, from those of the smooth part."""
    xp = get_framework(framework).np

    def in_lambda(outer_var, values):
        """exp(lambda) times values, one per feature; their sum if there is one lambda for all."""
        products = xp.exp(outer_var) * values
        if outer_var.shape[0] == values.shape[0]:
            return products
        return xp.zeros_like(outer_var) + xp.sum(products)

    def inner_grad(arrays, inner_var, outer_var, batch):
        return smooth.inner_grad(arrays.smooth, inner_var, arrays.ridge, batch)

    def inner_lambda_grad(arrays, inner_var, outer_var, batch):
        return in_lambda(outer_var, xp.abs(inner_var))

    def inner_grads(arrays, inner_var, outer_var, batch):
        return (
            inner_grad(arrays, inner_var, outer_var, batch),
            in_lambda(outer_var, xp.abs(inner_var)),
        )

    def hvp(arrays, inner_var, outer_var, v, batch):
        return smooth.hvp(arrays.smooth, inner_var, arrays.ridge, v, batch)

    def cross(arrays, inner_var, outer_var, v, batch):
        return in_lambda(outer_var, xp.sign(inner_var) * v)

    def inner_grad_hvp_cross(arrays, inner_var, outer_var, v, batch):
        return (
            inner_grad(arrays, inner_var, outer_var, batch),
            hvp(arrays, inner_var, outer_var, v, batch),
            cross(arrays, inner_var, outer_var, v, batch),
        )

    def outer_grad(arrays, inner_var, outer_var, batch):
        f_theta, _ = smooth.outer_grad(arrays.smooth, inner_var, arrays.ridge, batch)
        return f_theta, arrays.f_lambda

    def outer_lambda_grad(arrays, inner_var, outer_var, batch):
        return arrays.f_lambda

    def prox(arrays, point, outer_var, step_size):
        sizes = xp.abs(point) - step_size * xp.exp(outer_var)
        return xp.sign(point) * xp.maximum(sizes, 0 * sizes)

    return Oracle(
        inner_grad,
        inner_grads,
        hvp,
        cross,
        inner_grad_hvp_cross,
        outer_grad,
        smooth.project,
        inner_lambda_grad,
        outer_lambda_grad,
        prox=prox,
    )


class L1Oracles:
    """Mixin of problems with these oracles; list it before the other base classes.

    Attributes
    ----------
    ridge : float
        The weight r of the l2 penalty.
    smooth_part : LinearOracles
        The smooth part of G, with one weight, ``reg="lin"``, and F.
    """

    ridge = 0.0

    @property
    def frameworks(self):
        return self.smooth_part.frameworks

    def arrays(self, inner_batch_size, outer_batch_size, dtype, rng):
        return Arrays(
            self.smooth_part.arrays(inner_batch_size, outer_batch_size, dtype, rng),
            np.array([self.ridge], dtype),
            np.zeros(self.outer_dim, dtype),
            *bounds_in(dtype, self.lower, self.upper),
        )

    def oracle(self, framework):
        return l1_oracle(framework, self.smooth_part.oracle(framework))

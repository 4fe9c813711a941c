"""The directions of SOBA, from a minibatch at each level or from all of them."""

import numpy as np


def make_directions(oracle):
    """The directions in which SOBA moves theta, v and lambda.

    Returns ``directions(arrays, (inner_var, outer_var, v), inner_batch, outer_batch)``:

        grad_theta G,   hessian_theta,theta G v - grad_theta F,
        grad_lambda F - hessian_lambda,theta G v.

    Dagreou, Ablin, Vaiter and Moreau, NeurIPS 2022, equations (6) to (8).
    """

    def directions(arrays, point, inner_batch, outer_batch):
        inner_var, outer_var, v = point
        g_theta, hvp, cross = oracle.inner_grad_hvp_cross(
            arrays, inner_var, outer_var, v, inner_batch
        )
        f_theta, f_lambda = oracle.outer_grad(arrays, inner_var, outer_var, outer_batch)
        return g_theta, hvp - f_theta, f_lambda - cross

    return directions


def make_full_directions(framework, oracle, n_inner_blocks, n_outer_blocks):
    """The same from all blocks, ``full_directions(arrays, (inner_var, outer_var, v))``."""
    xp = framework.np

    def add_inner(means, block, args):
        arrays, (inner_var, outer_var, v) = args
        g_theta, hvp, cross = means
        new_g_theta, new_hvp, new_cross = oracle.inner_grad_hvp_cross(
            arrays, inner_var, outer_var, v, block
        )
        return (
            framework.update_mean(g_theta, new_g_theta, n_inner_blocks),
            framework.update_mean(hvp, new_hvp, n_inner_blocks),
            framework.update_mean(cross, new_cross, n_inner_blocks),
        )

    def add_outer(means, block, args):
        arrays, (inner_var, outer_var, _) = args
        f_theta, f_lambda = means
        new_f_theta, new_f_lambda = oracle.outer_grad(arrays, inner_var, outer_var, block)
        return (
            framework.update_mean(f_theta, new_f_theta, n_outer_blocks),
            framework.update_mean(f_lambda, new_f_lambda, n_outer_blocks),
        )

    add_all_inner, add_all_outer = framework.fold(add_inner), framework.fold(add_outer)

    def full_directions(arrays, point):
        inner_var, outer_var, v = point
        zeros = xp.zeros_like(inner_var), xp.zeros_like(v), xp.zeros_like(outer_var)
        g_theta, hvp, cross = add_all_inner(zeros, np.arange(n_inner_blocks), (arrays, point))
        zeros = xp.zeros_like(inner_var), xp.zeros_like(outer_var)
        f_theta, f_lambda = add_all_outer(zeros, np.arange(n_outer_blocks), (arrays, point))
        return g_theta, hvp - f_theta, f_lambda - cross

    return full_directions

"""The directions of SOBA, from a minibatch at each level or from all of them."""

import numpy as np


def make_directions(framework, oracle):
    """The directions in which SOBA moves theta, v and lambda.

    Returns ``directions(problem, (inner_var, outer_var, v), inner_batch, outer_batch)``:

        grad_theta G,   hessian_theta,theta G v - grad_theta F,
        grad_lambda F - hessian_lambda,theta G v.

    Dagreou, Ablin, Vaiter and Moreau, NeurIPS 2022, equations (6) to (8).
    """

    @framework.inline
    def directions(problem, point, inner_batch, outer_batch):
        inner_var, outer_var, v = point
        grad, hvp, cross = oracle.inner_grad_hvp_cross(
            problem, inner_var, outer_var, v, inner_batch
        )
        outer_in, outer_out = oracle.outer_grad(problem, inner_var, outer_var, outer_batch)
        return grad, hvp - outer_in, outer_out - cross

    return directions


def make_full_directions(framework, oracle, n_inner_blocks, n_outer_blocks):
    """The same from all blocks, ``full_directions(problem, (inner_var, outer_var, v))``."""

    @framework.compile
    def add_inner(means, block, args):
        problem, (inner_var, outer_var, v) = args
        grad_mean, hvp_mean, cross_mean = means
        grad, hvp, cross = oracle.inner_grad_hvp_cross(problem, inner_var, outer_var, v, block)
        return (
            framework.update_mean(grad_mean, grad, n_inner_blocks),
            framework.update_mean(hvp_mean, hvp, n_inner_blocks),
            framework.update_mean(cross_mean, cross, n_inner_blocks),
        )

    @framework.compile
    def add_outer(means, block, args):
        problem, (inner_var, outer_var, _) = args
        in_mean, out_mean = means
        outer_in, outer_out = oracle.outer_grad(problem, inner_var, outer_var, block)
        return (
            framework.update_mean(in_mean, outer_in, n_outer_blocks),
            framework.update_mean(out_mean, outer_out, n_outer_blocks),
        )

    add_all_inner, add_all_outer = framework.scan(add_inner), framework.scan(add_outer)
    zeros_like = framework.zeros_like

    @framework.inline
    def full_directions(problem, point):
        inner_var, outer_var, v = point
        zeros = zeros_like(inner_var), zeros_like(v), zeros_like(outer_var)
        args = problem, point
        grad, hvp, cross = add_all_inner(zeros, np.arange(n_inner_blocks), args)
        zeros = zeros_like(inner_var), zeros_like(outer_var)
        outer_in, outer_out = add_all_outer(zeros, np.arange(n_outer_blocks), args)
        return grad, hvp - outer_in, outer_out - cross

    return full_directions

"""Estimates of the hypergradient that stochastic algorithms share.

The hypergradient is grad_lambda F_j - hessian_lambda,theta G_i v, where v is an estimate of
[hessian_theta,theta G]^-1 grad_theta F_j. A maker takes the framework and the oracle, and returns a
function that an algorithm's step calls.
"""

import numpy as np


def make_series_hypergradient(framework, oracle):
    """The hypergradient with v by a stochastic Neumann series.

    Returns ``hypergradient(arrays, inner_var, outer_var, eta, draws)`` with ``draws = (batches,
    cross_batch, outer_batch)``, v = eta sum_{q=0}^{Q} prod_{k=1}^{q} (I - eta H_{b_k}) grad_theta
    F_j, and Q the number of ``batches``. Ji, Yang and Liang, Bilevel optimization, ICML 2021,
    equation (3). Summed by Horner's rule, which takes the batches, all drawn alike, from the last
    to the first, the series is SGD on the linear system from v = eta grad_theta F_j.
    """
    linear_sgd = framework.linear_sgd(oracle.hvp)

    def hypergradient(arrays, inner_var, outer_var, eta, draws):
        batches, cross_batch, outer_batch = draws
        f_theta, f_lambda = oracle.outer_grad(arrays, inner_var, outer_var, outer_batch)
        args = arrays, inner_var, outer_var, f_theta, eta
        v = linear_sgd(eta * f_theta, batches, batches.shape[0], args)
        return f_lambda - oracle.cross(arrays, inner_var, outer_var, v, cross_batch)

    return hypergradient


def make_random_hypergradient(framework, oracle, n_terms):
    """The hypergradient with v by one random term of the Neumann series of N = ``n_terms``.

    Returns ``hypergradient(arrays, inner_var, outer_var, eta, draws)`` with ``draws = (batches,
    outer_batch, n_factors)``, v = N eta prod_{k=1}^{q} (I - eta H_{b_k}) grad_theta F_j, and
    q = ``n_factors``, to be drawn uniformly below N: the mean of v over q is the Neumann series.
    The last of ``batches`` is that of the cross derivative. Ghadimi and Wang, Approximation methods
    for bilevel programming, 2018, equation (3.1).
    """

    # With 0 on the right-hand side, a step on the linear system multiplies by I - eta H_b.
    multiply, xp = framework.linear_sgd(oracle.hvp), framework.np

    def hypergradient(arrays, inner_var, outer_var, eta, draws):
        batches, outer_batch, n_factors = draws
        f_theta, f_lambda = oracle.outer_grad(arrays, inner_var, outer_var, outer_batch)
        args = arrays, inner_var, outer_var, xp.zeros_like(f_theta), eta
        v = n_terms * eta * multiply(f_theta, batches, n_factors, args)
        return f_lambda - oracle.cross(arrays, inner_var, outer_var, v, batches[-1])

    return hypergradient


def make_estimate(framework, oracle):
    """grad_theta G and the hypergradient with a Neumann series, on the same minibatches.

    Returns ``estimate(arrays, inner_var, outer_var, eta, (inner_batches, outer_batch))``. The first
    inner minibatch is that of grad_theta G and of the cross derivative, the others are those of the
    series. Yang, Ji and Liang, Provably faster algorithms for bilevel optimization, NeurIPS 2021,
    equations (3) to (5).
    """
    hypergradient = make_series_hypergradient(framework, oracle)

    def estimate(arrays, inner_var, outer_var, eta, draws):
        inner_batches, outer_batch = draws
        g_theta = oracle.inner_grad(arrays, inner_var, outer_var, inner_batches[0])
        draws = inner_batches[1:], inner_batches[0], outer_batch
        return g_theta, hypergradient(arrays, inner_var, outer_var, eta, draws)

    return estimate


def make_full_estimate(framework, oracle, n_inner_blocks, n_outer_blocks, n_terms):
    """The same on all samples, by as many passes over the data as the series has terms, and one.

    Returns ``full_estimate(arrays, inner_var, outer_var, eta)``, with ``n_terms`` factors of the
    series.
    """
    xp = framework.np

    def add_inner_grad(mean, block, args):
        arrays, inner_var, outer_var = args
        grad = oracle.inner_grad(arrays, inner_var, outer_var, block)
        return framework.update_mean(mean, grad, n_inner_blocks)

    def add_hvp(mean, block, args):
        arrays, inner_var, outer_var, v = args
        product = oracle.hvp(arrays, inner_var, outer_var, v, block)
        return framework.update_mean(mean, product, n_inner_blocks)

    def add_cross(mean, block, args):
        arrays, inner_var, outer_var, v = args
        product = oracle.cross(arrays, inner_var, outer_var, v, block)
        return framework.update_mean(mean, product, n_inner_blocks)

    def add_outer_grad(means, block, args):
        arrays, inner_var, outer_var = args
        f_theta, f_lambda = oracle.outer_grad(arrays, inner_var, outer_var, block)
        return (
            framework.update_mean(means[0], f_theta, n_outer_blocks),
            framework.update_mean(means[1], f_lambda, n_outer_blocks),
        )

    inner_grad, hvp, cross, outer_grad = map(
        framework.fold, (add_inner_grad, add_hvp, add_cross, add_outer_grad)
    )

    def add_term(k, v, args):
        arrays, inner_var, outer_var, f_theta, eta = args
        point = arrays, inner_var, outer_var, v
        return v - eta * (hvp(xp.zeros_like(v), np.arange(n_inner_blocks), point) - f_theta)

    series = framework.fori_loop(add_term)

    def full_estimate(arrays, inner_var, outer_var, eta):
        inner_blocks, outer_blocks = np.arange(n_inner_blocks), np.arange(n_outer_blocks)
        point = arrays, inner_var, outer_var
        g_theta = inner_grad(xp.zeros_like(inner_var), inner_blocks, point)
        zeros = xp.zeros_like(inner_var), xp.zeros_like(outer_var)
        f_theta, f_lambda = outer_grad(zeros, outer_blocks, point)
        v = series(n_terms, eta * f_theta, (*point, f_theta, eta))
        product = cross(xp.zeros_like(outer_var), inner_blocks, (*point, v))
        return g_theta, f_lambda - product

    return full_estimate

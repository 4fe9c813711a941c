"""Stochastic estimates of grad_theta G and of the hypergradient that algorithms share.

The hypergradient is grad_lambda F_j - hessian_lambda,theta G_i v, where v is an estimate of
[hessian_theta,theta G]^-1 grad_theta F_j. A maker takes the framework and the oracle, and returns a
function that the algorithm's step calls.
"""

from benchmark_utils.algorithms.loops import make_neumann, make_random_product


def make_series_hypergradient(framework, oracle):
    """The hypergradient with v by a stochastic Neumann series.

    Returns ``hypergradient(problem, inner_var, outer_var, draws)`` with ``draws = (batches,
    cross_batch, outer_batch, eta)``; ``batches`` are those of :func:`make_neumann`.
    """
    neumann = make_neumann(framework, oracle)

    @framework.inline
    def hypergradient(problem, inner_var, outer_var, draws):
        batches, cross_batch, outer_batch, step_size = draws
        outer_in, outer_out = oracle.outer_grad(problem, inner_var, outer_var, outer_batch)
        args = problem, inner_var, outer_var, step_size
        v = neumann(outer_in, batches, args)
        return outer_out - oracle.cross(problem, inner_var, outer_var, v, cross_batch)

    return hypergradient


def make_random_hypergradient(framework, oracle):
    """The hypergradient with v by one random term of the Neumann series.

    Returns ``hypergradient(problem, inner_var, outer_var, draws)`` with ``draws = (batches,
    outer_batch, n_factors, step_sizes)``. The last inner minibatch is that of the cross derivative,
    those before are for the term's factors; the last two step sizes are its eta and its scale, see
    :func:`make_random_product`.
    """
    product = make_random_product(framework, oracle)

    @framework.inline
    def hypergradient(problem, inner_var, outer_var, draws):
        batches, outer_batch, n_factors, step_sizes = draws
        outer_in, outer_out = oracle.outer_grad(problem, inner_var, outer_var, outer_batch)
        args = problem, inner_var, outer_var, step_sizes[-2], step_sizes[-1]
        v = product(outer_in, batches[:-1], n_factors, args)
        return outer_out - oracle.cross(problem, inner_var, outer_var, v, batches[-1])

    return hypergradient


def make_estimate(framework, oracle):
    """grad_theta G and the hypergradient with a Neumann series, on the same minibatches.

    Returns ``estimate(problem, inner_var, outer_var, (inner_batches, outer_batch, eta))``, for the
    algorithm to compile or to inline. The first inner minibatch is that of grad_theta G and of the
    cross derivative, the others are those of the series. Yang, Ji and Liang, Provably faster
    algorithms for bilevel optimization, NeurIPS 2021, equations (3) to (5).
    """
    hypergradient = make_series_hypergradient(framework, oracle)

    def estimate(problem, inner_var, outer_var, draws):
        inner_batches, outer_batch, step_size = draws
        grad = oracle.inner_grad(problem, inner_var, outer_var, inner_batches[0])
        draws = inner_batches[1:], inner_batches[0], outer_batch, step_size
        return grad, hypergradient(problem, inner_var, outer_var, draws)

    return estimate

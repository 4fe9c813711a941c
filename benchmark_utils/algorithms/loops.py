"""Inner loops that stochastic algorithms share, each over the minibatches that it is given.

A maker takes the framework and the oracle, and returns a function that the algorithm's step calls.
"""


def make_sgd(framework, oracle):
    """SGD on the inner problem: theta <- theta - step_size grad_theta G_b, for b in batches.

    Returns ``sgd(inner_var, batches, (problem, outer_var, step_size))``.
    """

    @framework.compile
    def update(inner_var, batch, args):
        problem, outer_var, step_size = args
        return inner_var - step_size * oracle.inner_grad(problem, inner_var, outer_var, batch)

    return framework.scan(update)


def make_linear_sgd(framework, oracle):
    """SGD on the linear system: v <- v - step_size (H_b v - rhs), for b in batches.

    Returns ``linear_sgd(v, batches, (problem, inner_var, outer_var, rhs, step_size))``. Grazzi,
    Pontil and Salzo, Convergence properties of stochastic hypergradients, AISTATS 2021.
    """

    @framework.compile
    def update(v, batch, args):
        problem, inner_var, outer_var, rhs, step_size = args
        return v - step_size * (oracle.hvp(problem, inner_var, outer_var, v, batch) - rhs)

    return framework.scan(update)


def make_neumann(framework, oracle):
    """Stochastic Neumann series eta sum_{q=0}^{Q} prod_{k=1}^{q} (I - eta H_{b_k}) rhs.

    Returns ``neumann(rhs, batches, (problem, inner_var, outer_var, eta))``, with Q the number of
    batches. Ji, Yang and Liang, Bilevel optimization, ICML 2021, equation (3). Summed by Horner's
    rule, which takes the batches, all drawn alike, from the last to the first, this is SGD on the
    linear system with step size eta from v = eta rhs.
    """
    linear_sgd = make_linear_sgd(framework, oracle)

    @framework.inline
    def neumann(rhs, batches, args):
        problem, inner_var, outer_var, step_size = args
        args = problem, inner_var, outer_var, rhs, step_size
        return linear_sgd(step_size * rhs, batches, args)

    return neumann


def make_random_product(framework, oracle):
    """Random Neumann term N eta prod_{k=1}^{q} (I - eta H_{b_k}) rhs, q drawn uniformly below N.

    Returns ``product(rhs, batches, n_factors, (problem, inner_var, outer_var, eta, N eta))``, with
    q = ``n_factors`` at most the number of batches. Its mean over q is the Neumann series of N
    terms. Ghadimi and Wang, Approximation methods for bilevel programming, 2018, equation (3.1).
    """

    @framework.compile
    def update(v, batch, args):
        problem, inner_var, outer_var, step_size = args
        return v - step_size * oracle.hvp(problem, inner_var, outer_var, v, batch)

    multiply = framework.scan_first(update)

    @framework.inline
    def product(rhs, batches, n_factors, args):
        problem, inner_var, outer_var, step_size, scale = args
        args = problem, inner_var, outer_var, step_size
        return multiply(scale * rhs, batches, n_factors, args)

    return product

"""Inner loops of stochastic algorithms, from a framework's own loops and a problem's oracles."""


def make_sgd(fori_loop, inner_grad):
    """SGD on the inner problem; see the contract in :mod:`benchmark_utils.frameworks`."""

    def update(k, inner_var, args):
        batches, (arrays, outer_var, rho) = args
        return inner_var - rho * inner_grad(arrays, inner_var, outer_var, batches[k])

    loop = fori_loop(update)

    def sgd(inner_var, batches, args):
        return loop(batches.shape[0], inner_var, (batches, args))

    return sgd


def make_linear_sgd(fori_loop, hvp):
    """SGD on the linear system; see the contract in :mod:`benchmark_utils.frameworks`."""

    def update(k, v, args):
        batches, (arrays, inner_var, outer_var, rhs, eta) = args
        return v - eta * (hvp(arrays, inner_var, outer_var, v, batches[k]) - rhs)

    loop = fori_loop(update)

    def linear_sgd(v, batches, n_steps, args):
        return loop(n_steps, v, (batches, args))

    return linear_sgd

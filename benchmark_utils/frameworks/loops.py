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


def make_penalised_sgd(fori_loop, inner_grad, outer_grad):
    """SGD on F / sigma + G; see the contract in :mod:`benchmark_utils.frameworks`."""

    def update(k, phi, args):
        (inner_batches, outer_batches), (arrays, outer_var, rho, sigma) = args
        g_theta = inner_grad(arrays, phi, outer_var, inner_batches[k])
        f_theta, _ = outer_grad(arrays, phi, outer_var, outer_batches[k])
        return phi - rho * g_theta - (rho / sigma) * f_theta

    loop = fori_loop(update)

    def penalised_sgd(phi, batches, args):
        return loop(batches[0].shape[0], phi, (batches, args))

    return penalised_sgd

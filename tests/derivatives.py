"""Facts that hold for the derivatives of every problem."""

import numpy as np

ORACLES = ("inner_grad", "inner_grads", "hvp", "cross", "inner_grad_hvp_cross", "outer_grad")


def central_difference(function, x, step=1e-5):
    """The Jacobian of a function at x, one column an entry of x."""
    columns = []
    for k in range(x.size):
        shift = np.zeros_like(x)
        shift[k] = step
        columns.append((function(x + shift) - function(x - shift)) / (2 * step))
    return np.stack(columns, axis=-1)


def assert_derivatives(problem, theta, lam, rtol=1e-7, atol=1e-8):
    """All full-batch derivatives of a problem agree with central differences."""
    tolerance = dict(rtol=rtol, atol=atol)
    v = np.linspace(-1, 1, problem.inner_dim)

    def grad(x):
        return problem.inner_value_grad(x, lam)[1]

    np.testing.assert_allclose(
        grad(theta),
        central_difference(lambda x: problem.inner_value_grad(x, lam)[0], theta),
        **tolerance,
    )
    hessian = central_difference(grad, theta)
    np.testing.assert_allclose(problem.hvp(theta, lam, v), hessian @ v, **tolerance)
    np.testing.assert_allclose(problem.inner_hessian(theta, lam), hessian, **tolerance)
    cross = central_difference(lambda x: problem.inner_value_grad(theta, x)[1], lam)
    np.testing.assert_allclose(problem.cross(theta, lam, v), v @ cross, **tolerance)
    _, (grad_in, grad_out) = problem.outer_value_grad(theta, lam)
    outer_in = central_difference(lambda x: problem.outer_value_grad(x, lam)[0], theta)
    np.testing.assert_allclose(grad_in, outer_in, **tolerance)
    outer_out = central_difference(lambda x: problem.outer_value_grad(theta, x)[0], lam)
    np.testing.assert_allclose(grad_out, outer_out, **tolerance)


def assert_blocks_average_to_the_full_batch(problem, theta, lam, batch_size):
    """The mean of every minibatch oracle over all blocks is its full-batch value."""
    arrays = problem.arrays(batch_size, batch_size, np.float64, np.random.default_rng(0))
    v = np.linspace(-1, 1, problem.inner_dim)
    oracle = problem.oracle("python")
    inner_sizes, outer_sizes = problem.block_sizes(batch_size, batch_size)
    assert inner_sizes.sum() == problem.n_inner_samples
    assert outer_sizes.sum() == problem.n_outer_samples

    def mean(call, n_blocks):
        parts = [call(block) for block in range(n_blocks)]
        return [np.mean(part, axis=0) for part in zip(*parts, strict=True)]

    inner = mean(
        lambda block: oracle.inner_grad_hvp_cross(arrays, theta, lam, v, block), len(inner_sizes)
    )
    both = mean(lambda block: oracle.inner_grads(arrays, theta, lam, block), len(inner_sizes))
    np.testing.assert_allclose(both[0], inner[0], rtol=1e-12, atol=1e-14)
    inner_out = central_difference(lambda x: problem.inner_value_grad(theta, x)[0], lam)
    np.testing.assert_allclose(both[1], inner_out, rtol=1e-6, atol=1e-8)
    outer = mean(lambda block: oracle.outer_grad(arrays, theta, lam, block), len(outer_sizes))
    exact = (
        problem.inner_value_grad(theta, lam)[1],
        problem.hvp(theta, lam, v),
        problem.cross(theta, lam, v),
        *problem.outer_value_grad(theta, lam)[1],
    )
    for value, expected in zip((*inner, *outer), exact, strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-10, atol=1e-13)


def assert_frameworks_agree(problem, theta, lam, batch_size):
    """Every minibatch oracle gives the same on every framework, on each block."""
    arrays = problem.arrays(batch_size, batch_size, np.float64, np.random.default_rng(0))
    v = np.linspace(-1, 1, problem.inner_dim)
    inner_sizes, outer_sizes = problem.block_sizes(batch_size, batch_size)
    reference = problem.oracle("python")
    for framework in set(problem.frameworks) - {"python"}:
        oracle = problem.oracle(framework)
        for name in ORACLES:
            args = (theta, lam) if "grad" in name and "hvp" not in name else (theta, lam, v)
            for block in {0, len(outer_sizes if name == "outer_grad" else inner_sizes) - 1}:
                values = getattr(oracle, name)(arrays, *args, block)
                expected = getattr(reference, name)(arrays, *args, block)
                if not isinstance(expected, tuple):
                    values, expected = (values,), (expected,)
                for value, exact in zip(values, expected, strict=True):
                    np.testing.assert_allclose(value, exact, rtol=1e-10, atol=1e-13)

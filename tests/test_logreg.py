"""The logistic-regression problem: derivatives, and minibatches that are unbiased."""

import numpy as np
import pytest
from conftest import logreg_data, make_problem

REGS = pytest.mark.parametrize(("reg", "n_reg"), [("exp", "full"), ("exp", 1), ("lin", "full")])


def point(problem, seed=1):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(problem.inner_dim), rng.uniform(0.1, 1, problem.outer_dim)


def central_difference(function, x, step=1e-5):
    """The Jacobian of a function at x, one column an entry of x."""
    columns = []
    for k in range(x.size):
        shift = np.zeros_like(x)
        shift[k] = step
        columns.append((function(x + shift) - function(x - shift)) / (2 * step))
    return np.stack(columns, axis=-1)


@REGS
def test_objectives_are_the_formulas_of_the_docstring(reg, n_reg):
    problem, data = make_problem(reg, n_reg), logreg_data()
    theta, lam = point(problem)
    weights = np.exp(lam) if reg == "exp" else lam
    inner = np.mean(np.log1p(np.exp(-data["y_train"] * (data["X_train"] @ theta))))
    outer = np.mean(np.log1p(np.exp(-data["y_val"] * (data["X_val"] @ theta))))
    assert problem.inner_value_grad(theta, lam)[0] == pytest.approx(
        inner + np.sum(weights * theta**2) / 2, rel=1e-14
    )
    assert problem.outer_value_grad(theta, lam)[0] == pytest.approx(outer, rel=1e-14)


@REGS
def test_derivatives_agree_with_central_differences(reg, n_reg):
    problem = make_problem(reg, n_reg)
    theta, lam = point(problem)
    v = np.linspace(-1, 1, problem.inner_dim)

    def value(x):
        return problem.inner_value_grad(x, lam)[0]

    def grad(x):
        return problem.inner_value_grad(x, lam)[1]

    tolerance = dict(rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(grad(theta), central_difference(value, theta), **tolerance)
    hessian = central_difference(grad, theta)
    np.testing.assert_allclose(problem.hvp(theta, lam, v), hessian @ v, **tolerance)
    np.testing.assert_allclose(problem.inner_hessian(theta, lam), hessian, **tolerance)
    cross = central_difference(lambda x: problem.inner_value_grad(theta, x)[1], lam)
    np.testing.assert_allclose(problem.cross(theta, lam, v), v @ cross, **tolerance)
    _, (grad_in, grad_out) = problem.outer_value_grad(theta, lam)
    outer = central_difference(lambda x: problem.outer_value_grad(x, lam)[0], theta)
    np.testing.assert_allclose(grad_in, outer, **tolerance)
    assert not grad_out.any()


@REGS
def test_smoothness_bounds_the_hessian(reg, n_reg):
    problem = make_problem(reg, n_reg)
    _, lam = point(problem)
    # At theta = 0 the bound on the loss's curvature is attained.
    largest = np.linalg.eigvalsh(problem.inner_hessian(np.zeros(problem.inner_dim), lam))[-1]
    bound = problem.inner_smoothness(lam)
    assert largest <= bound * (1 + 1e-12)
    assert bound <= 2 * largest


@pytest.mark.parametrize("batch_size", [1, 16, 64, 70])
def test_the_mean_over_blocks_is_the_full_batch_also_when_the_last_block_is_shorter(batch_size):
    problem = make_problem()
    arrays = problem.arrays(batch_size, batch_size, np.float64, np.random.default_rng(0))
    theta, lam = point(problem)
    v = np.linspace(-1, 1, problem.inner_dim)
    oracle = problem.oracle("python")
    inner_sizes, outer_sizes = problem.block_sizes(batch_size, batch_size)
    assert inner_sizes.sum() == problem.n_inner_samples
    assert outer_sizes.sum() == problem.n_outer_samples
    grads, hvps, crosses = zip(
        *(
            oracle.inner_grad_hvp_cross(arrays, theta, lam, v, block)
            for block in range(len(inner_sizes))
        ),
        strict=True,
    )
    np.testing.assert_allclose(np.mean(grads, 0), problem.inner_value_grad(theta, lam)[1], 1e-12)
    np.testing.assert_allclose(np.mean(hvps, 0), problem.hvp(theta, lam, v), 1e-12)
    np.testing.assert_allclose(np.mean(crosses, 0), problem.cross(theta, lam, v), 1e-12)
    outer = [oracle.outer_grad(arrays, theta, lam, block)[0] for block in range(len(outer_sizes))]
    _, (grad_in, _) = problem.outer_value_grad(theta, lam)
    np.testing.assert_allclose(np.mean(outer, 0), grad_in, 1e-12)


def test_starting_points_come_from_the_seed_alone():
    first, again, other = (make_problem(seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.inner_var0, again.inner_var0)
    np.testing.assert_array_equal(first.outer_var0, again.outer_var0)
    assert (first.inner_var0 != other.inner_var0).all()

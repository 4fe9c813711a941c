"""The logistic-regression problem: derivatives, and minibatches that are unbiased."""

import numpy as np
import pytest

from helpers import (
    assert_blocks_average_to_the_full_batch,
    assert_derivatives,
    logreg_data,
    make_problem,
)

REGS = pytest.mark.parametrize(("reg", "n_reg"), [("exp", "full"), ("exp", 1), ("lin", "full")])


def point(problem, seed=1):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(problem.inner_dim), rng.uniform(0.1, 1, problem.outer_dim)


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
    assert_derivatives(problem, *point(problem), rtol=1e-8, atol=1e-9)
    assert not problem.outer_value_grad(*point(problem))[1][1].any()


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
    assert_blocks_average_to_the_full_batch(problem, *point(problem), batch_size)


def test_starting_points_come_from_the_seed_alone():
    first, again, other = (make_problem(seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.inner_var0, again.inner_var0)
    np.testing.assert_array_equal(first.outer_var0, again.outer_var0)
    assert (first.inner_var0 != other.inner_var0).all()

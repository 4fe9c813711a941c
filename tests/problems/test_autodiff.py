"""Problems of two losses: the documented example is `logreg`, and runs."""

import numpy as np
import pytest

from benchmark_utils.numerics.value_function import value_function
from helpers import (
    assert_blocks_average_to_the_full_batch,
    assert_derivatives,
    assert_frameworks_agree,
    documented_names,
    logreg_data,
    make_problem,
    make_solver,
    run,
)

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def example():
    """The problem of docs/adding.md."""
    problem = documented_names("class PenalisedLogReg")["PenalisedLogReg"]
    return problem(**logreg_data(), floor=0.0, seed=0)


def point(problem):
    rng = np.random.default_rng(1)
    return rng.standard_normal(problem.inner_dim), rng.uniform(-1, 1, problem.outer_dim)


def test_the_documented_problem_is_logreg(example):
    kernels = make_problem()
    theta, lam = point(example)
    for method in ("inner_value_grad", "outer_value_grad"):
        value, grads = getattr(example, method)(theta, lam)
        exact_value, exact_grads = getattr(kernels, method)(theta, lam)
        assert value == pytest.approx(exact_value, rel=1e-14)
        for grad, exact in zip(grads, exact_grads, strict=True):
            np.testing.assert_allclose(grad, exact, rtol=1e-12)
    start = np.zeros(5)
    values = zip(value_function(example, lam, start), value_function(kernels, lam, start),
                 strict=True)  # fmt: skip
    for value, exact in values:
        np.testing.assert_allclose(value, exact, rtol=1e-11)


def test_derivatives_agree_with_central_differences(example):
    assert_derivatives(example, *point(example), rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("batch_size", [1, 16, 70])
def test_blocks_average_to_the_full_batch_and_frameworks_agree(example, batch_size):
    assert_blocks_average_to_the_full_batch(example, *point(example), batch_size)
    assert_frameworks_agree(example, *point(example), batch_size)


@pytest.mark.parametrize("name", ["SOBA", "SABA"])
def test_stochastic_solvers_walk_the_same_path_in_jax_and_python(example, name):
    parameters = dict(batch_size=16, eval_freq=50)
    jax, python = (
        run(make_solver(name, example, framework=framework, **parameters), 2)
        for framework in ("jax", "python")
    )
    assert np.abs(jax["outer_var"] - example.outer_var0).max() > 1e-2
    np.testing.assert_allclose(jax["outer_var"], python["outer_var"], rtol=1e-10)


def test_full_batch_solvers_take_a_problem_of_two_losses(example):
    start, _, _ = value_function(example, example.outer_var0, example.inner_var0)
    for name in ("HOAG", "GridSearch", "Unrolled"):
        result = run(make_solver(name, example), 5)
        assert value_function(example, result["outer_var"], example.inner_var0)[0] < start


def test_numba_is_refused_for_a_problem_of_two_losses(example):
    assert make_solver("SOBA").skip(example) == (
        True,
        "SOBA: framework=numba has no oracles for this problem; give one of jax, python.",
    )


def test_float32_stays_float32(example):
    for framework in ("jax", "python"):
        solver = make_solver(
            "SOBA", example, framework=framework, batch_size=16, precision="float32", eval_freq=5
        )
        assert run(solver, 1)["outer_var"].dtype == np.float32


def test_the_guessed_smoothness_is_twice_the_curvature_where_theta_starts(example):
    lam = point(example)[1]
    hessian = example.inner_hessian(example.inner_var0, lam)
    largest = np.linalg.eigvalsh(hessian)[-1]
    assert example.inner_smoothness(lam) == pytest.approx(2 * largest, rel=1e-2)

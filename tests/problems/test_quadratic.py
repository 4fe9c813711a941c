"""The quadratic problem: closed forms, spectra, and minibatch oracles."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmark_utils.judge import Judge
from benchmark_utils.numerics.newton import newton
from benchmark_utils.numerics.value_function import value_function
from helpers import (
    assert_blocks_average_to_the_full_batch,
    assert_derivatives,
    assert_frameworks_agree,
    central_difference,
    component,
    make_quadratic,
    quadratic_data,
)


def point(problem, seed=1):
    """A theta and a lambda."""
    rng = np.random.default_rng(seed)
    return rng.standard_normal(problem.inner_dim), rng.standard_normal(problem.outer_dim)


def test_objectives_are_the_formulas_of_the_docstring():
    problem, data = make_quadratic(), quadratic_data()
    theta, lam = point(problem)
    for part, value in (
        ("train", problem.inner_value_grad(theta, lam)[0]),
        ("val", problem.outer_value_grad(theta, lam)[0]),
    ):
        X, Z, y = (data[f"{name}_{part}"] for name in "XZy")
        assert value == pytest.approx(np.mean((X @ theta + Z @ lam - y) ** 2) / 2, rel=1e-13)


def test_derivatives_agree_with_central_differences():
    problem = make_quadratic()
    assert_derivatives(problem, *point(problem))


def test_closed_forms_are_what_newtons_method_and_implicit_differentiation_find():
    problem = make_quadratic()
    _, lam = point(problem)
    inner_star, _ = newton(problem, lam, problem.inner_var0)
    np.testing.assert_allclose(problem.inner_star(lam), inner_star, rtol=1e-10)
    value, gradient, _ = value_function(problem, lam, problem.inner_var0)
    assert problem.value(lam) == pytest.approx(value, rel=1e-13)
    np.testing.assert_allclose(problem.value_grad(lam), gradient, rtol=1e-10)
    np.testing.assert_allclose(gradient, central_difference(problem.value, lam), rtol=1e-7)


def test_the_minimum_of_h_is_where_its_gradient_vanishes_and_its_gap_is_the_difference():
    problem = make_quadratic()
    _, lam = point(problem)
    star = problem.outer_star
    assert np.linalg.norm(value_function(problem, star, problem.inner_var0)[1]) < 1e-13
    gap = problem.value(lam) - problem.value(star)
    assert problem.optimality_gap(lam) == pytest.approx(gap, rel=1e-10)
    [judged] = Judge(problem).evaluate(problem.inner_var0, lam)
    assert judged["optimality_gap"] == problem.optimality_gap(lam) > 0


def test_the_solution_is_one_on_which_the_parts_of_the_hypergradient_cancel():
    problem = make_quadratic()
    star = problem.outer_star
    _, (grad_in, grad_out) = problem.outer_value_grad(problem.inner_star(star), star)
    # Methods that leave out the implicit part, or a term of it, end elsewhere.
    assert np.linalg.norm(grad_in) > 0.1
    assert np.linalg.norm(grad_out) > 0.1


@settings(deadline=None, max_examples=20)
@given(
    st.integers(1, 5),
    st.integers(1, 5),
    st.floats(1, 100),
    st.floats(1, 100),
    st.floats(0, 3),
)
def test_spectra_are_those_asked_for(p, d, inner_conditioning, outer_conditioning, coupling):
    problem = make_quadratic(
        inner_dim=p,
        outer_dim=d,
        inner_conditioning=inner_conditioning,
        outer_conditioning=outer_conditioning,
        coupling=coupling,
    )
    for hessian, dim, conditioning in (
        (problem.inner_hessian(None, None), p, inner_conditioning),
        (problem.value_hessian, d, outer_conditioning),
    ):
        spectrum = np.linalg.eigvalsh(hessian)[::-1]
        np.testing.assert_allclose(spectrum, np.geomspace(1, 1 / conditioning, dim), rtol=1e-9)
    moves = np.linalg.svd(problem.inner_jacobian, compute_uv=False)
    np.testing.assert_allclose(moves, coupling, rtol=1e-8, atol=1e-10)
    assert problem.inner_smoothness(None) == pytest.approx(1, rel=1e-12)


def test_noise_is_what_no_variables_explain():
    problem = make_quadratic(noise=0.7)
    joint = problem.inner_moments
    dims = problem.inner_dim + problem.outer_dim
    explained = joint[-1, :dims] @ np.linalg.solve(joint[:dims, :dims], joint[:dims, -1])
    assert joint[-1, -1] - explained == pytest.approx(0.49, rel=1e-10)


@pytest.mark.parametrize("batch_size", [1, 16, 50])
def test_the_mean_over_blocks_is_the_full_batch_also_when_the_last_block_is_shorter(batch_size):
    problem = make_quadratic()
    assert_blocks_average_to_the_full_batch(problem, *point(problem), batch_size)


@pytest.mark.slow
@pytest.mark.parametrize("batch_size", [1, 7, 50])
def test_oracles_of_all_frameworks_are_those_of_numpy(batch_size):
    problem = make_quadratic()
    assert_frameworks_agree(problem, *point(problem), batch_size)


def test_too_few_samples_are_refused_with_how_many_are_needed():
    dataset = component("dataset", "quadratic").get_instance(n_inner_samples=30)
    assert dataset.get_data() == {
        "unavailable": "quadratic: n_inner_samples=30 is fewer than inner_dim + outer_dim + 1 = "
        "31 directions; give at least 31."
    }

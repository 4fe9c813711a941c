"""Hessian-free twins: differences of gradients in the place of products with second derivatives."""

import numpy as np
import pytest

from benchmark_utils.algorithms.finite_differences import make_finite_oracle
from benchmark_utils.frameworks import get_framework
from helpers import STOCHASTIC, make_problem, make_solver, run

FIRST_ORDER = {"AccF2BA", "BOME", "F2SA", "F2SA-p", "MEHA", "PZOBO", "V-PBGD"}


@pytest.mark.parametrize("scale", [0.0, 1e-3, 1.0, 1e4])
def test_differences_are_the_products_whatever_the_length_of_v(scale):
    problem = make_problem()
    oracle = problem.oracle("python")
    finite = make_finite_oracle(get_framework("python"), oracle, "float64")
    v = scale * np.linspace(-1, 1, problem.inner_dim)
    args = problem.all_samples, problem.inner_var0, problem.outer_var0, v, 0
    tolerance = dict(rtol=1e-8, atol=1e-9 * scale)
    np.testing.assert_allclose(finite.hvp(*args), oracle.hvp(*args), **tolerance)
    np.testing.assert_allclose(finite.cross(*args), oracle.cross(*args), **tolerance)
    together = zip(
        finite.inner_grad_hvp_cross(*args), oracle.inner_grad_hvp_cross(*args), strict=True
    )
    for value, expected in together:
        np.testing.assert_allclose(value, expected, **tolerance)


@pytest.mark.parametrize("name", STOCHASTIC)
def test_twins_walk_the_same_path_with_first_derivatives_only(name):
    problem = make_problem(n=90, m=70)
    parameters = dict(framework="python", batch_size=16, eval_freq=30)
    exact, finite = (
        run(make_solver(name, problem, derivatives=derivatives, **parameters), 1)
        for derivatives in ("exact", "finite")
    )
    np.testing.assert_allclose(finite["outer_var"], exact["outer_var"], rtol=1e-5, atol=1e-7)
    assert finite["calls"]["hvp"] == finite["calls"]["cross"] == 0
    if name in FIRST_ORDER:
        assert finite["calls"] == exact["calls"]
    else:
        assert finite["calls"]["inner_grad"] > exact["calls"]["inner_grad"]


def test_a_product_counts_as_two_gradients():
    problem = make_problem(n=96, m=64)
    parameters = dict(framework="python", batch_size=16, eval_freq=1, derivatives="finite")
    # Both gradients at two points, and grad_theta G between them.
    assert run(make_solver("SOBA", problem, **parameters), 1)["calls"] == dict(
        inner_grad=3 * 16, hvp=0, cross=0, outer_grad=16
    )
    # Ten inner steps, ten products with the Hessian, and the cross derivative.
    stocbio = run(make_solver("StocBiO", problem, **parameters), 1)
    assert stocbio["calls"]["inner_grad"] == (10 + 2 * 10 + 2) * 16


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SOBA", "StocBiO"])
def test_twins_walk_the_same_path_on_all_frameworks(name):
    problem = make_problem(n=90, m=70)
    parameters = dict(batch_size=16, eval_freq=100, derivatives="finite")
    results = [
        run(make_solver(name, problem, framework=framework, **parameters), 1)
        for framework in ("python", "numba", "jax")
    ]
    for result in results[1:]:
        assert result["calls"] == results[0]["calls"]
        np.testing.assert_allclose(result["outer_var"], results[0]["outer_var"], rtol=1e-7)

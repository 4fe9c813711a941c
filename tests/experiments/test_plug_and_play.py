"""Plug-and-play with L steps of a denoiser: warm-started it reaches the solution, for any L."""

import numpy as np
import pytest

from benchmark_utils.numerics.lasso import solve_lasso
from experiments.plug_and_play import DENOISERS, N_SUB, WEIGHTS, main, make_recovery, solve, summary


@pytest.fixture(scope="module")
def ends():
    """The distances to the limit and to the truth, by denoiser, L and start; seed 0."""
    return summary(main(n_seeds=1, n_reference=1500)).set_index(["denoiser", "n_sub", "start"])


@pytest.mark.parametrize(("n_sub", "n_iterations"), [(1, 10_000), (20, 3000)])
def test_the_limit_with_the_synthesis_denoiser_is_the_lassos_solution(n_sub, n_iterations):
    recovery = make_recovery("synthesis", 0)
    x, _ = solve(recovery, "synthesis", n_sub, True, n_iterations)
    X, weights = np.asfortranarray(recovery.A @ recovery.D), np.full(128, WEIGHTS["synthesis"] / 32)
    code = solve_lasso(X, recovery.y, weights, np.zeros(128))
    np.testing.assert_allclose(x[-1], recovery.D @ code, rtol=0, atol=1e-9)


@pytest.mark.parametrize("n_sub", [1, 20])
def test_the_limit_with_the_analysis_denoiser_minimises_the_penalised_misfit(n_sub):
    A, y, D, _ = recovery = make_recovery("analysis", 0)
    weight, rho = WEIGHTS["analysis"], 0.99 / np.linalg.norm(A, 2) ** 2
    points, w = solve(recovery, "analysis", n_sub, True, 2000)
    x, slopes = points[-1], w / rho
    # 0 is in the subdifferential of 1/2 ||A x - y||^2 + weight ||Gamma x||_1: Gamma^T slopes + ...
    np.testing.assert_allclose(A.T @ (A @ x - y) + D @ slopes, 0, atol=1e-8)
    assert np.abs(slopes).max() <= weight * (1 + 1e-12)
    assert slopes @ (D.T @ x) == pytest.approx(weight * np.abs(D.T @ x).sum())


@pytest.mark.parametrize("kind", DENOISERS)
def test_warm_started_iterates_converge_with_few_steps(ends, kind):
    distances = ends.loc[kind, "distance"]
    for n_sub in (1, 5):
        assert distances[n_sub, "warm"] < 1e-3
    # With as many steps of the denoiser in all, few at a time are best.
    assert max(distances[1, "warm"], distances[5, "warm"]) < distances[20, "warm"] / 10


def test_the_solution_does_not_depend_on_the_number_of_steps(ends):
    for kind in DENOISERS:
        errors = ends.loc[kind, "error"]
        assert errors[1, "warm"] == pytest.approx(errors[5, "warm"], rel=0.01)


@pytest.mark.parametrize(("kind", "least"), [("synthesis", 0.3), ("analysis", 1e-3)])
def test_cold_starts_end_elsewhere(ends, kind, least):
    distances = ends.loc[kind, "distance"]
    assert all(distances[n_sub, "cold"] > least for n_sub in N_SUB)
    for n_sub in (1, 5):
        x, _ = solve(make_recovery(kind, 0), kind, n_sub, False, 6000 // n_sub)
        np.testing.assert_allclose(x[-1], x[-2], rtol=0, atol=1e-6)

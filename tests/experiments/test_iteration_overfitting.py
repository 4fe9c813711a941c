"""Iteration overfitting: Theorem 1 of Ramzi, Ablin, Peyre and Moreau, and what it leaves open."""

import numpy as np
import pytest

from experiments.iteration_overfitting import N, losses, main, summary


@pytest.fixture(scope="module")
def table():
    return main(n_seeds=100)


@pytest.mark.parametrize("d", [20, 40])
def test_no_other_number_of_iterations_is_better_for_an_overparametrised_model(table, d):
    by_seed = table[table["d"] == d].pivot_table("loss", "seed", "M")
    assert (by_seed[N] < 1e-20).all()
    assert (by_seed.ge(by_seed[N], axis=0)).all(axis=None)
    # It is no better than no iteration at all at the fixed point, and lost much at 2 N.
    assert by_seed[2 * N].median() == pytest.approx(0.22, abs=0.02)
    assert by_seed[200].median() == pytest.approx(1, abs=0.1)


def test_the_fewer_parameters_the_more_often_further_iterations_help(table):
    rows = summary(table).set_index("d")
    better = rows["some M > N is better"]
    assert better[1] > 0.95
    assert better[5] > 0.85
    assert 0.3 < better[10] < 0.7
    assert better[15] < 0.1
    assert (better[[18, 20, 40]] == 0).all()
    assert rows.loc[1, "best gain"] == pytest.approx(0.15, abs=0.03)
    assert rows["best gain"].is_monotonic_decreasing


def test_the_closed_form_is_the_iteration():
    p, d, seed = 20, 5, 3
    rng = np.random.default_rng(seed)
    basis = np.linalg.qr(rng.standard_normal((p, p)))[0]
    K = basis * np.geomspace(0.05, 1, p) @ basis.T
    U = rng.standard_normal((p, d)) / np.sqrt(d)
    noise, true = rng.standard_normal(p), rng.standard_normal(d)
    target = np.linalg.solve(K, U @ true) + 0.05 * basis @ noise

    def iterate(theta, n_iterations):
        x = np.zeros_like(target)
        for _ in range(n_iterations):
            x = x - (K @ x - U @ theta)
        return x

    columns = np.transpose([iterate(column, N) for column in np.eye(d)])
    theta = np.linalg.lstsq(columns, target)[0]
    expected = [
        np.sum((iterate(theta, M) - target) ** 2) / (target @ target) for M in (0, N, 2 * N, 50)
    ]
    np.testing.assert_allclose(losses(seed, d, 50)[[0, N, 2 * N, 50]], expected, rtol=1e-10)

"""The heads are those of a ridge regression, and derivatives are those of central differences."""

import numpy as np
import pytest

from benchmark_utils.judge import Judge
from benchmark_utils.numerics.value_function import value_function
from benchmark_utils.problems.representation import features
from benchmark_utils.problems.ridge_representation import RidgeRepresentation
from helpers import assert_derivatives, multiclass_data

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def problem():
    return RidgeRepresentation(**multiclass_data(), width=3, ridge=0.1, seed=0)


def test_the_heads_are_those_of_a_ridge_regression(problem):
    data = multiclass_data()
    _, _, heads = value_function(problem, problem.outer_var0, problem.inner_var0)
    rows = features(np, problem.outer_var0, data["X_train"])
    n_samples = rows.shape[1]
    targets = np.eye(3)[data["y_train"]]
    gram = rows @ rows.T / n_samples + 0.1 * np.eye(4)
    expected = np.linalg.solve(gram, rows @ targets / n_samples).T.ravel()
    np.testing.assert_allclose(heads, expected, rtol=1e-10, atol=1e-13)


def test_h_is_judged(problem):
    [row] = Judge(problem).evaluate(problem.inner_var0, problem.outer_var0)
    assert np.isfinite(row["value"])
    assert "reason" not in row
    assert 0 <= row["val_accuracy"] <= 1


def test_derivatives_agree_with_central_differences(problem):
    rng = np.random.default_rng(1)
    lam = problem.outer_var0 + 0.1 * rng.standard_normal(problem.outer_dim)
    assert_derivatives(problem, rng.standard_normal(problem.inner_dim), lam, atol=1e-7)

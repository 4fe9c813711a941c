"""The problems with a softmax regression inside: multinomial_logreg and data_cleaning."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from benchmark_utils.judge import Judge
from benchmark_utils.numerics import newton
from benchmark_utils.numerics.value_function import value_function
from benchmark_utils.problems.data_cleaning import DataCleaning
from benchmark_utils.problems.multinomial_logreg import MultinomialLogReg
from helpers import (
    MONTHLY,
    assert_blocks_average_to_the_full_batch,
    assert_derivatives,
    assert_frameworks_agree,
    central_difference,
    make_solver,
    multiclass_data,
    run,
)

pytestmark = pytest.mark.slow

MULTINOMIAL = [("exp", "full"), ("exp", "class"), ("exp", 1), ("lin", "full"), ("lin", "class")]


def multinomial(reg="exp", n_reg="full", **shape):
    return MultinomialLogReg(**multiclass_data(**shape), reg=reg, n_reg=n_reg, seed=0)


def cleaning(ridge=0.05, **shape):
    return DataCleaning(**multiclass_data(**shape), ridge=ridge, seed=0)


PROBLEMS = [pytest.param(lambda c=c: multinomial(*c), id="-".join(map(str, c)))
            for c in MULTINOMIAL] + [pytest.param(cleaning, id="data_cleaning")]  # fmt: skip
EACH = pytest.mark.parametrize("make", PROBLEMS)
COMPILED = pytest.mark.parametrize("make", [PROBLEMS[1], PROBLEMS[-1]])


def point(problem, seed=1):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(problem.inner_dim), rng.uniform(0.1, 1, problem.outer_dim)


def matrix(problem, theta):
    return theta.reshape(problem.n_classes, problem.n_features)


@pytest.mark.parametrize(("reg", "n_reg"), MULTINOMIAL)
def test_multinomial_objectives_are_the_formulas_of_the_docstring(reg, n_reg):
    problem, data = multinomial(reg, n_reg), multiclass_data()
    theta, lam = point(problem)
    W, weights = matrix(problem, theta), np.exp(lam) if reg == "exp" else lam
    assert lam.size == {"full": 4, "class": 3, 1: 1}[n_reg]
    penalty = np.sum((weights[:, None] if n_reg == "class" else weights) * W**2) / 2
    fits = []
    for part in ("train", "val"):
        scores = np.exp(data[f"X_{part}"] @ W.T)
        fits.append(log_loss(data[f"y_{part}"], scores / scores.sum(axis=1, keepdims=True)))
    assert problem.inner_value_grad(theta, lam)[0] == pytest.approx(fits[0] + penalty, rel=1e-13)
    assert problem.outer_value_grad(theta, lam)[0] == pytest.approx(fits[1], rel=1e-13)


def test_data_cleanings_inner_objective_is_the_formula_of_the_docstring():
    problem, data = cleaning(), multiclass_data()
    theta, lam = point(problem)
    W = matrix(problem, theta)
    scores = np.exp(data["X_train"] @ W.T)
    own = scores[np.arange(60), data["y_train"]] / scores.sum(axis=1)
    expected = np.mean(-np.log(own) / (1 + np.exp(-lam))) + 0.05 * np.sum(W**2) / 2
    assert problem.inner_value_grad(theta, lam)[0] == pytest.approx(expected, rel=1e-13)


@EACH
def test_derivatives_agree_with_central_differences(make):
    problem = make()
    assert_derivatives(problem, *point(problem), rtol=1e-8, atol=1e-9)


@EACH
@pytest.mark.parametrize("batch_size", [1, 8, 45])
def test_blocks_average_to_the_full_batch_also_when_the_last_block_is_shorter(make, batch_size):
    problem = make()
    assert_blocks_average_to_the_full_batch(problem, *point(problem), batch_size)


@EACH
@pytest.mark.parametrize("batch_size", [1, 8])
def test_frameworks_agree(make, batch_size):
    problem = make()
    assert_frameworks_agree(problem, *point(problem), batch_size)


@EACH
def test_scores_too_large_for_exp_give_finite_numbers_on_every_framework(make):
    problem = make()
    theta, lam = point(problem)
    assert_frameworks_agree(problem, 1e4 * theta, lam, 8)
    assert np.isfinite(problem.inner_value_grad(1e4 * theta, lam)[0])


def test_a_minibatchs_cross_derivative_has_entries_for_its_samples_alone():
    problem = cleaning()
    theta, lam = point(problem)
    arrays = problem.arrays(8, 8, np.float64, np.random.default_rng(0))
    for framework in ("numba", "jax", "python"):
        product = problem.oracle(framework).cross(arrays, theta, lam, theta, 2)
        assert set(np.flatnonzero(product)) == set(arrays.inner.indices[2])


@COMPILED
@pytest.mark.parametrize("framework", ["numba", "jax"])
def test_stochastic_solvers_walk_the_same_path_on_every_framework(make, framework):
    problem = make()
    parameters = dict(batch_size=16, eval_freq=50)
    result, expected = (
        run(make_solver("SOBA", problem, framework=name, **parameters), 2)
        for name in (framework, "python")
    )
    assert np.abs(expected["outer_var"] - problem.outer_var0).max() > 1e-4
    for variable in ("inner_var", "outer_var"):
        np.testing.assert_allclose(result[variable], expected[variable], rtol=1e-10)


@COMPILED
@pytest.mark.parametrize("framework", [pytest.param("numba", marks=MONTHLY), "jax", "python"])
def test_float32_stays_float32(make, framework):
    solver = make_solver(
        "SOBA", make(), framework=framework, batch_size=16, precision="float32", eval_freq=5
    )
    result = run(solver, 1)
    assert result["inner_var"].dtype == result["outer_var"].dtype == np.float32


@pytest.mark.parametrize("dense_dim", [1000, 1])
def test_the_inner_solution_of_one_penalty_is_scikit_learns(dense_dim, monkeypatch):
    monkeypatch.setattr(newton, "DENSE_DIM", dense_dim)
    problem, data = multinomial("exp", 1), multiclass_data()
    value, _, inner_star = value_function(problem, np.array([-3.0]), np.zeros(12))
    model = LogisticRegression(
        C=np.exp(3.0) / 60, fit_intercept=False, tol=1e-14, solver="newton-cholesky"
    ).fit(data["X_train"], data["y_train"])
    np.testing.assert_allclose(matrix(problem, inner_star), model.coef_, rtol=1e-10)
    expected = log_loss(data["y_val"], model.predict_proba(data["X_val"]))
    assert value == pytest.approx(expected, rel=1e-12)
    accuracy = problem.metrics(inner_star, np.array([-3.0]))["val_accuracy"]
    assert accuracy == model.score(data["X_val"], data["y_val"])


def test_the_inner_solution_of_data_cleaning_is_scikit_learns_with_sample_weights():
    problem, data = cleaning(), multiclass_data()
    lam = point(problem)[1]
    _, _, inner_star = value_function(problem, lam, np.zeros(12))
    model = LogisticRegression(
        C=1 / (60 * 0.05), fit_intercept=False, tol=1e-14, solver="newton-cholesky"
    ).fit(data["X_train"], data["y_train"], sample_weight=1 / (1 + np.exp(-lam)))
    np.testing.assert_allclose(matrix(problem, inner_star), model.coef_, rtol=1e-10)


@EACH
def test_the_gradient_of_h_agrees_with_central_differences(make):
    problem = make()
    lam, start = point(problem)[1], np.zeros(problem.inner_dim)
    _, gradient, _ = value_function(problem, lam, start)
    expected = central_difference(lambda x: value_function(problem, x, start)[0], lam)
    np.testing.assert_allclose(gradient, expected, rtol=1e-6, atol=1e-10)


@EACH
def test_products_and_diagonal_are_those_of_the_hessian(make):
    problem = make()
    theta, lam = point(problem)
    hessian = problem.inner_hessian(theta, lam)
    v = np.linspace(-1, 1, problem.inner_dim)
    np.testing.assert_allclose(
        problem.inner_hessian_product(theta, lam)(v), hessian @ v, rtol=1e-12, atol=1e-14
    )
    diagonal = problem.inner_hessian_diagonal(theta, lam)
    np.testing.assert_allclose(diagonal, np.diag(hessian), rtol=1e-12)


@EACH
def test_smoothness_bounds_the_hessian(make):
    problem = make()
    theta, lam = point(problem)
    for scale in (0, 0.1, 1):
        hessian = problem.inner_hessian(scale * theta, lam)
        assert np.linalg.eigvalsh(hessian)[-1] <= problem.inner_smoothness(lam)


def test_weights_that_order_clean_before_corrupted_samples_have_an_auc_of_one():
    corrupted = np.arange(60) % 3 == 0
    problem = DataCleaning(**multiclass_data(), corrupted=corrupted, ridge=0.1, seed=0)
    for weights, auc in ((~corrupted, 1.0), (corrupted, 0.0), (np.zeros(60), 0.5)):
        [result] = Judge(problem).evaluate(np.zeros(12), weights.astype(float))
        assert result["corruption_auc"] == auc
    unknown = cleaning()
    assert "corruption_auc" not in unknown.metrics(np.zeros(12), unknown.outer_var0)


def test_hoag_finds_the_corrupted_half_of_the_digits():
    from helpers import get_data

    data = get_data("digits", corruption=0.5)
    names = ("X_train", "y_train", "X_val", "y_val", "corrupted")
    problem = DataCleaning(**{name: data[name] for name in names}, ridge=0.01, seed=0)
    outer_var = run(make_solver("HOAG", problem), 20)["outer_var"]
    assert problem.metrics(problem.inner_var0, outer_var)["corruption_auc"] > 0.95

"""The judge is exact: against an independent solution, and against finite differences."""

import re

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from benchmark_utils.judge import Judge, as_counts
from benchmark_utils.numerics import newton
from benchmark_utils.numerics.value_function import value_function
from benchmark_utils.oracle import ORACLE_NAMES
from benchmark_utils.problems.logreg import LogReg
from helpers import logreg_data, make_problem, make_quadratic


def independent(reg, n_reg, lam):
    """h and its gradient by scikit-learn's solver on rescaled features, and a dense solve."""
    data = logreg_data()
    X, y, X_val, y_val = (data[k] for k in ("X_train", "y_train", "X_val", "y_val"))
    weights = np.broadcast_to(np.exp(lam) if reg == "exp" else lam, X.shape[1])
    # With theta = u / sqrt(w) the penalty is |u|^2 / 2, which is scikit-learn's with C = 1/n.
    scale = 1 / np.sqrt(weights)
    model = LogisticRegression(
        C=1 / len(y), fit_intercept=False, tol=1e-14, solver="newton-cholesky", max_iter=1000
    )
    theta = scale * model.fit(X * scale, y).coef_[0]
    s = 1 / (1 + np.exp(-y * (X @ theta)))
    hessian = (X.T * (s * (1 - s))) @ X / len(y) + np.diag(weights)
    margins = y_val * (X_val @ theta)
    grad_outer = -(X_val * (y_val / (1 + np.exp(margins)))[:, None]).mean(axis=0)
    slopes = weights if reg == "exp" else 1.0
    gradient = -slopes * theta * np.linalg.solve(hessian, grad_outer)
    if n_reg == 1:
        gradient = gradient.sum(keepdims=True)
    return np.mean(np.log1p(np.exp(-margins))), gradient, theta


@pytest.mark.parametrize(("reg", "n_reg"), [("exp", "full"), ("exp", 1), ("lin", "full")])
@pytest.mark.parametrize("dense_dim", [1000, 1])
def test_h_and_its_gradient_agree_with_an_independent_solution(reg, n_reg, dense_dim, monkeypatch):
    monkeypatch.setattr(newton, "DENSE_DIM", dense_dim)
    problem = make_problem(reg, n_reg)
    lam = np.linspace(0.05, 0.4, problem.outer_dim) - (2 if reg == "exp" else 0)
    value, gradient, inner_star = value_function(problem, lam, np.zeros(problem.inner_dim))
    expected_value, expected_gradient, theta = independent(reg, n_reg, lam)
    assert value == pytest.approx(expected_value, rel=1e-10)
    np.testing.assert_allclose(gradient, expected_gradient, rtol=1e-10)
    np.testing.assert_allclose(inner_star, theta, rtol=1e-10)


@pytest.mark.parametrize(("reg", "n_reg"), [("exp", "full"), ("exp", 1), ("lin", "full")])
def test_the_gradient_of_h_agrees_with_central_differences(reg, n_reg):
    problem = make_problem(reg, n_reg)
    lam = np.linspace(0.05, 0.4, problem.outer_dim)
    start = np.zeros(problem.inner_dim)
    _, gradient, _ = value_function(problem, lam, start)
    for k in range(problem.outer_dim):
        shift = np.zeros(problem.outer_dim)
        shift[k] = 1e-5
        high, low = (value_function(problem, lam + s, start)[0] for s in (shift, -shift))
        assert (high - low) / 2e-5 == pytest.approx(gradient[k], rel=1e-6)


@pytest.mark.parametrize("offset", [-40.0, 40.0, -800.0])
def test_extreme_penalties_are_judged_without_nan(offset):
    problem = make_problem()
    [result] = Judge(problem).evaluate(problem.inner_var0, problem.outer_var0 * 0 + offset)
    assert np.isfinite(list(result.values())).all()


def test_separable_data_without_a_penalty_have_a_finite_judgement():
    data = logreg_data()
    data["y_train"] = np.sign(data["X_train"][:, 0])

    problem = LogReg(**data, reg="lin", n_reg="full", seed=0)
    [result] = Judge(problem).evaluate(problem.inner_var0, np.zeros(5))
    assert np.isfinite(result["value"])


def test_the_inner_gradient_vanishes_at_theta_star():
    problem = make_problem()
    _, _, inner_star = value_function(problem, problem.outer_var0, problem.inner_var0)
    _, grad = problem.inner_value_grad(inner_star, problem.outer_var0)
    assert np.linalg.norm(grad) < 1e-15


def test_results_are_distances_and_accuracies():
    problem = make_problem()
    _, gradient, inner_star = value_function(problem, problem.outer_var0, problem.inner_var0)
    [result] = Judge(problem).evaluate(inner_star + 3.0, problem.outer_var0)
    data = logreg_data()
    assert result["inner_distance"] == pytest.approx(3 * np.sqrt(5), rel=1e-12)
    assert result["grad_norm"] == pytest.approx(np.linalg.norm(gradient), rel=1e-12)
    accuracy = np.mean(np.sign(data["X_val"] @ inner_star) == data["y_val"])
    assert result["val_accuracy"] == accuracy
    assert "test_accuracy" not in result


def test_a_result_that_is_not_finite_is_nan_and_does_not_spoil_the_next():
    problem = make_problem()
    judging = Judge(problem)
    [bad] = judging.evaluate(problem.inner_var0, np.full(5, np.nan))
    assert np.isnan(bad["value"])
    [overflowing] = judging.evaluate(problem.inner_var0, np.full(5, 1e4))
    assert np.isnan(overflowing["value"])
    [good] = judging.evaluate(problem.inner_var0, problem.outer_var0)
    assert np.isfinite(good["value"])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scale", [1e308, -1e308, 1e160])
def test_numbers_that_overflow_are_judged_without_an_exception_or_a_warning(scale):
    problem = make_quadratic()
    [row] = Judge(problem).evaluate(problem.inner_var0, np.full(problem.outer_dim, scale))
    assert not np.isfinite(row["value"])


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("inner_var", np.zeros(())),
        ("inner_var", np.zeros(1)),
        ("inner_var", np.zeros((5, 1))),
        ("outer_var", 0.0),
        ("outer_var", np.zeros(5, complex)),
        ("outer_var", ["0"] * 5),
        ("outer_var", np.zeros(5, object)),
    ],
)
def test_variables_of_another_shape_or_dtype_are_refused(name, given):
    problem = make_problem()
    result = dict(inner_var=problem.inner_var0, outer_var=problem.outer_var0) | {name: given}
    with pytest.raises(ValueError, match=rf"{name} has the shape .*; return real numbers of shape"):
        Judge(problem).evaluate(**result)
    [row] = Judge(problem).evaluate(problem.inner_var0.astype(np.float32), problem.outer_var0)
    assert np.isfinite(row["value"])


def test_masked_entries_are_refused():
    judge = Judge(make_problem())
    outer_var = np.ma.masked_array(judge.problem.outer_var0, mask=True)
    with pytest.raises(ValueError, match=r"outer_var has masked entries; return real numbers"):
        judge.evaluate(judge.problem.inner_var0, outer_var)


@pytest.mark.parametrize("count", [-1, np.nan, np.inf, "many", None, 10**40, 1j])
def test_counts_that_a_results_file_cannot_hold_are_refused(count):
    calls = dict.fromkeys(ORACLE_NAMES, 3)
    columns = {f"{name}_calls": 3 for name in ORACLE_NAMES}
    assert as_counts(7, calls) == {"iterations": 7, **columns}
    with pytest.raises(ValueError, match=f"iterations is {re.escape(repr(count))}; return a num"):
        as_counts(count, calls)
    with pytest.raises(ValueError, match="hvp_calls is"):
        as_counts(7, calls | dict(hvp=count))
    del calls["cross"]
    with pytest.raises(ValueError, match="cross_calls is None"):
        as_counts(7, calls)


def test_the_class_of_a_zero_margin_is_that_of_scikit_learn():
    data = logreg_data()
    model = LogisticRegression().fit(data["X_train"], data["y_train"])
    model.coef_[:], model.intercept_[:] = 0, 0
    problem = make_problem()
    accuracy = problem.metrics(np.zeros(5), problem.outer_var0)["val_accuracy"]
    assert accuracy == model.score(data["X_val"], data["y_val"]) > 0


def test_an_outer_variable_outside_the_domain_is_refused():
    problem = make_problem(reg="lin")
    with pytest.raises(ValueError, match=r"entries from -1\.0 to.*project every outer step"):
        Judge(problem).evaluate(problem.inner_var0, np.full(5, -1.0))


def test_newtons_method_comes_back_from_where_the_loss_is_flat():
    # All features are positive: far on the wrong side the loss is large and its curvature nothing.
    rng = np.random.default_rng(0)
    X = rng.standard_normal((200, 1)) + 2
    y = np.where(X[:, 0] - 2 + rng.logistic(size=200) > 0, 1.0, -1.0)
    data = dict(X_train=X[:100], y_train=y[:100], X_val=X[100:], y_val=y[100:])
    problem = LogReg(**data, reg="exp", n_reg="full", box="none", seed=0)
    outer_var = np.array([-6.0])
    for start in 100 * np.random.default_rng(3).standard_normal((3, 1)):
        theta, _ = newton.newton(problem, outer_var, start)
        assert np.linalg.norm(problem.inner_value_grad(theta, outer_var)[1]) < 1e-10

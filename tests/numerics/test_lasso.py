"""Ridge, Lasso and dictionary learning: exact solutions, exact hypergradients, and their ends."""

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import Lasso, Ridge, lars_path

from benchmark_utils.judge import Judge
from benchmark_utils.numerics import lasso
from benchmark_utils.numerics.inner_solvers import INNER_SOLVERS
from benchmark_utils.numerics.lasso import duality_gap, solve_lasso
from benchmark_utils.numerics.linear_solvers import LINEAR_SOLVERS, LinearSystem
from benchmark_utils.numerics.value_function import value_function
from helpers import (
    SMALL_REGRESSION,
    assert_advice,
    get_data,
    make_dictionary_learning,
    make_full_batch,
    make_ridge,
    make_solver,
    objective_skip,
    run,
)

PROBLEMS = {
    "ridge": make_ridge,
    "ridge, one lambda": lambda: make_ridge(n_reg=1),
    "ridge, linear": lambda: make_ridge(reg="lin"),
    "ridge, F = G": lambda: make_ridge(outer="inner"),
    "lasso": lambda: make_full_batch("lasso", n_reg="full"),
    "lasso, one lambda": lambda: make_full_batch("lasso", n_reg=1),
    "lasso, diabetes": lambda: make_full_batch("lasso", "diabetes", n_reg="full"),
    "dictionary_learning": make_dictionary_learning,
}


@pytest.mark.parametrize("name", PROBLEMS)
def test_hypergradients_agree_with_central_differences_of_h(name):
    problem = PROBLEMS[name]()
    lam = problem.outer_var0 + 0.01
    _, gradient, inner_star = value_function(problem, lam, problem.inner_var0)
    for k in np.argsort(-np.abs(gradient))[:6]:
        shift = np.zeros_like(lam)
        shift[k] = 1e-5
        ends = [value_function(problem, lam + s, inner_star) for s in (shift, -shift)]
        assert all(((theta != 0) == (inner_star != 0)).all() for _, _, theta in ends)
        assert (ends[0][0] - ends[1][0]) / 2e-5 == pytest.approx(gradient[k], rel=1e-6)


@pytest.mark.parametrize("dataset", ["simulated_regression", "diabetes", "leukemia"])
@pytest.mark.parametrize("fraction", [0.5, 0.1, 1e-3])
def test_the_lasso_is_solved_to_a_relative_duality_gap_of_1e_12(dataset, fraction):
    problem = make_full_batch("lasso", dataset, n_reg=1)
    lam = np.log(np.full(1, fraction * problem.penalty_max))
    theta, _ = problem.solve_inner(lam, problem.inner_var0)
    assert theta.any()
    assert duality_gap(problem.X, problem.y, problem.weights(lam), theta) < 1e-12


def test_the_lasso_agrees_with_scikit_learn_and_its_hypergradient_with_a_dense_solve():
    problem = make_full_batch("lasso", n_reg="full")
    lam = problem.outer_var0 + np.linspace(-0.5, 0.5, problem.outer_dim)
    _, gradient, theta = value_function(problem, lam, problem.inner_var0)
    weights = np.exp(lam)
    model = Lasso(alpha=1.0, fit_intercept=False, tol=1e-14, max_iter=100_000)
    reference = model.fit(problem.X / weights, problem.y).coef_ / weights
    np.testing.assert_allclose(theta, reference, rtol=1e-7, atol=1e-10)
    support = theta != 0
    assert 2 < support.sum() < problem.inner_dim
    X, residual = problem.X[:, support], problem.X_val @ theta - problem.y_val
    grad_in = 2 * problem.X_val[:, support].T @ residual / len(residual)
    v = np.linalg.solve(X.T @ X / len(X), grad_in)
    expected = np.zeros_like(gradient)
    expected[support] = -weights[support] * np.sign(theta[support]) * v
    np.testing.assert_allclose(gradient, expected, rtol=1e-10, atol=1e-14)


def test_a_grid_of_one_penalty_follows_the_path_of_lars_once(monkeypatch):
    problem = make_full_batch("lasso", "simulated_regression", n_reg=1)
    followed = []
    monkeypatch.setattr(
        lasso, "lars_path", lambda *args, **kwargs: followed.append(1) or lars_path(*args, **kwargs)
    )
    smallest, *others = np.log(problem.penalty_max * np.logspace(-3, 0.1, 20))[:, np.newaxis]
    for lam in [smallest, *others]:
        weights = problem.weights(lam)
        guess = problem.path.at(weights[0])
        expected = solve_lasso(problem.X, problem.y, weights, problem.inner_var0)
        np.testing.assert_allclose(guess, expected, rtol=0, atol=1e-10 * abs(expected).max())
    assert len(followed) == 1


def test_ridge_agrees_with_scikit_learn_also_with_fewer_samples_than_features():
    for data in (SMALL_REGRESSION, dict(n_samples=16, n_features=12, n_nonzero=4)):
        problem = make_full_batch("ridge", data=data, reg="exp", n_reg=1, outer="validation")
        theta, solve = problem.solve_inner(np.log([0.1]), problem.inner_var0)
        n = len(problem.y)
        model = Ridge(alpha=0.1 * n, fit_intercept=False).fit(problem.X, problem.y)
        np.testing.assert_allclose(theta, model.coef_, rtol=1e-9)
        hessian = problem.inner_hessian(theta, np.log([0.1]))
        b = np.linspace(-1, 1, problem.inner_dim)
        np.testing.assert_allclose(hessian @ solve(b), b, rtol=1e-10, atol=1e-12)


def test_codes_are_at_a_minimum_and_recovery_is_one_at_the_true_dictionary():
    problem = make_dictionary_learning()
    codes, _ = problem.solve_inner(problem.outer_var0, problem.inner_var0)
    step = problem.step(codes, problem.outer_var0, 0.1)
    np.testing.assert_allclose(step, codes, atol=1e-12)
    assert (codes == 0).any()
    atoms = problem.dictionary[:, ::-1] * -1
    assert problem.metrics(codes, atoms.ravel())["recovery"] == pytest.approx(1, abs=1e-12)
    assert problem.metrics(codes, problem.outer_var0)["recovery"] < 0.99


def test_projected_dictionaries_have_atoms_of_norm_one_and_stay_so():
    problem = make_dictionary_learning()
    raw = np.random.default_rng(0).standard_normal(problem.outer_dim)
    raw[:: problem.shape[1]] = 0  # the first atom
    once = problem.project(raw)
    np.testing.assert_allclose(np.linalg.norm(problem.atoms(once), axis=0), 1, rtol=1e-12)
    np.testing.assert_array_equal(problem.project(once), once)


def test_a_penalty_that_zeroes_theta_gives_a_hypergradient_of_zero():
    for n_reg in (1, "full"):
        problem = make_full_batch("lasso", n_reg=n_reg)
        lam = np.full(problem.outer_dim, np.log(1.01 * problem.penalty_max))
        value, gradient, theta = value_function(problem, lam, problem.inner_var0)
        assert not theta.any()
        assert not gradient.any()
        assert value == pytest.approx(np.mean(problem.y_val**2), rel=1e-14)


@pytest.mark.parametrize("lam", [-800.0, -30.0, 50.0, 800.0])
def test_extreme_l1_penalties_are_judged_without_nan(lam):
    sizes = dict(n_samples=24, n_features=20)
    problem = make_full_batch("lasso", data=sizes, n_reg="full", box="none")
    with np.errstate(over="ignore"):
        [result] = Judge(problem).evaluate(problem.inner_var0, np.full(problem.outer_dim, lam))
    assert np.isfinite(list(result.values())).all()


@pytest.mark.parametrize("name", LINEAR_SOLVERS)
def test_linear_solvers_stay_finite_where_the_support_is_larger_than_the_rank(name):
    problem = make_full_batch("lasso", data=dict(n_samples=24, n_features=20), n_reg="full")
    theta = np.ones(problem.inner_dim)  # 20 features in the support, of rank 12
    _, (rhs, _) = problem.outer_value_grad(theta, problem.outer_var0)
    system = LinearSystem(problem, theta, problem.outer_var0)
    v = LINEAR_SOLVERS[name](system, rhs, np.zeros_like(rhs), 1e-10, 500)
    assert np.isfinite(v).all()
    if name == "exact":
        least_norm = np.linalg.pinv(problem.X.T @ problem.X / len(problem.y)) @ rhs
        np.testing.assert_allclose(v, least_norm, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", ["exact", "conjugate_gradient", "lbfgs", "neumann"])
@pytest.mark.parametrize("kind", ["ridge", "lasso"])
def test_linear_solvers_solve_the_system_on_the_support(name, kind):
    problem = PROBLEMS[kind]()
    theta, _ = problem.solve_inner(problem.outer_var0, problem.inner_var0)
    system = LinearSystem(problem, theta, problem.outer_var0)
    rhs = system.restrict(np.linspace(-1, 1, problem.inner_dim))
    v = LINEAR_SOLVERS[name](system, rhs, np.zeros_like(rhs), 1e-9, 10_000)
    assert np.linalg.norm(system.matvec(v) - rhs) < 1e-8
    assert not v[theta == 0].any()


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, name) for kind in ("ridge", "lasso") for name in INNER_SOLVERS]
    + [("dictionary_learning", name) for name in ("gradient_descent", "fista", "exact")],
)
def test_inner_solvers_find_the_solution_on_smooth_and_non_smooth_problems(name, kind):
    problem = PROBLEMS[kind]()
    star, _ = problem.solve_inner(problem.outer_var0, problem.inner_var0)
    solution = INNER_SOLVERS[name](problem, problem.outer_var0, problem.inner_var0, 1e-9)
    np.testing.assert_allclose(solution.inner_var, star, atol=1e-6)


def test_shine_uses_the_matrix_of_the_inner_solver():
    problem = make_ridge()
    solver = make_solver("Implicit", problem, inner_solver="lbfgs", linear_solver="shine")
    solution = solver.solve(problem, problem.outer_var0, problem.inner_var0, 1e-8)
    rhs = np.linspace(-1, 1, problem.inner_dim)
    exact = problem.hessian_solver(solution.inner_var, problem.outer_var0)(rhs)
    # A quadratic of 12 variables: the quasi-Newton matrix is near the inverse, the identity is not.
    error = np.linalg.norm(solution.inverse_hessian(rhs) - exact)
    assert error < 0.1 * np.linalg.norm(rhs - exact)


@pytest.mark.parametrize("step", ["adaptive", "lbfgs"])
@pytest.mark.parametrize(
    ("name", "kind", "parameters"),
    [
        ("Implicit", "ridge", {}),
        ("Implicit", "lasso", {"inner_solver": "fista"}),
        ("Unrolled", "ridge", {"n_inner_steps": 200}),
        ("Unrolled", "lasso", {"n_inner_steps": 200, "inner_algorithm": "fista"}),
        ("HOAG", "ridge", {}),
        ("Analytic", "dictionary_learning", {}),
        ("Unrolled", "dictionary_learning", {}),
    ],
)
def test_descents_on_h_decrease_it(name, kind, parameters, step):
    problem = PROBLEMS[kind]()
    result = run(make_solver(name, problem, outer_step_size=step, **parameters), 12)
    first = value_function(problem, problem.outer_var0, problem.inner_var0)[0]
    last = value_function(problem, result["outer_var"], problem.inner_var0)[0]
    assert last < 0.98 * first


def test_lbfgs_on_lambda_finds_the_minimum_that_scipy_finds():
    problem = make_ridge(n_reg=1)
    parameters = dict(inner_solver="exact", linear_solver="exact", outer_step_size="lbfgs")
    result = run(make_solver("Implicit", problem, **parameters), 20)

    def h(lam):
        return value_function(problem, lam, problem.inner_var0)[:2]

    reference = minimize(h, problem.outer_var0, jac=True, method="BFGS", options=dict(gtol=1e-9))
    np.testing.assert_allclose(result["outer_var"], reference.x, atol=1e-6)


@pytest.mark.parametrize("name", ["TorchOpt", "SOBA"])
def test_solvers_of_smooth_problems_refuse_the_lasso(name):
    assert make_solver(name).skip(make_full_batch("lasso", n_reg=1)) == (
        True,
        f"{name} needs an inner problem that is smooth; this one has an l1 penalty. Give a solver "
        "that takes it: QuasiNewton, GridSearch, HOAG, Implicit, Unrolled, Analytic, or MEHA, "
        "which is stochastic.",
    )


def test_stochastic_solvers_refuse_a_problem_without_minibatches_and_estimates():
    assert make_solver("SOBA").skip(make_ridge(outer="inner")) == (
        True,
        "SOBA: this problem has no minibatch oracles; give a full-batch solver.",
    )
    assert make_solver("HOAG").skip(make_ridge(), question="estimate") == (
        True,
        "HOAG minimises h and gives no estimates; leave out question=estimate.",
    )


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("Implicit", {"linear_solver": "shine", "inner_solver": "newton"}),
        ("Unrolled", {"n_inner_steps": 5, "truncation": 6}),
    ],
)
def test_parts_that_do_not_fit_are_refused(name, parameters):
    refused, reason = make_solver(name, **parameters).skip(make_ridge())
    assert refused
    assert_advice(reason, name, **parameters)


def test_regressions_refuse_data_and_parameters():
    data = get_data("simulated_regression", **SMALL_REGRESSION)
    assert objective_skip(data, problem="lasso") == (False, None)
    # The features add up to 0, and so do their products with a constant.
    X = np.repeat(data["X_train"][:20], 2, axis=0) * np.tile([1, -1], 20)[:, np.newaxis]
    orthogonal = {"X_train": X, "y_train": np.full(len(X), 3.0)}
    for problem, changes, parameters, parts in (
        ("ridge", {"y_val": data["y_val"] * np.nan}, {}, ("y_val", "20 entries", "clean")),
        ("ridge", {"task": "quadratic"}, {}, ("regression", "quadratic")),
        ("lasso", {"y_train": 0 * data["y_train"]}, {}, ("y_train", "zero", "give")),
        ("lasso", orthogonal, {}, ("y_train", "orthogonal", "X_train", "give")),
        ("lasso", {}, {"reg": "lin"}, ("problem=lasso", "reg", "leave it out")),
        ("dictionary_learning", {}, {}, ("dictionary_learning", "sparse_coding", "regression")),
    ):
        refused, reason = objective_skip(data | changes, problem=problem, **parameters)
        assert refused
        assert [part for part in parts if part not in reason] == [], reason


@pytest.mark.parametrize("exponent", [-450, -30, 30, 200, 450])
def test_the_unit_of_the_targets_changes_no_digit_of_the_lasso(exponent):
    """From 1e-135 to 1e135; thresholds of LARS and celer gave theta = 0 above 1e60."""
    rng = np.random.default_rng(0)
    X, start = np.asfortranarray(rng.standard_normal((20, 4))), np.zeros(4)
    y = X @ [1, -1, 0, 0] + 0.1 * rng.standard_normal(20)
    weights = np.full(4, 0.05)
    expected, unit = solve_lasso(X, y, weights, start), 2.0**exponent
    np.testing.assert_array_equal(solve_lasso(X, unit * y, unit * weights, start), unit * expected)
    assert np.abs(expected[:2]).min() > 0.5

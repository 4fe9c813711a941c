"""What differentiating through an algorithm estimates: the figures' claims, on small sizes."""

import numpy as np
import pytest

from benchmark_utils.algorithms.counting import CountedProblem
from benchmark_utils.judge import EstimateJudge
from benchmark_utils.numerics.value_function import value_function
from benchmark_utils.problems.sparse_code_jacobian import IstaJacobians
from benchmark_utils.results.curves import fitted_slope
from helpers import (
    BENCHMARK,
    SMALL_REGRESSION,
    make_dictionary_learning,
    make_full_batch,
    make_problem,
    make_ridge,
    make_solver,
    run,
)

pytestmark = pytest.mark.slow

GRADIENT_DESCENT = dict(inner_solver="gradient_descent")
ESTIMATORS = {
    "Analytic": GRADIENT_DESCENT,
    "Unrolled": {},
    "Implicit": dict(**GRADIENT_DESCENT, linear_solver="exact"),
}


def estimates(name, problem, budgets, **parameters):
    """The judged estimates of a solver, a list of rows for each number of inner iterations."""
    judge, solver = EstimateJudge(problem), make_solver(name, **parameters)
    assert solver.skip(problem, question="estimate") == (False, None)
    solver.set_objective(problem, question="estimate")
    results = []
    for solver.iterations in budgets:
        result = solver.get_result()
        del result["iterations"], result["calls"]
        results.append(judge.evaluate(**result))
    return results


@pytest.fixture(scope="module")
def slopes():
    problem = make_ridge(outer="inner")
    budgets = range(0, 120, 4)

    def slope(name):
        points = estimates(name, problem, budgets, **ESTIMATORS[name])
        return fitted_slope(
            *([row[key] for [row] in points] for key in ("inner_distance", "relative_error"))
        )

    return {name: slope(name) for name in ESTIMATORS}


def test_the_analytic_estimate_is_of_first_order_and_the_implicit_one_of_second(slopes):
    assert slopes["Analytic"] == pytest.approx(1, abs=0.1)
    assert slopes["Implicit"] == pytest.approx(2, abs=0.1)


def test_the_automatic_estimate_is_of_higher_order_than_the_analytic_one(slopes):
    assert slopes["Unrolled"] > slopes["Analytic"] + 0.3


@pytest.mark.parametrize("name", ESTIMATORS)
def test_estimates_of_no_iteration_are_finite_and_stated(name):
    problem = make_ridge()
    [[result]] = estimates(name, problem, [0], **ESTIMATORS[name])
    star = value_function(problem, problem.outer_var0, problem.inner_var0)
    assert result["value"] == star[0]
    assert result["inner_distance"] == pytest.approx(np.linalg.norm(star[2]))
    assert result["relative_error"] * result["grad_norm"] == pytest.approx(result["gradient_error"])
    assert np.isfinite(list(result.values())).all()
    if name != "Implicit":
        # Nothing has been unrolled: grad_lambda F, which is 0 here.
        assert result["gradient_error"] == pytest.approx(np.linalg.norm(star[1]))


@pytest.mark.parametrize("algorithm", ["gradient_descent", "fista"])
@pytest.mark.parametrize("truncation", ["full", 6])
@pytest.mark.parametrize("kind", ["ridge", "lasso"])
def test_unrolling_is_jaxs_differentiation_through_the_steps(kind, algorithm, truncation):
    import jax
    import jax.numpy as jnp

    from benchmark_utils.frameworks import get_framework

    get_framework("jax")  # which computes in float64
    problem = make_ridge() if kind == "ridge" else make_full_batch("lasso", n_reg="full")
    parameters = dict(inner_algorithm=algorithm, truncation=truncation)
    solver, n_steps = make_solver("Unrolled", **parameters), 15
    step_size, lam = 1 / problem.inner_smoothness(problem.outer_var0), problem.outer_var0
    steps = list(solver.steps(problem, problem.inner_var0, lam, n_steps))
    X, y = problem.X, problem.y

    def unrolled_loss(lam):
        theta = previous = jnp.zeros(problem.inner_dim)
        for k, step in enumerate(steps):
            if truncation != "full" and k == n_steps - truncation:
                theta, previous = map(jax.lax.stop_gradient, (theta, previous))
            point = theta + step.momentum * (theta - previous)
            grad = X.T @ (X @ point - y) / len(y)
            smooth = kind == "ridge"
            moved = point - step_size * (grad + (jnp.exp(lam) * point if smooth else 0))
            threshold = 0 if smooth else step_size * jnp.exp(lam)
            shrunk = jnp.sign(moved) * jnp.maximum(jnp.abs(moved) - threshold, 0)
            theta, previous = shrunk, theta
        return jnp.mean((problem.X_val @ theta - problem.y_val) ** 2)

    expected = jax.grad(unrolled_loss)(jnp.asarray(lam))
    result = solver.unroll(problem, problem.inner_var0, lam, n_steps)
    np.testing.assert_allclose(result.hypergradient, expected, rtol=1e-9, atol=1e-12)


def test_the_unrolled_lasso_gradient_reaches_the_exact_one_and_the_support():
    problem = make_full_batch("lasso", n_reg="full")
    [early], [late] = estimates("Unrolled", problem, [2, 600])
    assert early["relative_error"] > 0.1
    assert late["relative_error"] < 1e-8
    assert late["support_distance"] == 0 < early["support_distance"]


def test_without_a_hypergradient_the_error_is_absolute():
    problem = make_full_batch("lasso", n_reg=1)
    problem.outer_var0 = np.log(np.full(1, 2 * problem.penalty_max))
    for name in ESTIMATORS:
        [[result]] = estimates(name, problem, [5])
        assert result["relative_error"] == result["gradient_error"] == 0


def test_propagated_jacobians_agree_with_central_differences_through_ista():
    problem = make_dictionary_learning()
    dictionary = problem.atoms(problem.outer_var0)
    propagated = problem.ista_jacobians()
    propagated.advance(10)
    propagated.advance(5)
    direction = np.random.default_rng(0).standard_normal(dictionary.shape)

    def codes(shift):
        moved = IstaJacobians(dictionary + shift * direction, problem.signals, problem.alpha)
        moved.step_size = propagated.step_size
        moved.advance(15)
        return moved.codes

    expected = (codes(1e-6) - codes(-1e-6)) / 2e-6
    products = [jacobian @ direction.ravel() for jacobian in propagated.jacobians]
    np.testing.assert_allclose(products, expected, rtol=1e-6, atol=1e-8)


def test_the_exact_jacobian_agrees_with_central_differences_of_the_codes():
    problem = make_dictionary_learning()
    codes, _ = problem.solve_inner(problem.outer_var0, problem.inner_var0)
    direction = np.random.default_rng(0).standard_normal(problem.outer_dim)
    ends = [
        problem.solve_inner(problem.outer_var0 + shift * direction, codes)[0]
        for shift in (1e-6, -1e-6)
    ]
    expected = problem.codes((ends[0] - ends[1]) / 2e-6)
    jacobians = problem.jacobians(codes, problem.outer_var0)
    products = [jacobian @ direction for jacobian in jacobians]
    np.testing.assert_allclose(products, expected, rtol=1e-5, atol=1e-6)


@pytest.fixture(scope="module")
def jacobian_errors():
    """Errors by signal and budget, (n_budgets, n_signals), for depths of back-propagation."""
    problem = make_full_batch(
        "dictionary_learning", "sparse_coding", data=dict(n_signals=12), alpha=0.1
    )
    budgets = [10, 100, 400, 800, 1600]

    def errors(key, **parameters):
        points = estimates("Unrolled", problem, budgets, **parameters)
        return np.array([[signal[key] for signal in rows] for rows in points])

    depths = (20, 200, "full")
    by_depth = {depth: errors("jacobian_error", truncation=depth) for depth in depths}
    return by_depth, errors("support_distance")


def test_the_jacobian_converges_linearly_once_the_support_is_reached(jacobian_errors):
    by_depth, distances = jacobian_errors
    reached = (distances[2:] == 0).all(axis=0)
    assert reached.sum() >= 3
    full = by_depth["full"][2:, reached]
    # As N doubles, at a slow signal's rate too, down to rounding.
    assert (full[1:] < np.maximum(full[:-1], 1e-10)).all()
    assert np.median(full[-1]) < 1e-2 * np.median(full[0])


def test_before_the_support_the_jacobian_may_move_away(jacobian_errors):
    by_depth, _ = jacobian_errors
    full = by_depth["full"]
    assert (full > 1.05 * np.minimum.accumulate(full, axis=0)).any()


def test_truncation_explodes_less_early_and_is_less_precise_late(jacobian_errors):
    by_depth, _ = jacobian_errors
    late = [np.median(by_depth[depth][-1]) for depth in (20, 200, "full")]
    assert late[0] > 1.5 * late[1] > 15 * late[2]
    worst = [by_depth[depth].max() for depth in (20, "full")]
    assert worst[0] < worst[1]


@pytest.mark.parametrize("name", ["Analytic", "Unrolled", "Implicit"])
def test_where_f_is_g_all_estimates_are_the_envelope_gradient_at_the_solution(name):
    problem = make_dictionary_learning()
    [[row, *_]] = estimates(name, problem, [2000])
    # ISTA is slower than FISTA and L-BFGS.
    assert row["relative_error"] < (1e-3 if name == "Unrolled" else 1e-8)


def test_more_inner_iterations_cost_more_and_go_lower_in_dictionary_learning():
    problem = make_dictionary_learning(n_signals=10)

    def cost(**parameters):
        solver = make_solver("Unrolled", problem, outer_step_size="adaptive", **parameters)
        result = run(solver, 15)
        h, _, _ = value_function(problem, result["outer_var"], problem.inner_var0)
        return result["calls"]["hvp"], h

    (few_calls, few), (many_calls, many) = cost(n_inner_steps=1), cost(n_inner_steps=50)
    start, _, _ = value_function(problem, problem.outer_var0, problem.inner_var0)
    assert few_calls * 50 == many_calls
    assert many < few < start


def test_badly_conditioned_systems_need_more_products_and_conjugate_gradients_fewest():
    problem = make_problem(n=200, p=20)
    errors = {}
    for condition, lam in (("well", 0.0), ("badly", -7.0)):
        problem.outer_var0 = np.full(20, lam)
        for linear_solver in ("conjugate_gradient", "neumann"):
            parameters = dict(inner_solver="exact", linear_solver=linear_solver)
            [[row]] = estimates("Implicit", problem, [1], max_linear_iterations=8, **parameters)
            errors[condition, linear_solver] = row["relative_error"]
    assert errors["badly", "neumann"] > 5 * errors["well", "neumann"]
    for condition in ("well", "badly"):
        assert errors[condition, "conjugate_gradient"] < errors[condition, "neumann"]


def test_an_estimate_counts_its_own_calls_alone():
    problem = CountedProblem(make_full_batch("lasso", data=SMALL_REGRESSION, n_reg=1))
    make_solver("Unrolled").estimate(problem, 7)
    n, m = problem.n_inner_samples, problem.n_outer_samples
    assert problem.counts == dict(inner_grad=7 * n, hvp=7 * n, cross=7 * n, outer_grad=m)


def test_a_solver_is_told_its_question_by_set_objective_only():
    problem = make_full_batch("lasso", data=SMALL_REGRESSION, n_reg=1)
    for cls in BENCHMARK.get_solvers():
        solver = make_solver(cls.name)
        before = dict(vars(solver))
        for question in ("minimise", "estimate"):
            solver.skip(problem, question=question)
        assert vars(solver) == before
    solver = make_solver("Unrolled")
    solver.set_objective(problem, question="estimate")
    solver.iterations = 3
    assert "hypergradient" in solver.get_result()
    solver.set_objective(problem)
    assert "hypergradient" not in run(solver, 1)


def test_truncation_may_exceed_the_inner_steps_only_where_the_budget_gives_their_number():
    solver, problem = make_solver("Unrolled", truncation=200), make_ridge()
    assert solver.skip(problem)[0]
    assert solver.skip(problem, question="estimate") == (False, None)


def test_the_lasso_with_a_lambda_a_feature_beats_the_best_single_one_on_leukemia():
    one, full = (make_full_batch("lasso", "leukemia", n_reg=n_reg) for n_reg in (1, "full"))
    grid = run(make_solver("GridSearch", one, n_values=10, inner_solver="exact"), 10)
    best, _, _ = value_function(one, grid["outer_var"], one.inner_var0)
    parameters = dict(inner_solver="exact", linear_solver="exact")
    found = run(make_solver("Implicit", full, **parameters), 15)
    assert value_function(full, found["outer_var"], found["inner_var"])[0] < best

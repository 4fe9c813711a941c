"""Architecture search: the approximations of DARTS mislead if training samples are few."""

import numpy as np
import pytest

from benchmark_utils.numerics.value_function import value_function
from benchmark_utils.problems import get_problem
from helpers import assert_derivatives, central_difference, component, make_solver, run

TEN_STEPS = dict(inner_solver="gradient_descent", max_inner_iterations=10)
SEARCHES = {
    "first order": ("Analytic", TEN_STEPS),
    "second order": ("Unrolled", dict(n_inner_steps=10, truncation=1)),
    "exact": ("Implicit", dict(inner_solver="exact", linear_solver="exact")),
}


def make_search(seed=0, **parameters):
    dataset = component("dataset", "simulated_sines").get_instance(**parameters)
    data = dataset.load(np.random.default_rng(seed))
    del data["task"]
    return get_problem("architecture_search")(**data, ridge=1e-3, seed=0)


def point(problem):
    rng = np.random.default_rng(1)
    return rng.standard_normal(problem.inner_dim), rng.standard_normal(problem.outer_dim)


def test_derivatives_agree_with_central_differences():
    problem = make_search(n_features=6)
    theta, lam = point(problem)
    assert_derivatives(problem, theta, lam)
    eigenvalues = np.linalg.eigvalsh(problem.inner_hessian(theta, lam))
    assert problem.inner_smoothness(lam) == pytest.approx(eigenvalues.max())


def test_the_hypergradient_agrees_with_central_differences_of_h():
    problem = make_search()
    theta, lam = point(problem)
    _, hypergradient, _ = value_function(problem, lam, theta)
    expected = central_difference(lambda x: value_function(problem, x, theta)[0], lam)
    np.testing.assert_allclose(hypergradient, expected, rtol=0, atol=1e-9)


def test_the_retrained_head_is_the_limit_of_theta_as_one_operation_takes_all():
    problem = make_search()
    for k in range(problem.outer_dim):
        lam = np.where(np.arange(problem.outer_dim) == k, 0.0, -1000.0)
        theta, _ = problem.solve_inner(lam, problem.inner_var0)
        np.testing.assert_allclose(problem.retrained(k), theta, rtol=1e-9, atol=1e-12)
        scores = problem.metrics(theta, lam)
        assert scores["discrete_test_mse"] == pytest.approx(scores["test_mse"])


def test_darts_second_order_is_one_virtual_step():
    """Its gradient: grad_lambda F - xi hessian_lambda,theta G(theta) grad_theta F, F at theta'."""
    problem = make_search()
    theta, lam = point(problem)
    solver = make_solver("Unrolled", problem, n_inner_steps=1)
    xi = 1 / problem.inner_smoothness(lam)
    virtual = theta - xi * problem.inner_value_grad(theta, lam)[1]
    _, (f_theta, f_lambda) = problem.outer_value_grad(virtual, lam)
    expected = f_lambda - xi * problem.cross(theta, lam, f_theta)
    result = solver.unroll(problem, theta, lam, 1)
    np.testing.assert_allclose(result.hypergradient, expected, rtol=1e-12)


@pytest.fixture(scope="module")
def found():
    """The last scores of each search on a few datasets, by the number of training samples."""
    searches = {}
    for n_samples, n_datasets in ((30, 5), (400, 2)):
        problems = [make_search(seed, n_samples=n_samples) for seed in range(n_datasets)]
        for order, (name, parameters) in SEARCHES.items():
            scores = []
            for problem in problems:
                result = run(make_solver(name, problem, outer_step_size=2.0, **parameters), 300)
                outer_var = result["outer_var"]
                theta, _ = problem.solve_inner(outer_var, result["inner_var"])
                scores.append(problem.metrics(theta, outer_var))
            searches[n_samples, order] = {
                key: np.array([score[key] for score in scores]) for key in scores[0]
            }
    return searches


def chosen(scores):
    """On how many datasets the true operation has the largest weight."""
    largest = np.max([w for name, w in scores.items() if name.endswith("_weight")], axis=0)
    return int((scores["sine_weight"] == largest).sum())


@pytest.mark.slow
def test_with_few_samples_only_implicit_differentiation_finds_the_operation(found):
    assert chosen(found[30, "exact"]) == 5
    error = found[30, "exact"]["discrete_test_mse"].mean()
    for order in ("first order", "second order"):
        assert chosen(found[30, order]) <= 3
        assert found[30, order]["discrete_test_mse"].mean() > 5 * error


@pytest.mark.slow
def test_with_many_samples_all_find_the_operation(found):
    for order in SEARCHES:
        assert chosen(found[400, order]) == 2
        assert found[400, order]["sine_weight"].min() > 0.8

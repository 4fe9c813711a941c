"""The step sizes `auto`: in units of how smooth G and h are."""

import numpy as np
import pytest

from benchmark_utils.numerics.value_function import largest_curvature, value_function
from helpers import (
    STOCHASTIC,
    central_difference,
    component,
    make_problem,
    make_quadratic,
    make_solver,
    run,
)

WITH_STEPS = [
    name
    for name in STOCHASTIC
    if component("solver", name).parameters.get("outer_step_size") == ["auto"]
]


def test_the_curvature_of_a_quadratic_is_its_largest_eigenvalue():
    problem = make_quadratic(outer_dim=4, outer_conditioning=50)
    largest = np.linalg.eigvalsh(problem.value_hessian)[-1]
    assert 0.95 * largest < largest_curvature(problem) < 1.0001 * largest


def test_the_curvature_of_a_logistic_regression_is_that_of_finite_differences():
    problem = make_problem()

    def gradient(outer_var):
        return value_function(problem, outer_var, problem.inner_var0)[1]

    hessian = central_difference(gradient, problem.outer_var0, 1e-4)
    assert largest_curvature(problem) == pytest.approx(np.linalg.norm(hessian, 2), rel=0.05)


def test_the_smoothness_of_G_is_that_where_lambda_is_largest():
    problem = make_problem(box=(-9, -1))
    at_upper = problem.inner_smoothness(np.full(problem.outer_dim, problem.upper))
    assert problem.largest_smoothness == pytest.approx(at_upper, rel=1e-2)
    assert at_upper > problem.inner_smoothness(problem.outer_var0)


@pytest.mark.parametrize("name", WITH_STEPS)
def test_auto_is_the_number_that_it_stands_for(name):
    problem = make_problem()
    parameters = dict(framework="python", eval_freq=2, batch_size=16)
    solver = make_solver(name, problem, **parameters)
    numbers = {
        step: solver.auto_inner_step / problem.largest_smoothness
        for step in solver.parameters
        if step.endswith("step_size")
    } | dict(outer_step_size=solver.auto_outer_step / problem.outer_smoothness)
    given = make_solver(name, problem, **parameters, **numbers)
    np.testing.assert_array_equal(run(solver, 3)["outer_var"], run(given, 3)["outer_var"])


def test_a_problem_whose_h_is_not_defined_has_the_unit_one():
    problem = make_problem()
    problem.strongly_convex = False
    assert problem.outer_smoothness == 1

"""Black-box solvers: what they visit, what they are told, and what they pay."""

import itertools

import numpy as np
import optuna
import pytest

from benchmark_utils.numerics.value_function import value_function
from helpers import BLACK_BOX, make_problem, make_solver, run


def exact(problem, outer_var):
    return value_function(problem, outer_var, np.zeros(problem.inner_dim))[0]


def first_points(solver, n, dim, value=0.0):
    points = solver.points(dim)
    return np.array([next(points), *(points.send(value) for _ in range(n - 1))])


@pytest.mark.parametrize("name", ["RandomSearch", "Optuna"])
@pytest.mark.parametrize(("space", "n_distinct"), [("full", 3), ("shared", 1)])
def test_points_lie_in_the_unit_cube_and_are_shared_if_asked(name, space, n_distinct):
    points = first_points(make_solver(name, space=space), 30, 3)
    assert points.min() >= 0
    assert points.max() <= 1
    assert all(len(np.unique(point)) == n_distinct for point in points)
    # All of the region is searched.
    assert np.ptp(points, axis=0).min() > 0.7


@pytest.mark.parametrize("name", ["RandomSearch", "Optuna"])
def test_the_same_seed_visits_the_same_points(name):
    first, again = (first_points(make_solver(name), 15, 2) for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_optuna_is_told_what_optuna_alone_would_find():
    problem = make_problem(n_reg=1)
    solver = make_solver("Optuna", problem)
    result = run(solver, 25)
    seed = solver.get_seed(use_repetition=True)
    sampler = optuna.samplers.TPESampler(multivariate=True, seed=seed)
    study = optuna.create_study(sampler=sampler)

    def h(trial):
        point = np.array([trial.suggest_float("lambda_0", 0, 1)])
        return exact(problem, problem.from_unit_cube(point))

    study.optimize(h, n_trials=25)
    assert exact(problem, result["outer_var"]) == pytest.approx(study.best_value, rel=1e-8)


def test_optuna_refuses_its_gaussian_process_without_pytorch(monkeypatch):
    solver = make_solver("Optuna", sampler="gp")
    monkeypatch.setitem(solver.refuse.__globals__, "find_spec", lambda name: None)
    skip, reason = solver.skip(make_problem())
    assert skip
    assert reason == ("Optuna: sampler=gp needs PyTorch; pip install torch, or give sampler=tpe.")


def test_optuna_refuses_to_search_many_entries_one_by_one():
    problem = make_problem(p=1001)
    assert make_solver("Optuna").skip(problem) == (
        True,
        "Optuna: space=full has 1,001 dimensions here, and proposing a point takes too long in "
        "more than 1,000; give space=shared.",
    )
    assert make_solver("Optuna").skip(make_problem(p=1000)) == (False, None)
    assert make_solver("Optuna", space="shared").skip(problem) == (False, None)


def test_optunas_gaussian_process_finds_the_best_single_penalty():
    pytest.importorskip("torch")
    problem = make_problem(n_reg=1)
    found = exact(problem, run(make_solver("Optuna", problem, sampler="gp"), 20)["outer_var"])
    grid = problem.from_unit_cube(np.linspace(0, 1, 101))
    assert found < min(exact(problem, np.array([point])) for point in grid) + 1e-4


@pytest.mark.parametrize("name", BLACK_BOX)
def test_an_iteration_is_one_inner_solve_and_the_curve_never_rises(name):
    problem = make_problem(n=90, m=70)
    solver = make_solver(name, problem)
    values, calls = [], []

    def callback():
        result = solver.get_result()
        values.append(exact(problem, result["outer_var"]))
        calls.append(result["calls"])
        return len(values) < 12

    solver.pre_run_hook(None)
    solver.run(callback)
    # The first value is that of the starting point.
    assert (np.diff(values[1:]) <= 1e-12).all()
    assert [call["outer_grad"] for call in calls] == [70 * k for k in range(12)]
    assert all(
        later["inner_grad"] > call["inner_grad"] for call, later in itertools.pairwise(calls)
    )
    # Newton's method asks for Hessians, and nobody for the hypergradient.
    assert calls[-1]["hvp"] > 0
    assert calls[-1]["cross"] == 0


def test_all_points_that_are_visited_can_be_reported():
    problem = make_problem(n_reg=1)
    solver = make_solver(
        "GridSearch", n_values=8, refine=False, report="visited", inner_solver="exact"
    )
    visited = [float(outer_var[0]) for _, outer_var in solver.iterates(problem)][1:]
    grid = [float(problem.from_unit_cube(np.array([point]))[0]) for point in np.linspace(0, 1, 8)]
    assert sorted(visited) == pytest.approx(sorted(grid))
    assert solver.get_next(20) == 21

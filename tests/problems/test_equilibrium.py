"""Equilibrium networks: the inner problem is a root, for the judge and the solvers."""

import numpy as np
import pytest
from scipy.optimize import BroydenFirst

from benchmark_utils.judge import Judge
from benchmark_utils.numerics.linear_solvers import LinearSystem, gmres
from benchmark_utils.numerics.root_solvers import ROOT_SOLVERS, BroydenInverse, broyden, residual
from benchmark_utils.numerics.value_function import value_function
from benchmark_utils.problems.equilibrium import Equilibrium
from helpers import (
    BLACK_BOX,
    FULL_BATCH,
    STOCHASTIC,
    central_difference,
    get_data,
    make_problem,
    make_solver,
    multiclass_data,
    objective_skip,
    run,
)

TAKES_ROOT = {"Implicit", "Unrolled"}
ROOT = dict(inner_solver="broyden", linear_solver="gmres")


@pytest.fixture(scope="module")
def problem():
    return Equilibrium(**multiclass_data(n=12, m=9), width=5, contraction=0.9, seed=0)


@pytest.fixture(scope="module")
def exact(problem):
    return value_function(problem, problem.outer_var0, problem.inner_var0)


def point(problem):
    rng = np.random.default_rng(1)
    outer_var = problem.outer_var0 + 0.1 * rng.standard_normal(problem.outer_dim)
    return rng.standard_normal(problem.inner_dim), problem.project(outer_var)


def jacobian(problem, theta, lam):
    return central_difference(lambda x: residual(problem, x, lam), theta)


def test_products_are_with_the_transposed_jacobians(problem):
    theta, lam = point(problem)
    v = np.linspace(-1, 1, problem.inner_dim)
    in_theta = jacobian(problem, theta, lam)
    in_lambda = central_difference(lambda x: residual(problem, theta, x), lam)
    np.testing.assert_allclose(problem.hvp(theta, lam, v), v @ in_theta, atol=1e-9)
    np.testing.assert_allclose(problem.cross(theta, lam, v), v @ in_lambda, atol=1e-9)
    assert np.abs(v @ in_theta - in_theta @ v).max() > 0.1
    _, (grad_in, grad_out) = problem.outer_value_grad(theta, lam)
    outer_in = central_difference(lambda x: problem.outer_value_grad(x, lam)[0], theta)
    outer_out = central_difference(lambda x: problem.outer_value_grad(theta, x)[0], lam)
    np.testing.assert_allclose(grad_in, outer_in, atol=1e-9)
    np.testing.assert_allclose(grad_out, outer_out, atol=1e-9)


@pytest.mark.parametrize("start", [0.0, 30.0])
def test_the_judges_theta_is_the_fixed_point_of_the_cell(problem, start):
    lam = point(problem)[1]
    theta, _ = problem.solve_inner(lam, np.full(problem.inner_dim, start))
    iterated = problem.inner_var0
    for _ in range(400):  # 0.9^400 < 1e-18
        iterated = problem.cell(iterated, lam).ravel()
    assert np.linalg.norm(residual(problem, theta, lam)) < 1e-13
    np.testing.assert_allclose(theta, iterated, rtol=0, atol=1e-13)


def test_newtons_method_ends_where_the_cell_contracts_slowly():
    problem = Equilibrium(**multiclass_data(n=12, m=9), width=5, contraction=0.99, seed=0)
    lam = problem.outer_var0.copy()
    problem.weights(lam).recurrent[:] = 0.99 * np.eye(5)
    problem.weights(lam).inputs[:] *= 1e-3
    theta, _ = problem.solve_inner(lam, problem.inner_var0)
    after_cell = np.array(problem.inner_var0)
    for _ in range(100):
        after_cell = problem.cell(after_cell, lam).ravel()
    assert np.linalg.norm(residual(problem, after_cell, lam)) > 1e-6
    assert np.linalg.norm(residual(problem, theta, lam)) < 1e-13


def test_the_gradient_of_h_agrees_with_central_differences(problem):
    lam = point(problem)[1]

    def h(x):
        return value_function(problem, x, problem.inner_var0)[0]

    gradient = value_function(problem, lam, problem.inner_var0)[1]
    np.testing.assert_allclose(gradient, central_difference(h, lam), atol=1e-9)


def test_the_projection_cuts_the_singular_values_of_w_and_nothing_else(problem):
    lam = 3 * point(problem)[1]
    projected = problem.project(lam)
    weights, before = problem.weights(projected), problem.weights(lam)
    values = np.linalg.svd(before.recurrent, compute_uv=False)
    cut = np.linalg.svd(weights.recurrent, compute_uv=False)
    np.testing.assert_allclose(cut, np.minimum(values, 0.9), rtol=1e-12)
    assert (weights.inputs == before.inputs).all()
    assert (weights.head == before.head).all()
    assert (problem.project(projected) == projected).all()
    assert (problem.project(0.1 * lam) == 0.1 * lam).all()


def test_the_judge_gives_f_after_some_iterations_of_the_cell(problem):
    [row] = Judge(problem).evaluate(problem.inner_var0, problem.outer_var0)
    once = problem.step(problem.inner_var0, problem.outer_var0, 1.0)
    assert row["loss_after_1"] == problem.outer_value_grad(once, problem.outer_var0)[0]
    assert row["loss_after_64"] == pytest.approx(row["value"], rel=1e-3)
    assert row["loss_after_1"] != pytest.approx(row["value"], rel=1e-3)
    assert 0 <= row["val_accuracy"] <= 1


@pytest.mark.parametrize("name", ROOT_SOLVERS)
def test_root_solvers_reach_their_tolerance_in_fewer_iterations_than_the_cell(problem, name):
    lam, asked = point(problem)[1], []

    class Counted:
        inner_block = problem.inner_block

        def inner_value_grad(self, *args):
            asked.append(1)
            return problem.inner_value_grad(*args)

    theta = ROOT_SOLVERS[name](Counted(), lam, problem.inner_var0, 1e-9).inner_var
    assert np.linalg.norm(residual(problem, theta, lam)) <= 1e-9
    fast, n_asked = theta, len(asked)
    slow = problem.inner_var0
    for _ in range(n_asked):
        slow = problem.step(slow, lam, 1.0)
    distances = [np.linalg.norm(residual(problem, x, lam)) for x in (fast, slow)]
    assert distances[0] < 0.1 * distances[1]


def test_with_one_block_broydens_inverse_is_scipys():
    rng = np.random.default_rng(0)
    x, g = rng.standard_normal((2, 6))
    ours, scipys = BroydenInverse(6, memory=4), BroydenFirst(alpha=-1.0)
    scipys.setup(x, g, None)
    for _ in range(4):
        step, change, b = rng.standard_normal((3, 6))
        x, g = x + step, g + change
        ours.update(step, change)
        scipys.update(x, g)
        np.testing.assert_allclose(ours(b), scipys.solve(b), rtol=1e-9)
        np.testing.assert_allclose(ours.transposed(b), scipys.rsolve(b), rtol=1e-9)


def test_broydens_inverses_are_one_per_block_and_a_block_at_rest_keeps_its_own():
    rng = np.random.default_rng(0)
    inverse = BroydenInverse(3, memory=20)
    for _ in range(4):
        step, change = rng.standard_normal((2, 6))
        inverse.update(step, change)
    np.testing.assert_allclose(inverse(change), step, rtol=1e-9)
    b = rng.standard_normal(6)
    before = inverse(b)
    step[3:] = change[3:] = 0
    inverse.update(step, change)
    np.testing.assert_allclose(inverse(change)[:3], step[:3], rtol=1e-9)
    assert (inverse(b)[3:] == before[3:]).all()


def test_gmres_solves_a_system_that_is_not_symmetric(problem):
    theta, lam = point(problem)
    rhs = np.linspace(-1, 1, problem.inner_dim)
    system = LinearSystem(problem, theta, lam)
    v = gmres(system, rhs, np.zeros_like(rhs), 1e-10)
    expected = np.linalg.solve(jacobian(problem, theta, lam).T, rhs)
    np.testing.assert_allclose(v, expected, atol=1e-8)


@pytest.mark.parametrize("linear_solver", ["gmres", "exact", "neumann"])
@pytest.mark.parametrize("inner_solver", ["broyden", "anderson", "gradient_descent", "exact"])
def test_implicit_gives_the_exact_hypergradient(problem, exact, inner_solver, linear_solver):
    solver = make_solver(
        "Implicit", problem, inner_solver=inner_solver, linear_solver=linear_solver,
        tolerance=1e-11, outer_step_size=0.5,
    )  # fmt: skip
    step = problem.outer_var0 - run(solver, 1)["outer_var"]
    moved = problem.outer_var0 - problem.project(problem.outer_var0 - 0.5 * exact[1])
    np.testing.assert_allclose(step, moved, atol=1e-9)


def test_unrolling_differentiates_f_after_n_iterations_of_the_cell(problem, exact):
    start = problem.inner_var0, problem.outer_var0
    unroll = make_solver("Unrolled", problem, n_inner_steps=3).unroll

    def after_three(lam):
        theta = problem.inner_var0
        for _ in range(3):
            theta = problem.cell(theta, lam).ravel()
        return problem.outer_value_grad(theta, lam)[0]

    numeric = central_difference(after_three, problem.outer_var0)
    np.testing.assert_allclose(unroll(problem, *start, 3).hypergradient, numeric, atol=1e-9)
    np.testing.assert_allclose(unroll(problem, *start, 400).hypergradient, exact[1], atol=1e-11)


def test_shine_is_closer_to_the_hypergradient_than_no_jacobian_at_all(problem, exact):
    def error(linear_solver):
        solver = make_solver(
            "Implicit", problem, inner_solver="broyden", linear_solver=linear_solver, tolerance=1e-8
        )
        solution = broyden(problem, problem.outer_var0, problem.inner_var0, 1e-8)
        start = np.zeros(problem.inner_dim)
        gradient = solver.implicit(problem, solution, problem.outer_var0, start)
        return np.linalg.norm(gradient.hypergradient - exact[1]) / np.linalg.norm(exact[1])

    assert error("gmres") < 1e-7
    assert error("shine") < 0.7 * error("jacobian_free")


@pytest.mark.parametrize("linear_solver", ["gmres", "shine", "jacobian_free"])
def test_implicit_solvers_decrease_h(problem, exact, linear_solver):
    parameters = ROOT | dict(linear_solver=linear_solver, outer_step_size="lbfgs")
    result = run(make_solver("Implicit", problem, **parameters), 25)
    h = value_function(problem, result["outer_var"], problem.inner_var0)[0]
    assert h < 0.2 * exact[0]


def test_calls_are_counted_per_image(problem):
    solver = make_solver("Unrolled", problem, n_inner_steps=8, outer_step_size=0.1)
    expected = dict(inner_grad=5 * 8 * 12, hvp=5 * 8 * 12, cross=5 * 8 * 12, outer_grad=5 * 12)
    assert run(solver, 5)["calls"] == expected


@pytest.mark.parametrize("name", sorted({*STOCHASTIC, *FULL_BATCH, *BLACK_BOX} - TAKES_ROOT))
def test_solvers_that_need_a_minimum_refuse_a_root(problem, name):
    skipped, reason = make_solver(name).skip(problem)
    assert skipped
    assert reason == (
        f"{name} needs an inner problem that is a minimum; this one is a root, whose residual is "
        "no gradient. Give a solver that takes it: Unrolled, or Implicit with inner_solver=broyden "
        "and linear_solver=gmres."
    )


@pytest.mark.parametrize(
    ("name", "parameters", "sentence"),
    [
        ("Implicit", {}, "linear_solver=conjugate_gradient needs a symmetric matrix"),
        (
            "Implicit",
            dict(inner_solver="lbfgs"),
            "inner_solver=lbfgs needs an inner problem that is a minimum",
        ),
        ("Implicit", dict(inner_solver="newton"), "give one of auto, gradient_descent, exact"),
        ("Implicit", dict(inner_solver="broyden"), "linear_solver=conjugate_gradient needs a symm"),
        (
            "Implicit",
            dict(inner_solver="anderson", linear_solver="shine"),
            "inner_solver=anderson has none of; give inner_solver=broyden.",
        ),
        ("Unrolled", dict(inner_algorithm="fista"), "give inner_algorithm=gradient_descent."),
    ],
)
def test_what_needs_a_minimum_is_refused_with_advice(problem, name, parameters, sentence):
    skipped, reason = make_solver(name, **parameters).skip(problem)
    assert skipped
    assert reason.startswith(f"{name}: ")
    assert sentence in reason


def test_root_solvers_are_refused_for_a_minimum():
    skipped, reason = make_solver("Implicit", inner_solver="anderson").skip(make_problem())
    assert skipped
    assert "is for inner problems that are roots; this one is a minimum; give one of" in reason


def test_a_cell_that_need_not_contract_is_refused():
    reason = objective_skip(
        dict(task="multiclass", **multiclass_data()), problem="equilibrium", contraction=1.0
    )[1]
    assert reason.endswith(
        "contraction=1.0 is not allowed; give a number greater than 0 and at most 0.99."
    )


@pytest.mark.parametrize(("n_steps", "worse"), [(2, 1.5), (4, 1.02)])
def test_trained_with_n_iterations_a_network_is_best_after_n_iterations(n_steps, worse):
    data = {name: array for name, array in get_data("digits").items() if name[:2] in ("X_", "y_")}
    data |= dict(X_train=data["X_train"][:150], y_train=data["y_train"][:150])
    problem = Equilibrium(**data, width=24, contraction=0.99, seed=0)
    solver = make_solver(
        "Unrolled", problem, n_inner_steps=n_steps, warm_start=False, outer_step_size="lbfgs"
    )
    losses = problem.losses(run(solver, 60)["outer_var"], 40)
    assert np.argmin(losses) == n_steps
    assert losses[40] > worse * losses[n_steps]
    assert losses[n_steps] < 0.2 * losses[0]

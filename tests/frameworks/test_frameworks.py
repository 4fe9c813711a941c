"""One source, three frameworks: the compiled path gives the algorithm, not an approximation."""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest

from benchmark_utils.algorithms.stochastic import StochasticSolver
from helpers import (
    MONTHLY,
    STOCHASTIC,
    constant_steps,
    make_problem,
    make_quadratic,
    make_solver,
    pairs,
    run,
    set_run_context,
)

pytestmark = pytest.mark.slow

VARIANTS = [
    ("SABA", {"init_memory": "full"}, {}),
    ("SABA", {"batch_size": 1}, {}),
    ("SOBA", {"batch_size": "full"}, {"reg": "lin"}),
    ("AmIGO", {}, {"n_reg": 1}),
    pytest.param("AmIGO", {"linear_start": "zero"}, {}, marks=MONTHLY),
    ("PZOBO", {"n_directions": 3}, {"n_reg": 1}),
]


def final(name, framework, problem, n_callbacks=4, **parameters):
    parameters = {"batch_size": 16, "eval_freq": 250, **constant_steps(name), **parameters}
    return run(make_solver(name, problem, framework=framework, **parameters), n_callbacks)


@cache
def solver_and_end(name, framework, precision="float64"):
    """A solver, compiled, and where it was after 1,000 iterations with constant steps."""
    parameters = dict(framework=framework, precision=precision, batch_size=16, eval_freq=250)
    solver = make_solver(name, make_problem(), **parameters, **constant_steps(name))
    return solver, run(solver, 4)


def assert_equal_paths(result, expected):
    for variable in ("inner_var", "outer_var"):
        np.testing.assert_allclose(result[variable], expected[variable], rtol=1e-10)
    assert result["calls"] == expected["calls"]


@pytest.mark.parametrize(("name", "framework"), pairs(STOCHASTIC, ["numba", "jax"]))
def test_frameworks_agree_after_1000_iterations(name, framework):
    _, expected = solver_and_end(name, "python")
    assert np.abs(expected["outer_var"] - make_problem().outer_var0).max() > 1e-2
    assert expected["iterations"] == 1000
    assert_equal_paths(solver_and_end(name, framework)[1], expected)


@pytest.mark.parametrize(("name", "parameters", "objective"), VARIANTS)
def test_frameworks_agree_after_1000_iterations_of_variants(name, parameters, objective):
    problem = make_problem(**objective)
    expected = final(name, "python", problem, **parameters)
    assert np.abs(expected["outer_var"] - problem.outer_var0).max() > 1e-2
    for framework in ("numba", "jax"):
        assert_equal_paths(final(name, framework, problem, **parameters), expected)


@pytest.mark.parametrize(("name", "framework"), pairs(STOCHASTIC, ["numba", "jax"]))
def test_the_same_seed_gives_the_same_bits(name, framework):
    solver, first = solver_and_end(name, framework)
    solver.set_objective(make_problem())
    again = run(solver, 4)
    for variable in ("inner_var", "outer_var"):
        np.testing.assert_array_equal(first[variable], again[variable])


@pytest.mark.parametrize(
    ("name", "framework"), pairs(STOCHASTIC, ["numba", "jax", "python"], rare=["numba", "jax"])
)
def test_float32_stays_float32_and_near_float64(name, framework):
    _, exact = solver_and_end(name, framework)
    _, rough = solver_and_end(name, framework, "float32")
    for variable in ("inner_var", "outer_var"):
        assert rough[variable].dtype == np.float32
        np.testing.assert_allclose(rough[variable], exact[variable], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("framework", ["numba", "jax", "python"])
def test_results_are_copies_that_later_iterations_leave_alone(framework):
    solver = make_solver("SABA", make_problem(), framework=framework, batch_size=16, eval_freq=5)
    seen = []

    def callback():
        seen.append(solver.get_result()["outer_var"])
        seen.append(seen[-1].copy())
        return len(seen) < 8

    solver.pre_run_hook(None)
    solver.run(callback)
    for result, copy in zip(seen[::2], seen[1::2], strict=True):
        np.testing.assert_array_equal(result, copy)
    assert (seen[0] != seen[-1]).any()


@pytest.mark.parametrize("framework", ["numba", "jax"])
def test_evaluating_more_often_does_not_change_the_path(framework):
    problem = make_problem()
    often = final("SOBA", framework, problem, 10, eval_freq=20)
    rarely = final("SOBA", framework, problem, 1, eval_freq=200)
    np.testing.assert_array_equal(often["outer_var"], rarely["outer_var"])


def test_a_step_is_compiled_once_for_a_problems_oracles():
    solver = make_solver("SOBA", make_problem(), framework="jax", batch_size=16)
    compiled = solver.iterate
    solver.set_objective(make_problem(p=7))
    assert solver.iterate is compiled
    solver.set_objective(make_quadratic())
    assert solver.iterate is not compiled


def test_jax_updates_sabas_tables_in_place():
    solver = make_solver("SABA", make_problem(), framework="jax", batch_size=1, eval_freq=7)
    solver.pre_run_hook(None)
    state = solver.first_state(solver.arrays, *solver.start)
    draws = np.zeros((7, 1), int), np.zeros((7, 1), int), (np.ones(7), np.ones(7))
    compiled = solver.iterate.lower(state, solver.arrays, draws).compile().as_text()
    tables = ("f64[90,15]", "f64[70,10]")
    loop = [line for line in compiled.splitlines() if any(table in line for table in tables)]
    assert any("dynamic-update-slice" in line for line in loop)
    assert not [line for line in loop if " copy(" in line]


class Kept(NamedTuple):
    inner_var: Any
    outer_var: Any
    direction: Any  # as it was drawn
    outer_grad: Any  # as the oracle returned it


class Keeper(StochasticSolver):
    """Keeps what it is given for the next iteration, which may be in the next chunk."""

    name = "Keeper"

    def schedules(self):
        return [(0.1, 0)]

    def draw(self, rng, t):
        return rng.standard_normal((len(t), self.problem.outer_dim)).astype(self.precision)

    def init(self, arrays, inner_var, outer_var):
        return Kept(inner_var, outer_var, np.zeros_like(outer_var), np.zeros_like(outer_var))

    def make_step(self, framework, oracle):
        def step(state, arrays, inner_batches, outer_batches, step_sizes, direction):
            theta, lam, old_direction, old_grad = state
            _, grad = oracle.outer_grad(arrays, theta, lam, outer_batches[0])
            return Kept(theta, lam + 0.01 * old_direction - 0.1 * old_grad, direction, grad)

        return step


@pytest.mark.parametrize("framework", ["numba", "jax"])
def test_what_a_step_keeps_of_its_arguments_outlives_them(framework):
    def solver(framework):
        made = Keeper.get_instance(framework=framework, batch_size=16, eval_freq=5)
        set_run_context(made)
        made.set_objective(make_problem())
        return made

    compiled = solver(framework)
    expected, result = (run(made, 10)["outer_var"] for made in (solver("python"), compiled))
    np.testing.assert_allclose(result, expected, rtol=1e-12)
    compiled.pre_run_hook(None)
    arrays = compiled.arrays
    draws = next(compiled.chunks(np.random.default_rng(0).spawn(3)))
    state = compiled.iterate(compiled.first_state(arrays, *compiled.start), arrays, draws)
    np.testing.assert_array_equal(state.direction, draws[3][-1])
    assert not np.shares_memory(state.direction, draws[3])
    assert not np.shares_memory(state.outer_grad, arrays.f_lambda)

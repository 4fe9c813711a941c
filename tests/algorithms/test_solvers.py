"""What each algorithm claims of itself."""

import inspect
import itertools
import re
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from benchmark_utils.algorithms.black_box import next_point
from benchmark_utils.frameworks import get_framework
from benchmark_utils.numerics.inner_solvers import lbfgs
from benchmark_utils.numerics.linear_solvers import LinearSystem, conjugate_gradient
from benchmark_utils.numerics.value_function import value_function
from benchmark_utils.problems.logreg import LogReg
from helpers import (
    BLACK_BOX,
    FULL_BATCH,
    STOCHASTIC,
    component,
    logreg_data,
    make_problem,
    make_solver,
    run,
)


def exact(problem, outer_var):
    return value_function(problem, outer_var, np.zeros(problem.inner_dim))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["AmIGO", "MRBO", "SABA", "SOBA", "StocBiO"])
def test_stochastic_solvers_with_full_batches_approach_a_stationary_point(name):
    problem = make_problem(n=200, m=200, p=4)
    constant = {"SOBA": {"decay": 0.0, "outer_decay": 0.0}, "MRBO": {"decay": 0.0}}
    longer = {"StocBiO": {"n_neumann_steps": 60}, "MRBO": {"n_neumann_steps": 60}}
    parameters = {"framework": "jax", **constant.get(name, {}), **longer.get(name, {})}
    solver = make_solver(
        name, problem, batch_size="full", eval_freq=4000, outer_step_size=0.2, **parameters
    )
    start = np.linalg.norm(exact(problem, problem.outer_var0)[1])
    end = np.linalg.norm(exact(problem, run(solver, 5)["outer_var"])[1])
    assert end < 0.05 * start


@pytest.mark.parametrize("inner_solver", ["lbfgs", "fista", "gradient_descent"])
def test_every_step_of_maid_decreases_h_though_its_inner_solutions_are_inexact(inner_solver):
    problem = make_problem(n=200, m=200, p=4)
    solver = make_solver("MAID", problem, inner_solver=inner_solver)
    points = itertools.islice(solver.iterates(problem), 21)
    values, distances = zip(
        *(
            (value, np.linalg.norm(inner_var - inner_star))
            for inner_var, outer_var in points
            for value, _, inner_star in [exact(problem, outer_var)]
        ),
        strict=True,
    )
    assert (np.diff(values) < 0).all()
    assert min(distances) > 1e-6


@pytest.mark.parametrize(
    ("schedule", "step", "progress"),
    [
        ("exponential", "adaptive", 1e-2),
        ("quadratic", "adaptive", 1e-2),
        ("cubic", "adaptive", 1e-2),
        ("exact", "adaptive", 1e-2),
        ("exponential", "lbfgs", 1e-4),
        ("exponential", "lipschitz", 0.1),
    ],
)
def test_hoag_approaches_a_stationary_point(schedule, step, progress):
    problem = make_problem(n=200, m=200, p=4)
    result = run(make_solver("HOAG", problem, schedule=schedule, outer_step_size=step), 100)

    def norm(outer_var):
        return np.linalg.norm(problem.projected_gradient(outer_var, exact(problem, outer_var)[1]))

    assert norm(result["outer_var"]) < progress * norm(problem.outer_var0)


def test_hoag_takes_the_exact_hypergradient_when_its_tolerance_is_tight():
    problem = make_problem()
    solver = make_solver("HOAG", problem, schedule="exact", outer_step_size=0.5)
    step = problem.outer_var0 - run(solver, 1)["outer_var"]
    np.testing.assert_allclose(step, 0.5 * exact(problem, problem.outer_var0)[1], rtol=1e-7)


def test_hoags_tolerances_decrease_as_its_schedules_say_and_end_at_rounding():
    parameters = {"exponential": dict(rate=0.5), "quadratic": {}, "cubic": {}, "exact": {}}
    first = {
        name: [
            make_solver("HOAG", tolerance=0.2, schedule=name, **more).relative_tolerance(t)
            for t in (0, 1, 2, 10**9)
        ]
        for name, more in parameters.items()
    }
    least = 1e-10
    np.testing.assert_allclose(first["exponential"], [0.2, 0.1, 0.05, least], rtol=1e-12)
    np.testing.assert_allclose(first["quadratic"], [0.2, 0.05, 0.2 / 9, least], rtol=1e-12)
    np.testing.assert_allclose(first["cubic"], [0.2, 0.025, 0.2 / 27, least], rtol=1e-12)
    assert first["exact"] == [least] * 4


def test_hoags_inner_tolerance_is_relative_to_the_first_gradient():
    problem = make_problem()
    _, first = problem.inner_value_grad(problem.inner_var0, problem.outer_var0)
    theta = run(make_solver("HOAG", problem, tolerance=1e-4, outer_step_size=0.1), 1)["inner_var"]
    _, grad = problem.inner_value_grad(theta, problem.outer_var0)
    assert np.linalg.norm(grad) <= 1e-4 * np.linalg.norm(first)
    theta = run(make_solver("HOAG", problem, tolerance=1e-1, outer_step_size=0.1), 1)["inner_var"]
    _, grad = problem.inner_value_grad(theta, problem.outer_var0)
    assert np.linalg.norm(grad) > 1e-4 * np.linalg.norm(first)


def jax_inner_grad(problem):
    get_framework("jax")  # which computes in float64
    rows = jnp.asarray(problem.all_samples.inner_rows[0])

    def inner(theta, lam):
        fit = jnp.mean(jnp.logaddexp(0, -(theta @ rows)))
        return fit + jnp.sum(jnp.exp(lam) * theta**2) / 2

    return jax.grad(inner)


@pytest.mark.parametrize(("truncation", "depth"), [("full", 12), (4, 4)])
def test_unrolling_is_automatic_differentiation_through_the_inner_steps(truncation, depth):
    problem = make_problem()
    parameters = dict(n_inner_steps=12, truncation=truncation, step_size=0.3)
    solver = make_solver("Unrolled", problem, **parameters)
    grad, outer_rows = jax_inner_grad(problem), problem.all_samples.outer_rows[0]

    def unrolled_loss(lam):
        theta = problem.inner_var0
        for k in range(12):
            if k == 12 - depth:
                theta = jax.lax.stop_gradient(theta)
            theta = theta - 0.3 * grad(theta, lam)
        return jnp.mean(jnp.logaddexp(0, -(theta @ outer_rows)))

    start = problem.inner_var0, problem.outer_var0
    hypergradient = solver.unroll(problem, *start, 12).hypergradient
    expected = jax.grad(unrolled_loss)(jnp.asarray(problem.outer_var0))
    np.testing.assert_allclose(hypergradient, expected, rtol=1e-10)


def test_unrolling_far_enough_gives_the_exact_hypergradient():
    problem = make_problem()
    solver = make_solver("Unrolled", problem)
    start = problem.inner_var0, problem.outer_var0
    hypergradient = solver.unroll(problem, *start, 2000).hypergradient
    np.testing.assert_allclose(hypergradient, exact(problem, problem.outer_var0)[1], rtol=1e-8)


def test_unrolling_without_warm_start_starts_each_time_from_the_starting_point():
    problem = make_problem()
    steps = dict(n_inner_steps=1, step_size=0.1, outer_step_size=1.0)
    cold = make_solver("Unrolled", problem, warm_start=False, **steps)
    inner_var = run(cold, 5)["inner_var"]
    # One step cannot leave the ball of radius 0.1 |grad G| around the starting point.
    assert np.linalg.norm(inner_var - problem.inner_var0) < 0.2
    warm = make_solver("Unrolled", problem, **steps)
    moved = run(warm, 5)["inner_var"] - problem.inner_var0
    assert np.linalg.norm(moved) > 2 * np.linalg.norm(inner_var - problem.inner_var0)


@pytest.mark.parametrize(("grid", "n_points"), [("shared", 9), ("product", 81)])
def test_grid_search_visits_the_whole_grid_once_and_coarse_grids_first(grid, n_points):
    solver = make_solver("GridSearch", n_values=9, grid=grid)
    points = np.array([np.broadcast_to(point, 2) for point in solver.grid_points(2)])
    assert len(points) == len(np.unique(points, axis=0)) == n_points
    assert set(np.unique(points)) == set(np.linspace(0, 1, 9))
    for n_values, n_coarse in ((2, 2), (3, 3), (5, 5)):
        coarse = np.linspace(0, 1, n_values)
        first = points[: n_coarse if grid == "shared" else n_coarse**2]
        assert set(np.unique(first)) == set(coarse)


def test_grid_search_keeps_the_best_of_its_grid():
    problem = make_problem(n_reg=1)
    result = run(make_solver("GridSearch", problem, n_values=9, refine=False), 100)
    assert result["iterations"] == 9
    grid = [exact(problem, problem.from_unit_cube(np.full(1, u)))[0] for u in np.linspace(0, 1, 9)]
    assert exact(problem, result["outer_var"])[0] == pytest.approx(min(grid), rel=1e-6)


def points_visited(solver, outer_dim, value):
    """The points for which a black-box solver asks where h has these values."""
    points, visited = solver.points(outer_dim), []
    point = next(points)
    while point is not None:
        visited.append(point)
        point = next_point(points, value(point))
    return visited


@pytest.mark.parametrize("grid", ["shared", "product"])
def test_a_grid_that_is_refined_ends_at_the_minimiser_near_its_best_point(grid):
    solver, minimiser = make_solver("GridSearch", n_values=9, grid=grid), np.array([0.7, 0.2])
    if grid == "shared":
        minimiser[:] = 0.45
    visited = points_visited(solver, 2, lambda point: np.sum((point - minimiser) ** 2))
    assert np.abs(visited - minimiser).max(axis=1).min() < 2.0**-25
    # Two points per axis, each time with half the step.
    n_axes = 1 if grid == "shared" else 2
    assert len(visited) == 9**n_axes + 2 * n_axes * 22


def test_a_grid_whose_best_point_is_at_the_edge_looks_inside_only():
    solver = make_solver("GridSearch", n_values=3)
    visited = [point.item() for point in points_visited(solver, 1, np.sum)]
    assert visited[:3] == [0, 1, 0.5]
    assert visited[3:] == [0.5**k for k in range(2, 26)]


def test_saba_with_a_full_memory_takes_the_full_batch_step_first():
    problem = make_problem()
    parameters = dict(framework="python", eval_freq=1, step_size=0.1, outer_step_size=0.3)
    saba = make_solver("SABA", problem, batch_size=16, init_memory="full", **parameters)
    inner_var = run(saba, 1)["inner_var"]
    _, grad = problem.inner_value_grad(problem.inner_var0, problem.outer_var0)
    np.testing.assert_allclose(inner_var, problem.inner_var0 - 0.1 * grad, rtol=1e-12)


@pytest.mark.slow
def test_sabas_means_stay_the_means_of_its_tables():
    saba = make_solver("SABA", make_problem(), batch_size=16, init_memory="full")
    saba.pre_run_hook(None)
    state = saba.first_state(saba.arrays, *saba.start)
    blocks = np.random.default_rng(0).integers(5, size=(2, 500, 1))
    step_sizes = np.full(500, 0.1), np.full(500, 0.1)
    state = saba.iterate(state, saba.arrays, (*blocks, step_sizes))
    assert np.abs(state.outer_var - saba.start[1]).max() > 0.1
    for memory in (state.inner_memory, state.outer_memory):
        np.testing.assert_allclose(memory.mean, memory.table.mean(axis=0), rtol=1e-9, atol=1e-13)


@pytest.mark.slow
def test_saba_converges_with_constant_steps_where_soba_keeps_its_noise():
    problem = make_problem(n=200, m=200, p=4, n_reg=1)
    parameters = dict(batch_size=8, eval_freq=100_000, step_size=0.2, outer_step_size=0.2)
    saba = run(make_solver("SABA", problem, **parameters), 1)
    soba = run(make_solver("SOBA", problem, decay=0.0, outer_decay=0.0, **parameters), 1)
    assert np.linalg.norm(exact(problem, saba["outer_var"])[1]) < 1e-13
    assert np.linalg.norm(exact(problem, soba["outer_var"])[1]) > 1e-6


def test_sobas_schedule_is_that_of_its_theorem():
    decays = dict(decay=0.4, outer_decay=0.6)
    soba = make_solver("SOBA", make_problem(), step_size=2.0, outer_step_size=3.0, **decays)
    t = np.array([1, 32, 1024])
    expected = 2 / np.array([1, 4, 16]), 3 / np.array([1, 8, 64])
    np.testing.assert_allclose(soba.step_sizes(t), expected, rtol=1e-14)


def test_mrbos_first_directions_are_plain_estimates():
    problem = make_problem()
    parameters = dict(framework="python", batch_size="full", eval_freq=1, step_size=0.3)
    result = run(make_solver("MRBO", problem, momentum=0.4, **parameters), 1)
    _, grad = problem.inner_value_grad(problem.inner_var0, problem.outer_var0)
    np.testing.assert_allclose(result["inner_var"], problem.inner_var0 - 0.3 * grad, rtol=1e-12)


def test_mrbo_without_momentum_on_full_batches_is_gradient_descent():
    problem = make_problem()
    parameters = dict(framework="python", batch_size="full", eval_freq=1, step_size=0.3, decay=0.0)
    momentum, plain = (
        run(make_solver("MRBO", problem, momentum=m, **parameters), 5) for m in (0.3, 1.0)
    )
    # Without noise the recursion u + (1 - eta)(d - u_previous) is u, whatever eta is.
    np.testing.assert_allclose(momentum["outer_var"], plain["outer_var"], rtol=1e-12)


def test_stocbios_series_is_a_truncated_inverse():
    problem = make_problem()
    solver = make_solver("StocBiO", problem, batch_size="full", eval_freq=1, framework="python",
                         n_inner_steps=1, n_neumann_steps=6, neumann_step_size=0.2,
                         outer_step_size=0.1)  # fmt: skip
    result = run(solver, 1)
    theta, lam = result["inner_var"], problem.outer_var0
    _, (rhs, _) = problem.outer_value_grad(theta, lam)
    contraction = np.eye(5) - 0.2 * problem.inner_hessian(theta, lam)
    v = 0.2 * sum(np.linalg.matrix_power(contraction, q) @ rhs for q in range(7))
    expected = lam + 0.1 * problem.cross(theta, lam, v)
    np.testing.assert_allclose(result["outer_var"], expected, rtol=1e-12)


def test_inner_and_linear_solvers_reach_their_tolerance():
    problem = make_problem()
    lam = problem.outer_var0
    for tolerance in (1e-2, 1e-5, 1e-9):
        theta = lbfgs(problem, lam, problem.inner_var0, tolerance).inner_var
        assert np.linalg.norm(problem.inner_value_grad(theta, lam)[1]) <= tolerance
        rhs = np.ones(5)
        system = LinearSystem(problem, theta, lam)
        v = conjugate_gradient(system, rhs, np.zeros(5), tolerance)
        assert np.linalg.norm(problem.hvp(theta, lam, v) - rhs) <= tolerance


@pytest.mark.parametrize("name", ["HOAG", "Implicit", "Unrolled"])
def test_numbers_that_overflow_end_a_curve_without_a_warning(name):
    solver = make_solver(name, make_problem(), outer_step_size=1e250)
    with warnings.catch_warnings(action="error"):
        run(solver, 5)
    # Lambda has left all bounds, and its exponential is infinite or zero.
    assert not np.abs(solver.get_result()["outer_var"]).max() < 1e100


NO_STEP_SIZE = ("D-TFBO", "MAID", "QuasiNewton", "S-TFBO")


class Unprojected(LogReg):
    """A logistic regression whose lambda may leave the region in which it is defined."""

    def project(self, outer_var):
        return outer_var

    def projected_gradient(self, outer_var, grad):
        return grad

    def oracle(self, framework):
        return super().oracle(framework)._replace(project=lambda arrays, outer_var: outer_var)


# Analytic moves no lambda on which F does not depend; it descends as HOAG does.
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # outside that region h may overflow
@pytest.mark.parametrize(
    ("name", "outer_step_size"),
    [(name, 0.5) for name in (*STOCHASTIC, *FULL_BATCH) if name not in ("Analytic", *NO_STEP_SIZE)]
    + [("HOAG", "adaptive"), ("HOAG", "lbfgs"), ("HOAG", "lipschitz")]
    + [(name, None) for name in NO_STEP_SIZE],
)
def test_only_the_projection_keeps_lambda_where_a_linear_penalty_is_defined(name, outer_step_size):
    if name == "TorchOpt":
        pytest.importorskip("torchopt")
    stochastic = {"framework": "python", "eval_freq": 1, "batch_size": 16}
    parameters = stochastic if name in STOCHASTIC else {}

    def smallest_entry(cls):
        problem = cls(**logreg_data(), reg="lin", n_reg="full", seed=0)
        problem.outer_var0 = np.zeros(problem.outer_dim)
        step = {} if outer_step_size is None else {"outer_step_size": outer_step_size}
        if name in STOCHASTIC:
            names = component("solver", name).parameters
            step = {n: 0.1 for n in names if n.endswith("step_size")} | step
        solver = make_solver(name, problem, **step, **parameters)
        smallest = []

        def callback():
            smallest.append(solver.get_result()["outer_var"].min())
            return smallest[-1] >= 0 and len(smallest) < 20

        solver.pre_run_hook(None)
        solver.run(callback)
        return smallest[-1]

    assert smallest_entry(Unprojected) < 0 <= smallest_entry(LogReg)


@pytest.mark.parametrize("name", [*STOCHASTIC, *FULL_BATCH, *BLACK_BOX])
def test_solvers_name_their_papers_with_the_year(name):
    references = component("solver", name).references
    assert references
    assert all(re.search(r"\b(19|20)\d\d\b", paper) for paper in references)


@pytest.mark.parametrize("name", [*STOCHASTIC, *FULL_BATCH])
def test_docstrings_of_solvers_show_their_update(name):
    docstring = inspect.getdoc(component("solver", name))
    assert re.search(r"^ {4,}\S.*(<-| = )", docstring, re.MULTILINE)

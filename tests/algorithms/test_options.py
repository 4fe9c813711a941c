"""What options of solvers change, against the papers' formulas."""

import numpy as np
import pytest

from benchmark_utils.frameworks import get_framework
from benchmark_utils.problems import get_problem
from helpers import MONTHLY, make_problem, make_quadratic, make_solver, multiclass_data, run

FULL = dict(framework="python", batch_size="full", eval_freq=1)


def bome_step(problem, theta_step, phi):
    """One iteration of BOME by full-batch derivatives: theta and lambda after it."""
    theta, lam = problem.inner_var0, problem.outer_var0
    solved = theta
    for _ in range(10):
        solved = solved - 0.2 * problem.inner_value_grad(solved, lam)[1]
    arrays, oracle = problem.all_samples, problem.oracle("python")
    q_theta, g_lambda = oracle.inner_grads(arrays, theta, lam, 0)
    q_lambda = g_lambda - oracle.inner_grads(arrays, solved, lam, 0)[1]
    _, (f_theta, f_lambda) = problem.outer_value_grad(theta, lam)
    square = q_theta @ q_theta + q_lambda @ q_lambda
    gap = problem.inner_value_grad(theta, lam)[0] - problem.inner_value_grad(solved, lam)[0]
    decrease = 3 * (gap if phi == "value" else square)
    mu = max(decrease - f_theta @ q_theta - f_lambda @ q_lambda, 0) / square
    assert mu > 0
    return theta - theta_step * (f_theta + mu * q_theta), lam - 0.1 * (f_lambda + mu * q_lambda)


@pytest.mark.parametrize("phi", ["grad_norm", "value"])
@pytest.mark.parametrize(("theta_step", "size"), [("outer", 0.1), ("inner", 0.2)])
def test_bomes_multiplier_has_either_choice_of_phi(phi, theta_step, size):
    problem = make_quadratic()
    parameters = dict(step_size=0.2, outer_step_size=0.1, barrier=3.0)
    solver = make_solver("BOME", problem, phi=phi, theta_step=theta_step, **parameters, **FULL)
    result = run(solver, 1)
    theta, lam = bome_step(problem, size, phi)
    np.testing.assert_allclose(result["inner_var"], theta, rtol=1e-12)
    np.testing.assert_allclose(result["outer_var"], lam, rtol=1e-12)


def test_bomes_choice_by_values_is_refused_where_there_are_none(monkeypatch):
    problem = make_problem()
    without = problem.oracle("python")._replace(inner_value=None)
    monkeypatch.setattr(problem, "oracle", lambda framework: without)
    skip, reason = make_solver("BOME", phi="value", framework="python").skip(problem)
    assert skip
    assert reason.endswith("give phi=grad_norm.")


def test_vrbo_restarts_on_all_samples():
    problem = make_problem(n=90, m=70)
    parameters = dict(n_neumann_steps=6, neumann_step_size=0.2, outer_step_size=0.3)
    solver = make_solver("VRBO", problem, n_large_batches="all", batch_size=10, eval_freq=1,
                         framework="python", **parameters)  # fmt: skip
    moved = run(solver, 1)["outer_var"] - problem.outer_var0
    theta, lam = problem.inner_var0, problem.outer_var0
    _, (f_theta, f_lambda) = problem.outer_value_grad(theta, lam)
    contraction = np.eye(5) - 0.2 * problem.inner_hessian(theta, lam)
    v = 0.2 * sum(np.linalg.matrix_power(contraction, q) @ f_theta for q in range(7))
    direction = f_lambda - problem.cross(theta, lam, v)
    np.testing.assert_allclose(moved, -0.3 * direction, rtol=1e-10)


def test_f2sas_independent_minibatches_are_two_sets_and_its_shared_ones_are_one():
    problem = make_problem(n=96, m=64)
    parameters = dict(n_inner_steps=3, batch_size=16, eval_freq=1, framework="python")
    shared, independent = (
        make_solver("F2SA", problem, minibatches=minibatches, **parameters)
        for minibatches in ("shared", "independent")
    )
    assert (shared.n_inner_batches, independent.n_inner_batches) == (4, 8)
    twice = [np.tile(blocks, 2) for blocks in np.random.default_rng(0).integers(6, size=(5, 4))]
    ends = []
    for solver, inner in ((shared, [blocks[:4] for blocks in twice]), (independent, twice)):
        step = solver.make_step(get_framework("python"), problem.oracle("python"))
        arrays = problem.arrays(16, 16, np.float64, np.random.default_rng(0))
        state = solver.init(arrays, *solver.start)
        for blocks in inner:
            state = step(state, arrays, blocks, np.zeros(4, int), (0.2, 0.1, 3.0))
        ends.append(state)
    # The same if both sets are the same minibatches.
    for found, expected in zip(*ends, strict=True):
        np.testing.assert_array_equal(found, expected)
    different = solver.make_step(get_framework("python"), problem.oracle("python"))(
        solver.init(arrays, *solver.start), arrays, np.arange(8) % 6, np.zeros(4, int),
        (0.2, 0.1, 3.0),
    )  # fmt: skip
    assert np.abs(different.outer_var - ends[0].outer_var).max() > 1e-4


def test_momentum_has_a_decay_of_its_own():
    solver = make_solver(
        "MRBO", make_problem(), framework="python", decay=0.0, momentum=1.0, momentum_decay=2 / 3
    )
    rho, gamma, beta, _ = solver.step_sizes(np.array([1, 8, 27]))
    assert (rho == rho[0]).all()
    assert (gamma == gamma[0]).all()
    np.testing.assert_allclose(beta, [1, 1 / 4, 1 / 9], rtol=1e-14)


@pytest.mark.parametrize("name", ["BOME", "PZOBO"])
def test_constants_that_are_tuned_are_no_part_of_what_is_compiled(name):
    constants = {"BOME": "barrier", "PZOBO": "smoothing"}
    # Closures hold only functions and whole numbers, such as those of steps.
    solver = make_solver(name, make_problem(), framework="python")
    step = solver.make_step(get_framework("python"), solver.problem.oracle("python"))
    held = [cell.cell_contents for cell in step.__closure__]
    assert not any(isinstance(value, float) for value in held)
    assert getattr(solver, constants[name]) in [scale for scale, _ in solver.schedules()]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("BOME", dict(phi="value")),
        ("F2SA", dict(minibatches="independent")),
        pytest.param(
            "VRBO",
            dict(n_large_batches="all", n_neumann_steps=3, n_inner_steps=2),
            marks=MONTHLY,
        ),
        ("SOBA", dict(replacement=False)),
    ],
)
def test_options_walk_the_same_path_on_all_frameworks(name, option):
    problem = make_problem(n=90, m=70)
    results = [
        run(
            make_solver(name, problem, framework=framework, batch_size=16, eval_freq=20, **option),
            2,
        )
        for framework in ("python", "numba", "jax")
    ]
    for result in results[1:]:
        assert result["calls"] == results[0]["calls"]
        np.testing.assert_allclose(result["outer_var"], results[0]["outer_var"], rtol=1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("framework", ["python", "numba", "jax"])
@pytest.mark.parametrize("make", [
    make_problem, make_quadratic,
    lambda: get_problem("multinomial_logreg")(
        **multiclass_data(), reg="exp", n_reg="full", seed=0
    ),
    lambda: get_problem("data_cleaning")(**multiclass_data(), ridge=0.1, seed=0),
])  # fmt: skip
def test_differences_of_minibatch_values_average_to_that_of_g(make, framework):
    problem = make()
    arrays = problem.arrays(16, 16, np.float64, np.random.default_rng(0))
    inner_value = problem.oracle(framework).inner_value
    theta, lam = problem.inner_var0, problem.outer_var0
    other = theta + np.linspace(-0.1, 0.1, theta.size)
    n_blocks = len(problem.block_sizes(16, 16)[0])
    differences = [
        float(inner_value(arrays, other, lam, block) - inner_value(arrays, theta, lam, block))
        for block in range(n_blocks)
    ]
    ends = (problem.inner_value_grad(point, lam)[0] for point in (theta, other))
    assert np.mean(differences) == pytest.approx(-np.subtract(*ends), rel=1e-9)

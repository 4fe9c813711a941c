"""Where stochastic methods end on a bilevel quadratic, of which the solution is known.

With full batches a method is deterministic, or random in its directions alone. Methods with a bias
by construction are tested in the limit in which it vanishes, and shown to have it before that.
"""

import numpy as np
import pytest

from benchmark_utils.frameworks import get_framework
from helpers import STOCHASTIC, component, make_quadratic, make_solver, run

pytestmark = pytest.mark.slow

STEPS = dict(step_size=0.5, outer_step_size=0.3)
CONSTANT = dict(decay=0.0)

# No bias: v has a recursion of its own.
UNBIASED = {
    "AmIGO": dict(linear_step_size=0.5),
    "FSLA": dict(linear_step_size=0.5, **CONSTANT),
    "LancBiO": dict(linear_start="warm"),
    "MA-SOBA": dict(momentum=0.5, **CONSTANT),
    "NBO": {},
    "S-TFBO": dict(initial_inner=2.0, initial_outer=1.0),
    "SABA": dict(init_memory="full"),
    "SOBA": dict(outer_decay=0.0, **CONSTANT),
    "SPABA": dict(probability=0.3),
    "SRBA": dict(period=4),
    "SubBiO": {},
}
# The bias of v after Q steps is (1 - 0.9 H)^Q, with eigenvalues of H from 1/3 to 1.
TRUNCATED = {
    "AmIGO": ("n_linear_steps", dict(linear_step_size=0.9, linear_start="zero")),
    "MRBO": ("n_neumann_steps", dict(neumann_step_size=0.9, **CONSTANT)),
    "StocBiO": ("n_neumann_steps", dict(neumann_step_size=0.9)),
    "VRBO": ("n_neumann_steps", dict(neumann_step_size=0.9)),
}
RANDOM = ("BSA", "SUSTAIN", "TTSA")
# One iteration's step on lambda is proportional to 1 / sigma.
SMALL_STEPS = dict(framework="jax", eval_freq=1000, n_iterations=40_000)
# The bias is that of a penalty sigma, and of this order in 1 / sigma.
PENALISED = [
    ("F2SA", 1, dict(outer_decay=0.0, penalty_growth=0.0, n_inner_steps=40, **CONSTANT)),
    ("F2SA-p", 1, dict(order=1, n_inner_steps=40)),
    ("F2SA-p", 2, dict(order=2, n_inner_steps=40)),
    ("F2SA-p", 3, dict(order=3, n_inner_steps=40)),
    ("AccF2BA", 1, dict(n_inner_steps=40)),
    ("V-PBGD", 1, SMALL_STEPS),
    ("MEHA", 1, dict(penalty_growth=0.0, **SMALL_STEPS)),
]
# Steps of a given length, which falls as t^(-1/2), do not come to rest before.
NORMALISED = ("AccBO", "BO-REP")
# Each has a test of its own.
OTHERS = ("BOME", "PZOBO")


def solver_on_full_batches(name, problem, **parameters):
    given = dict(batch_size="full", framework="python", eval_freq=100, **STEPS) | parameters
    steps = {key for key in STEPS if key not in component("solver", name).parameters}
    return make_solver(name, problem, **{key: given[key] for key in given if key not in steps})


def error(name, n_iterations=800, **parameters):
    """The distance from the minimiser of h at which a method ends."""
    problem = make_quadratic()
    solver = solver_on_full_batches(name, problem, **parameters)
    result = run(solver, -(-n_iterations // solver.eval_freq))
    return np.linalg.norm(result["outer_var"] - problem.outer_star)


def test_every_method_is_tested():
    penalised = {name for name, _, _ in PENALISED}
    assert {*UNBIASED, *TRUNCATED, *RANDOM, *penalised, *NORMALISED, *OTHERS} == {*STOCHASTIC}


@pytest.mark.parametrize("name", UNBIASED)
def test_methods_with_a_recursion_for_v_end_at_the_solution(name):
    assert error(name, **UNBIASED[name]) < 1e-10


@pytest.mark.parametrize("name", TRUNCATED)
def test_methods_that_truncate_the_inverse_end_at_the_solution_as_terms_grow(name):
    n_terms, parameters = TRUNCATED[name]
    few, more, many = (
        error(name, 400, **parameters, **{n_terms: number}) for number in (2, 10, 80)
    )
    assert few > 1e-2
    assert more < 0.1 * few
    assert many < 1e-10


def steps_from_solution(name, problem, draws, **parameters):
    """Where one iteration leads from the solution, with full batches, for each of some draws."""
    problem.inner_var0 = problem.inner_star(problem.outer_star)
    problem.outer_var0 = problem.outer_star
    solver = solver_on_full_batches(name, problem, **parameters)
    step = solver.make_step(get_framework("python"), problem.oracle("python"))
    state = solver.init(problem.all_samples, *solver.start)
    batches = np.zeros(solver.n_inner_batches, int), np.zeros(solver.n_outer_batches, int)
    step_sizes = tuple(column[0] for column in solver.step_sizes(np.ones(1)))
    args = state, problem.all_samples, *batches, step_sizes
    return [step(*args, draw) for draw in draws]


@pytest.mark.parametrize("name", RANDOM)
def test_methods_with_a_random_term_stay_at_the_solution_in_the_mean_over_terms(name):
    problem = make_quadratic()
    parameters = dict(neumann_step_size=0.9, n_neumann_steps=100)
    ends = steps_from_solution(name, problem, range(100), **parameters)
    for end in ends:
        np.testing.assert_allclose(end.inner_var, problem.inner_var0, rtol=1e-12)
    outer_vars = np.array([end.outer_var for end in ends])
    np.testing.assert_allclose(outer_vars.mean(axis=0), problem.outer_star, rtol=1e-10)
    assert outer_vars.std(axis=0).max() > 0.1


@pytest.mark.parametrize("name", RANDOM)
def test_the_mean_over_random_terms_is_the_neumann_series(name):
    problem = make_quadratic()
    parameters = dict(neumann_step_size=0.5, n_neumann_steps=4)
    ends = steps_from_solution(name, problem, range(4), **parameters)
    star, inner_star = problem.outer_star, problem.inner_var0
    _, (grad_in, grad_out) = problem.outer_value_grad(inner_star, star)
    contraction = np.eye(4) - 0.5 * problem.inner_hessian(None, None)
    v = 0.5 * sum(np.linalg.matrix_power(contraction, q) @ grad_in for q in range(4))
    direction = grad_out - problem.cross(inner_star, star, v)
    np.testing.assert_allclose(
        np.mean([end.outer_var for end in ends], axis=0), star - 0.3 * direction, rtol=1e-12
    )


def test_pzobo_stays_at_the_solution_in_the_mean_over_directions_as_inner_steps_grow():
    problem = make_quadratic()
    d = problem.outer_dim
    # Directions of which the mean outer product is the identity, as that of Gaussian ones is.
    directions = np.sqrt(d) * np.eye(d)
    few, many = (
        steps_from_solution(
            "PZOBO", problem, [directions], n_directions=d, n_inner_steps=n_inner_steps
        )[0]
        for n_inner_steps in (3, 200)
    )
    assert np.linalg.norm(few.outer_var - problem.outer_star) > 1e-2
    np.testing.assert_allclose(many.outer_var, problem.outer_star, rtol=1e-10)
    np.testing.assert_allclose(many.inner_var, problem.inner_var0, rtol=1e-12)


@pytest.mark.parametrize(("name", "order", "parameters"), PENALISED)
def test_errors_of_a_penalty_vanish_with_their_order(name, order, parameters):
    penalties = (100, 300)
    errors = [error(name, penalty=penalty, **parameters) for penalty in penalties]
    assert errors[1] > 1e-9
    ratio = penalties[1] / penalties[0]
    assert errors[0] / errors[1] == pytest.approx(ratio**order, rel=0.1)


@pytest.mark.parametrize("name", NORMALISED)
def test_normalised_methods_end_as_near_as_their_last_steps_are_long(name):
    parameters = dict(neumann_step_size=0.9, n_neumann_steps=80, momentum=1.0)
    errors = [error(name, n, **parameters) for n in (400, 1600)]
    # theta follows one or two steps behind.
    assert errors[1] < 2 * STEPS["outer_step_size"] * 1600**-0.5
    assert errors[0] > 1.5 * errors[1]


def test_bomes_error_vanishes_with_its_step_and_as_inner_steps_grow():
    parameters = dict(outer_decay=0.0, framework="jax", eval_freq=1000)
    truncated, large, small = (
        error("BOME", n, n_inner_steps=n_inner_steps, outer_step_size=step, **parameters)
        for n, n_inner_steps, step in ((4_000, 10, 1e-2), (4_000, 80, 1e-2), (40_000, 80, 1e-3))
    )
    assert truncated > 0.1
    assert large < 0.02
    assert small < large / 3


@pytest.mark.parametrize("name", ["SRBA", "VRBO"])
def test_recursions_on_full_batches_are_what_they_begin_with(name):
    # Without noise the direction d + D(now) - D(before) is D(now), whatever the period is.
    outer_vars = [
        run(solver_on_full_batches(name, make_quadratic(), period=period, eval_freq=10), 1)[
            "outer_var"
        ]
        for period in (1, 7)
    ]
    np.testing.assert_allclose(*outer_vars, rtol=1e-12)

"""Oracle calls, in units of one sample, against counting by hand."""

import numpy as np
import pytest

from helpers import make_problem, make_solver, pairs, run

pytestmark = pytest.mark.slow

# 96 inner and 64 outer samples in minibatches of 16: every block is whole.
N, M, BATCH = 96, 64, 16
# Parameters on which the counts below depend, if they are not the defaults.
GIVEN = {
    "AccBO": dict(n_neumann_steps=10),
    "SABA": dict(init_memory="zero"),
    "StocBiO": dict(n_neumann_steps=10),
    "MRBO": dict(n_neumann_steps=10),
    "V-PBGD": dict(n_inner_steps=1),
    "LancBiO": dict(linear_start="zero"),
}

# Minibatch calls of one iteration: inner_grad, hvp, cross, outer_grad.
BY_HAND = {
    "SOBA": (1, 1, 1, 1),
    "SABA": (1, 1, 1, 1),
    # Three steps on each of two linear systems.
    "NBO": (1, 6, 1, 2),
    "S-TFBO": (1, 1, 1, 1),
    # Ten inner steps, one product that makes the subspace and two within it.
    "SubBiO": (10, 3, 1, 1),
    # A step on the moving theta, and two points with ten terms of the series.
    "AccBO": (1, 20, 2, 2),
    # Ten inner steps, ten terms of the series.
    "StocBiO": (10, 10, 1, 1),
    # Ten steps on theta, ten on v.
    "AmIGO": (10, 10, 1, 1),
    # Everything at two points: ten terms of the series at each.
    "MRBO": (2, 20, 2, 2),
    # Two estimates of the hypergradient, of which the second at two points.
    "FSLA": (1, 1, 2, 3),
    # Ten steps on theta and on its penalised sibling, then the gradient of G in lambda at both.
    "F2SA": (22, 0, 0, 11),
    "AccF2BA": (22, 0, 0, 11),
    # For each of two nodes ten steps, then both gradients in lambda.
    "F2SA-p": (22, 0, 0, 22),
    # Ten inner steps and a Lanczos vector, which starts from 0.
    "LancBiO": (10, 1, 1, 1),
    "MA-SOBA": (1, 1, 1, 1),
    # A step on omega, the gradient in lambda at theta and omega, and theta at the new lambda.
    "MEHA": (4, 0, 0, 2),
    # A step on omega, then all gradients of G at theta, and that in lambda at omega.
    "V-PBGD": (3, 0, 0, 1),
    # Ten inner steps, then both gradients of G at two points.
    "BOME": (12, 0, 0, 1),
    # Ten inner steps at lambda, and ten at one perturbed lambda.
    "PZOBO": (20, 0, 0, 1),
}

# The same without what is random: per iteration, and per Hessian in the random product.
RANDOM = {
    # Ten inner steps.
    "BSA": ((10, 0, 1, 1), 1),
    "TTSA": ((1, 0, 1, 1), 1),
    # Everything at two points.
    "SUSTAIN": ((2, 0, 2, 2), 2),
}


def calls(result):
    return tuple(result["calls"][name] for name in ("inner_grad", "hvp", "cross", "outer_grad"))


@pytest.mark.parametrize(("name", "framework"), pairs(BY_HAND, ["jax", "python"]))
def test_calls_of_stochastic_solvers(name, framework):
    problem = make_problem(n=N, m=M)
    parameters = dict(framework=framework, batch_size=BATCH, eval_freq=5)
    solver = make_solver(name, problem, **parameters | GIVEN.get(name, {}))
    result = run(solver, 3)
    assert calls(result) == tuple(15 * BATCH * n for n in BY_HAND[name])


@pytest.mark.parametrize(("name", "framework"), pairs(RANDOM, ["jax", "python"]))
def test_calls_of_solvers_with_a_random_number_of_hessians(name, framework):
    problem = make_problem(n=N, m=M)
    parameters = dict(framework=framework, batch_size=BATCH, eval_freq=50, n_neumann_steps=10)
    solver = make_solver(name, problem, **parameters)
    result = run(solver, 2)
    fixed, per_hessian = RANDOM[name]
    # The draws, made again: between none and nine Hessians, with the same probability.
    *_, rng = np.random.default_rng(solver.seeds).spawn(3)
    n_hessians = sum(rng.integers(10, size=50).sum() for _ in range(2))
    assert 400 < n_hessians < 500
    expected = 100 * np.array(fixed) + [0, per_hessian * n_hessians, 0, 0]
    assert calls(result) == tuple(BATCH * expected)


@pytest.mark.parametrize("framework", ["jax", "python"])
def test_calls_of_srba_are_all_samples_once_a_period_and_two_points_between(framework):
    problem = make_problem(n=90, m=70)
    parameters = dict(framework=framework, eval_freq=5, batch_size="full", period=3)
    # Iterations 1, 4 and 7 of 10.
    assert calls(run(make_solver("SRBA", problem, **parameters), 2)) == (
        4 * 90 + 6 * 180, 4 * 90 + 6 * 180, 4 * 90 + 6 * 180, 4 * 70 + 6 * 140,
    )  # fmt: skip
    solver = make_solver("SRBA", make_problem(n=N, m=M), framework=framework, batch_size=BATCH)
    # By default a period is as long as there are blocks, six inner and four outer ones.
    assert solver.draw(None, np.arange(1, 31)).nonzero()[0].tolist() == [0, 10, 20]


@pytest.mark.parametrize("framework", ["jax", "python"])
def test_calls_of_spaba_are_all_samples_at_first_and_where_the_coin_says_so(framework):
    problem = make_problem(n=N, m=M)
    parameters = dict(framework=framework, eval_freq=50, batch_size=BATCH, probability=0.3)
    solver = make_solver("SPABA", problem, **parameters)
    # The draws, made again.
    *_, rng = np.random.default_rng(solver.seeds).spawn(3)
    n_full = np.count_nonzero(rng.random(2048 // 50 * 50)[1:50] < 0.3) + 1
    assert 5 < n_full < 25
    inner, outer = (n_full * size + (50 - n_full) * 2 * BATCH for size in (N, M))
    assert calls(run(solver, 1)) == (inner, inner, inner, outer)


@pytest.mark.parametrize("framework", ["jax", "python"])
def test_calls_of_bo_rep_have_inner_steps_once_a_period(framework):
    problem = make_problem(n=N, m=M)
    parameters = dict(framework=framework, eval_freq=5, batch_size=BATCH, period=4)
    solver = make_solver("BO-REP", problem, n_inner_steps=3, n_neumann_steps=6, **parameters)
    # Iterations 1, 5 and 9 of 10 move theta.
    assert calls(run(solver, 2)) == tuple(BATCH * n for n in (3 * 3, 60, 10, 10))


@pytest.mark.parametrize("framework", ["jax", "python"])
def test_calls_of_lancbio_are_one_product_more_at_each_warm_restart(framework):
    problem = make_problem(n=N, m=M)
    parameters = dict(framework=framework, eval_freq=5, batch_size=BATCH, subspace_size=3)
    solver = make_solver("LancBiO", problem, linear_start="warm", n_inner_steps=1, **parameters)
    # Iterations 1, 4, 7 and 10 of 10.
    assert calls(run(solver, 2)) == tuple(BATCH * n for n in (10, 10 + 4, 10, 10))


@pytest.mark.parametrize("framework", ["jax", "python"])
def test_calls_of_vrbo_are_a_large_batch_once_a_period_and_differences_always(framework):
    problem = make_problem(n=N, m=M)
    parameters = dict(n_inner_steps=2, n_neumann_steps=4, period=5, n_large_batches=6)
    solver = make_solver(
        "VRBO", problem, framework=framework, batch_size=BATCH, eval_freq=5, **parameters
    )
    # Two periods of six estimates, ten iterations of three differences of two estimates.
    n_estimates = 2 * 6 + 10 * 3 * 2
    assert calls(run(solver, 2)) == tuple(BATCH * n_estimates * n for n in (1, 4, 1, 1))


def test_numbers_of_inner_steps_are_counted():
    problem = make_problem(n=N, m=M)
    parameters = dict(batch_size=BATCH, eval_freq=1, framework="python")
    stocbio = make_solver("StocBiO", problem, n_inner_steps=3, n_neumann_steps=7, **parameters)
    assert calls(run(stocbio, 1)) == (3 * BATCH, 7 * BATCH, BATCH, BATCH)
    amigo = make_solver("AmIGO", problem, n_inner_steps=2, n_linear_steps=5, **parameters)
    assert calls(run(amigo, 1)) == (2 * BATCH, 5 * BATCH, BATCH, BATCH)
    pzobo = make_solver("PZOBO", problem, n_inner_steps=3, n_directions=4, **parameters)
    assert calls(run(pzobo, 1)) == (15 * BATCH, 0, 0, BATCH)
    f2sa = make_solver("F2SA", problem, n_inner_steps=3, **parameters)
    assert calls(run(f2sa, 1)) == (8 * BATCH, 0, 0, 4 * BATCH)
    bome = make_solver("BOME", problem, n_inner_steps=3, **parameters)
    assert calls(run(bome, 1)) == (5 * BATCH, 0, 0, BATCH)
    mrbo = make_solver("MRBO", problem, n_neumann_steps=4, **parameters)
    assert calls(run(mrbo, 1)) == (2 * BATCH, 8 * BATCH, 2 * BATCH, 2 * BATCH)


def test_filling_the_memory_is_one_pass_over_the_data():
    problem = make_problem(n=90, m=70)
    solver = make_solver("SABA", problem, batch_size=16, init_memory="full", framework="python")
    assert calls(run(solver, 0)) == (90, 90, 90, 70)


def test_a_short_last_block_counts_its_own_samples():
    problem = make_problem(n=90, m=70)
    solver = make_solver("SOBA", problem, batch_size=64, eval_freq=400, framework="python")
    result = run(solver, 1)
    # The draws, made again: blocks of 64 and 26 inner samples, of 64 and 6 outer ones.
    inner_rng, outer_rng = np.random.default_rng(solver.seeds).spawn(2)
    inner = np.array([64, 26])[inner_rng.integers(2, size=400)].sum()
    outer = np.array([64, 6])[outer_rng.integers(2, size=400)].sum()
    assert calls(result) == (inner, inner, inner, outer)


def test_full_batches_count_all_samples():
    problem = make_problem(n=90, m=70)
    solver = make_solver("SOBA", problem, batch_size="full", eval_freq=3, framework="python")
    assert calls(run(solver, 1)) == (270, 270, 270, 210)


@pytest.mark.parametrize(("truncation", "depth"), [("full", 8), (3, 3)])
def test_calls_of_unrolling(truncation, depth):
    problem = make_problem(n=N, m=M)
    parameters = dict(n_inner_steps=8, truncation=truncation, outer_step_size=1.0)
    solver = make_solver("Unrolled", problem, **parameters)
    assert calls(run(solver, 5)) == (5 * 8 * N, 5 * depth * N, 5 * depth * N, 5 * M)


@pytest.mark.parametrize("name", ["GridSearch", "HOAG"])
def test_calls_of_methods_with_adaptive_solvers_are_what_the_problem_was_asked(name, monkeypatch):
    problem = make_problem(n=N, m=M)
    seen = dict.fromkeys(("inner_value_grad", "hvp", "cross", "outer_value_grad"), 0)

    def spied(method):
        original = getattr(type(problem), method)

        def call(self, *args):
            seen[method] += 1
            return original(self, *args)

        return call

    for method in seen:
        monkeypatch.setattr(type(problem), method, spied(method))
    parameters = {"inner_solver": "lbfgs"} if name == "GridSearch" else {}
    result = run(make_solver(name, problem, **parameters), 6)
    assert seen["inner_value_grad"] > 6
    expected = (seen["inner_value_grad"] * N, seen["hvp"] * N, seen["cross"] * N)
    assert calls(result) == (*expected, seen["outer_value_grad"] * M)

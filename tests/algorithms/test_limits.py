"""A run ends where its budget does, in the middle of an iteration if that is long."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from benchmark_utils.algorithms import limits, stochastic
from benchmark_utils.algorithms.counting import CountedProblem
from benchmark_utils.algorithms.limits import OutOfBudget
from benchmark_utils.problems.logreg import LogReg
from helpers import Time, make_problem, make_solver, run, slowly


@pytest.fixture
def time(monkeypatch):
    time = Time()
    for module in (limits, stochastic):
        monkeypatch.setattr(module, "perf_counter", time)
    return time


class Callback:
    """benchopt's callback, which looks at the clock at each tenth iteration only."""

    def __init__(self, timeout, time):
        self.stopping_criterion, self.time = SimpleNamespace(timeout=timeout), time
        self.time_iter, self.calls, self.time_callback = 0.0, 0, time()

    def __call__(self):
        self.time_iter += self.time() - self.time_callback
        self.calls += 1
        self.time_callback = self.time()
        return self.calls % 10 > 0 or self.time_iter < self.stopping_criterion.timeout


# An inner solve of each would take a thousand seconds or more.
LONG = dict(inner_solver="gradient_descent", tolerance=1e-30)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("GridSearch", LONG),
        ("Implicit", LONG),
        ("Unrolled", dict(n_inner_steps=10_000)),
    ],
)
def test_a_long_inner_solve_is_cut_at_the_timeout_and_the_last_point_kept(name, parameters, time):
    problem = slowly(make_problem(), time)
    solver, callback = make_solver(name, problem, **parameters), Callback(20, time)
    solver.run(callback)
    assert callback.time_iter == 20
    assert solver.get_result()["calls"]["inner_grad"] <= 20 * problem.n_inner_samples
    assert (solver.get_result()["outer_var"] == problem.outer_var0).all()


def test_an_estimate_is_cut_at_the_timeout_and_the_last_one_kept(time):
    problem = slowly(make_problem(), time)
    solver, callback = make_solver("Unrolled", problem), Callback(20, time)
    solver.set_objective(problem, question="estimate")
    results = []

    def judging():
        results.append(solver.get_result())
        return len(results) < 1000

    judging.stopping_criterion = callback.stopping_criterion
    solver.run(judging)
    # Estimates of 0, 1, 2, ... steps, until twenty steps are made: that of six steps is cut.
    assert [result["iterations"] for result in results] == [0, 1, 2, 3, 4, 5, 5]
    assert results[-1] is results[-2]


def test_a_solver_makes_errors_of_its_own_warnings_only(monkeypatch):
    solver = make_solver("HOAG", make_problem())

    def iterates(problem):
        warnings.simplefilter("error")
        np.seterr(all="raise")
        yield problem.inner_var0, problem.outer_var0

    monkeypatch.setattr(solver, "iterates", iterates)
    filters, handling = list(warnings.filters), np.geterr()
    run(solver, 1)
    assert (list(warnings.filters), np.geterr()) == (filters, handling)


def test_calls_are_limited_within_an_iteration():
    problem = make_problem()
    problem.max_calls = 10 * problem.n_inner_samples
    solver = make_solver("Implicit", problem, **LONG)
    solver.run(lambda: True)
    assert solver.get_result()["calls"]["inner_grad"] == problem.max_calls


def test_a_chunk_of_slow_iterations_is_cut_at_the_timeout(time):
    problem = make_problem()
    solver = make_solver("SOBA", problem, framework="python", batch_size=16, eval_freq=4)
    callback, iterate = Callback(20, time), solver.iterate

    def slowly_iterate(state, arrays, draws):
        time.seconds += len(draws[0])
        return iterate(state, arrays, draws)

    solver.eval_freq, solver.iterate = 10**5, slowly_iterate
    solver.pre_run_hook(None)
    solver.run(callback)
    # Each takes more than 0.1 s, and is a piece of its own.
    assert solver.iterations == 20


@pytest.mark.parametrize(
    ("framework", "batch_size", "n_iterations"),
    [("python", 16, 1), ("python", "full", 1), ("jax", 16, 8), ("jax", "full", 2)],
)
def test_few_long_iterations_are_made_before_the_first_look_at_the_clock(
    framework, batch_size, n_iterations, time, monkeypatch
):
    problem = make_problem()
    # SOBA asks for three oracles of G and one of F.
    full_batch = 3 * problem.n_inner_samples + problem.n_outer_samples
    monkeypatch.setattr(stochastic, "MOST_WORK", 3.5 * full_batch * (problem.inner_dim + 100))
    parameters = dict(framework=framework, batch_size=batch_size, eval_freq=8)
    solver, callback = make_solver("SOBA", problem, **parameters), Callback(1, time)
    iterate = solver.iterate

    def slowly_iterate(state, arrays, draws):
        time.seconds += len(draws[0])
        return iterate(state, arrays, draws)

    solver.iterate = slowly_iterate
    solver.pre_run_hook(None)
    solver.run(callback)
    # The timeout is one iteration. JAX compiles for one length, a divisor of eval_freq.
    assert solver.iterations == n_iterations


def test_rare_full_batches_count_in_the_mean_calls_of_an_iteration():
    problem = make_problem(n=96, m=64)
    parameters = dict(framework="python", batch_size=16, eval_freq=stochastic.DRAWN_TOGETHER)
    solver = make_solver("SRBA", problem, period=4, **parameters)
    calls = sum(run(solver, 1)["calls"].values()) - sum(solver.measured_calls.first.values())
    assert solver.mean_calls() == calls / stochastic.DRAWN_TOGETHER


def test_oracles_raise_after_the_end_of_the_budget(time):
    problem = make_problem()
    counted = CountedProblem(problem, limits.Clock(Callback(-1.0, time)))
    with pytest.raises(OutOfBudget):
        counted.hvp(problem.inner_var0, problem.outer_var0, problem.inner_var0)
    assert not any(counted.counts.values())


def test_a_hessian_counts_as_the_products_that_give_its_columns():
    problem = make_problem()
    counted = CountedProblem(problem)
    counted.inner_hessian(problem.inner_var0, problem.outer_var0)
    assert counted.counts["hvp"] == problem.inner_dim * problem.n_inner_samples
    counted = CountedProblem(problem)
    counted.solve_inner(problem.outer_var0, problem.inner_var0)
    n_hessians, rest = divmod(counted.counts["hvp"], problem.inner_dim * problem.n_inner_samples)
    assert n_hessians >= 2
    assert rest == 0
    assert isinstance(counted, LogReg)

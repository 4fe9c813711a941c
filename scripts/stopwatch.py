"""Shared by the measurements: problems of any size, and timed iterations."""

import time
from typing import NamedTuple

import numpy as np
from benchopt.utils.run_context import RunContext
from numba import njit
from scipy.sparse import random_array
from suite import BENCHMARK

from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.oracle import ORACLE_NAMES
from benchmark_utils.problems.logreg import LogReg

# Iterations between two looks at the clock.
CHUNK = 2048


def make_problem(n_train=37_492, n_val=12_498, n_features=22, density=None):
    """A random logistic regression, of IJCNN1's size by default; sparse if a density is given."""
    rng = np.random.default_rng(0)
    shape = n_train + n_val, n_features
    if density is None:
        X = rng.uniform(-1, 1, shape)
    else:
        X = random_array(shape, density=density, format="csr", rng=rng)
    y = np.where(X.sum(axis=1) + rng.logistic(size=shape[0]) > 0, 1.0, -1.0)
    parts = dict(X_train=X[:n_train], y_train=y[:n_train], X_val=X[n_train:], y_val=y[n_train:])
    return LogReg(**parts, reg="exp", n_reg="full", seed=0)


def stochastic_solvers(names=None):
    """The classes of all stochastic solvers, or of those named."""
    return [
        cls
        for cls in BENCHMARK.get_solvers()
        if "framework" in cls.parameters and (names is None or cls.name in names)
    ]


def make_solver(cls, problem, chunk=CHUNK, **parameters):
    """A compiled solver that returns after each chunk of iterations."""
    solver = cls.get_instance(eval_freq=chunk, **parameters)
    RunContext().set_run_context("bilevel", "bench", solver, repetition=0, base_seed=0)
    solver.set_objective(problem)
    return solver


def microseconds_per_iteration(solver, seconds):
    """The fastest chunk of a solver's iterations, after the first, which may compile."""
    solver.pre_run_hook(None)
    times, begin = [], time.perf_counter()
    last = [begin]

    def callback():
        now = time.perf_counter()
        times.append(now - last[0])
        last[0] = now
        return len(times) < 4 or now - begin < seconds

    solver.run(callback)
    return min(times[2:]) / solver.eval_freq * 1e6


def run_by_its_own_time(solver, look):
    """Run a solver as long as ``look(seconds)`` is true; looks are not a part of the seconds.

    Parameters
    ----------
    solver : benchopt.BaseSolver
    look : callable
        Called at each callback with the processor's seconds that the solver has taken.
    """
    spent, started = 0.0, None

    def callback():
        nonlocal spent, started
        if started is not None:
            spent += time.process_time() - started
        goes_on = look(spent)
        started = time.process_time()
        return goes_on

    solver.run(callback)


class Asked(NamedTuple):
    inner_var: Array  # (p,)
    outer_var: Array  # (d,)
    answer: Array  # the oracle's last


class OneOracle(StochasticSolver):
    """One oracle call per iteration, as a stochastic solver, so that it is timed like one."""

    name = "OneOracle"
    parameters = {"oracle": ["inner_grad"], **StochasticSolver.parameters}

    def schedules(self):
        return [(0.0, 0)]

    def init(self, arrays, inner_var, outer_var):
        of_lambda = np.zeros_like(outer_var)
        answers = {"cross": of_lambda, "outer_grad": (inner_var, of_lambda)}
        return Asked(inner_var, outer_var, answers.get(self.oracle, inner_var))

    def make_step(self, framework, oracle):
        ask = getattr(oracle, self.oracle)

        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            theta, lam, _ = state
            return Asked(theta, lam, ask(arrays, theta, lam, inner_batches[0]))

        def step_with_product(state, arrays, inner_batches, outer_batches, step_sizes):
            theta, lam, _ = state
            return Asked(theta, lam, ask(arrays, theta, lam, theta, inner_batches[0]))

        def outer_step(state, arrays, inner_batches, outer_batches, step_sizes):
            theta, lam, _ = state
            return Asked(theta, lam, ask(arrays, theta, lam, outer_batches[0]))

        steps = {"inner_grad": step, "outer_grad": outer_step}
        return steps.get(self.oracle, step_with_product)


def oracle_costs(problem, seconds, **parameters):
    """Microseconds of one call on a minibatch, by oracle name."""
    return {
        name: microseconds_per_iteration(
            make_solver(OneOracle, problem, oracle=name, **parameters), seconds
        )
        for name in ORACLE_NAMES
    }


def cost_of_oracles(solver, costs):
    """Microseconds of the calls of one iteration of a solver that has run, one after the other."""
    n_samples = solver.iterations * solver.batch_size
    return sum(calls / n_samples * costs[name] for name, calls in solver.calls.totals().items())


@njit(fastmath=True)
def sum_blocks(inner, outer, inner_batches, outer_batches):
    total = inner[0, 0] - inner[0, 0]
    for t in range(inner_batches.shape[0]):
        block = inner[inner_batches[t]]
        for k in range(block.shape[0]):
            total += block[k]
        block = outer[outer_batches[t]]
        for k in range(block.shape[0]):
            total += block[k]
    return total


def read_floor(problem, batch_size, precision, seconds):
    """Microseconds to read one inner and one outer minibatch."""
    rng = np.random.default_rng(0)
    arrays = problem.arrays(batch_size, batch_size, np.dtype(precision), rng)
    rows = [blocks.reshape(len(blocks), -1) for blocks in (arrays.inner_rows, arrays.outer_rows)]
    batches = [rng.integers(len(blocks), size=CHUNK) for blocks in rows]
    times, begin = [], time.perf_counter()
    while len(times) < 4 or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        sum_blocks(*rows, *batches)
        times.append(time.perf_counter() - start)
    return min(times[1:]) / CHUNK * 1e6

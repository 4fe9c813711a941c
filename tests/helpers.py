"""Shared by the test modules.

Problems, solvers and data made as benchopt makes them, the facts that hold for the derivatives of
every problem, and commands run as a user runs them.
"""

import json
import os
import re
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from benchopt.benchmark import Benchmark
from benchopt.results import read_results
from benchopt.utils.run_context import RunContext

from benchmark_utils.algorithms.black_box import BlackBoxSolver
from benchmark_utils.algorithms.full_batch import FullBatchSolver
from benchmark_utils.algorithms.stochastic import StochasticSolver
from benchmark_utils.frameworks import get_framework, refuse_framework
from benchmark_utils.problems import get_problem
from benchmark_utils.problems.logreg import LogReg
from benchmark_utils.problems.multinomial_logreg import MultinomialLogReg
from benchmark_utils.problems.quadratic import Quadratic

ROOT = Path(__file__).parents[1]
BENCHMARK = Benchmark(ROOT)


def names_of_solvers(base):
    return {solver.name for solver in BENCHMARK.get_solvers() if issubclass(solver, base)}


STOCHASTIC = sorted(names_of_solvers(StochasticSolver))
BLACK_BOX = sorted(names_of_solvers(BlackBoxSolver))
# Those that take steps.
FULL_BATCH = sorted(names_of_solvers(FullBatchSolver).difference(BLACK_BOX))
# A dataset and the parameters of another, small enough for tests.
SMALL = "simulated[n_samples=200,n_features=4]"
SMALL_REGRESSION = dict(n_samples=80, n_features=12, n_nonzero=4)
ORACLES = (
    "inner_grad",
    "inner_grads",
    "inner_lambda_grad",
    "hvp",
    "cross",
    "inner_grad_hvp_cross",
    "outer_grad",
    "outer_lambda_grad",
)


def logreg_data(n=90, m=70, p=5, seed=0):
    """Training and validation samples of a noisy binary classification."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n + m, p))
    y = np.where(X @ rng.standard_normal(p) + rng.logistic(size=n + m) > 0, 1.0, -1.0)
    return dict(X_train=X[:n], y_train=y[:n], X_val=X[n:], y_val=y[n:])


def make_problem(reg="exp", n_reg="full", seed=0, box="none", **shape):
    """A small logistic regression; without a box, where derivatives are checked anywhere."""
    return LogReg(**logreg_data(**shape), reg=reg, n_reg=n_reg, box=box, seed=seed)


def quadratic_data(**parameters):
    """A small bilevel quadratic from its dataset."""
    sizes = dict(n_inner_samples=60, n_outer_samples=50, inner_dim=4, outer_dim=3)
    spectra = dict(inner_conditioning=3, outer_conditioning=3)
    data = raw_data("quadratic", **sizes | spectra | parameters)
    assert data.pop("task") == "quadratic"
    return data


def make_quadratic(seed=0, **parameters):
    return Quadratic(**quadratic_data(**parameters), seed=seed)


def multiclass_data(n=60, m=45, p=4, n_classes=3, seed=0):
    """Training and validation samples of a noisy classification into a few classes."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n + m, p))
    scores = X @ rng.standard_normal((p, n_classes)) + rng.gumbel(size=(n + m, n_classes))
    y = scores.argmax(axis=1)
    return dict(X_train=X[:n], y_train=y[:n], X_val=X[n:], y_val=y[n:])


def make_multinomial():
    return MultinomialLogReg(**multiclass_data(), reg="exp", n_reg="full", box="none", seed=0)


def component(kind, name):
    """The class of a solver or a dataset."""
    classes = BENCHMARK.get_solvers() if kind == "solver" else BENCHMARK.get_datasets()
    return next(cls for cls in classes if cls.name == name)


def raw_data(name, **parameters):
    """What a dataset returns, available or not."""
    dataset = component("dataset", name).get_instance(**parameters)
    RunContext().set_run_context("bilevel", dataset, "solver", repetition=0, base_seed=0)
    return dataset.get_data()


def get_data(name, **parameters):
    """The data of a dataset; the test is skipped where they cannot be had."""
    data = raw_data(name, **parameters)
    if "unavailable" in data:
        pytest.skip(data["unavailable"])
    return data


def objective_skip(data, **parameters):
    """Whether the objective refuses these data or parameters, and its reason."""
    return BENCHMARK.get_benchmark_objective().get_instance(**parameters).skip(**data)


def assert_advice(reason, owner, **parameters):
    """A refusal names the owner and the values of its parameters, and says what to give."""
    assert reason.startswith(f"{owner}: ")
    for name, value in parameters.items():
        assert f"{name}={value}" in reason.replace("'", "")
    assert re.search(r"; give .+\.$", reason), reason


def make_full_batch(problem, dataset="simulated_regression", **parameters):
    """A problem without minibatches, on a small dataset."""
    data_parameters = parameters.pop(
        "data", SMALL_REGRESSION if dataset == "simulated_regression" else {}
    )
    data = get_data(dataset, **data_parameters)
    del data["task"]
    return get_problem(problem)(**data, **parameters, seed=0)


def make_ridge(reg="exp", n_reg="full", outer="validation"):
    return make_full_batch("ridge", reg=reg, n_reg=n_reg, outer=outer)


def make_dictionary_learning(n_signals=4):
    shape = dict(n_signals=n_signals, n_dims=8, n_atoms=12)
    return make_full_batch("dictionary_learning", "sparse_coding", data=shape, alpha=0.1)


def set_run_context(solver):
    """Give a solver a seed, as benchopt does for each run."""
    RunContext().set_run_context("bilevel", "data", solver, repetition=0, base_seed=0)


def make_solver(name, problem=None, **parameters):
    """A solver with these parameters, ready to run if a problem is given."""
    solver = component("solver", name).get_instance(**parameters)
    set_run_context(solver)
    if problem is not None:
        assert solver.skip(problem) == (False, None)
        solver.set_objective(problem)
    return solver


class Time:
    """A clock that only the computations of a test move on."""

    def __init__(self):
        self.seconds, self.running = 0.0, False

    def __call__(self):
        return self.seconds


def slowly(problem, time, oracles=("inner_value_grad",)):
    """The same problem, each of whose calls of these oracles takes a second."""

    def slow(name):
        def call(self, *arguments):
            # What an oracle asks of others takes no more.
            outermost, time.running = not time.running, True
            try:
                return getattr(super(cls, self), name)(*arguments)
            finally:
                time.running = not outermost
                time.seconds += outermost

        return call

    cls = type("Slow", (type(problem),), {name: slow(name) for name in oracles})
    problem.__class__ = cls
    return problem


MONTHLY = [pytest.mark.monthly, pytest.mark.slow]
# Stochastic solvers that are compiled in all frameworks whenever tests run; the others' steps are
# so in numba and plain Python, and once a month elsewhere.
OFTEN = {"BOME", "F2SA", "MRBO", "SABA", "SOBA", "StocBiO"}


def pairs(names, frameworks, rare=("jax",)):
    """Parameters of a test: each solver with each framework, some of them once a month only."""
    return [
        pytest.param(
            name, framework,
            marks=MONTHLY if framework in rare and name not in OFTEN else [],
        )
        for name in names
        for framework in frameworks
    ]  # fmt: skip


def constant_steps(name, size=0.1):
    """Step sizes of a stochastic solver that are numbers, and what else minibatches need.

    ``auto`` is made for h with a minimiser: without a box lambda leaves for infinity, and some
    solvers diverge on the way. So does LancBiO from a warm start.
    """
    names = component("solver", name).parameters
    start = {"linear_start": "zero"} if name == "LancBiO" else {}
    return {step: size for step in names if step.endswith("step_size")} | start


def run(solver, n_callbacks):
    """Run a solver until its callback has been called this often after the starting point."""
    left = iter(range(n_callbacks))
    solver.pre_run_hook(None)
    solver.run(lambda: next(left, None) is not None)
    return solver.get_result()


class Allocated:
    """The bytes that NumPy allocates in a `with`: at the peak, and what is kept after it."""

    def __enter__(self):
        tracemalloc.start()
        return self

    def __exit__(self, *error):
        self.kept, self.peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()


def central_difference(function, x, step=1e-5):
    """The Jacobian of a function at x, one column an entry of x."""
    columns = []
    for k in range(x.size):
        shift = np.zeros_like(x)
        shift[k] = step
        columns.append((function(x + shift) - function(x - shift)) / (2 * step))
    return np.stack(columns, axis=-1)


def assert_derivatives(problem, theta, lam, rtol=1e-7, atol=1e-8):
    """All full-batch derivatives of a problem agree with central differences."""
    tolerance = dict(rtol=rtol, atol=atol)
    v = np.linspace(-1, 1, problem.inner_dim)

    def grad(x):
        return problem.inner_value_grad(x, lam)[1]

    np.testing.assert_allclose(
        grad(theta),
        central_difference(lambda x: problem.inner_value_grad(x, lam)[0], theta),
        **tolerance,
    )
    hessian = central_difference(grad, theta)
    np.testing.assert_allclose(problem.hvp(theta, lam, v), hessian @ v, **tolerance)
    np.testing.assert_allclose(problem.inner_hessian(theta, lam), hessian, **tolerance)
    cross = central_difference(lambda x: problem.inner_value_grad(theta, x)[1], lam)
    np.testing.assert_allclose(problem.cross(theta, lam, v), v @ cross, **tolerance)
    _, (grad_in, grad_out) = problem.outer_value_grad(theta, lam)
    outer_in = central_difference(lambda x: problem.outer_value_grad(x, lam)[0], theta)
    np.testing.assert_allclose(grad_in, outer_in, **tolerance)
    outer_out = central_difference(lambda x: problem.outer_value_grad(theta, x)[0], lam)
    np.testing.assert_allclose(grad_out, outer_out, **tolerance)


def assert_blocks_average_to_the_full_batch(problem, theta, lam, batch_size):
    """The mean of every minibatch oracle over all blocks is its full-batch value."""
    arrays = problem.arrays(batch_size, batch_size, np.float64, np.random.default_rng(0))
    v = np.linspace(-1, 1, problem.inner_dim)
    oracle = problem.oracle("python")
    inner_sizes, outer_sizes = problem.block_sizes(batch_size, batch_size)
    assert inner_sizes.sum() == problem.n_inner_samples
    assert outer_sizes.sum() == problem.n_outer_samples

    def mean(call, n_blocks):
        parts = [call(block) for block in range(n_blocks)]
        return [np.mean(part, axis=0) for part in zip(*parts, strict=True)]

    inner = mean(
        lambda block: oracle.inner_grad_hvp_cross(arrays, theta, lam, v, block), len(inner_sizes)
    )
    both = mean(lambda block: oracle.inner_grads(arrays, theta, lam, block), len(inner_sizes))
    np.testing.assert_allclose(both[0], inner[0], rtol=1e-12, atol=1e-14)
    inner_out = central_difference(lambda x: problem.inner_value_grad(theta, x)[0], lam)
    np.testing.assert_allclose(both[1], inner_out, rtol=1e-6, atol=1e-8)
    for name, grads, n_blocks in (
        ("inner", oracle.inner_grads, len(inner_sizes)),
        ("outer", oracle.outer_grad, len(outer_sizes)),
    ):
        in_lambda = getattr(oracle, f"{name}_lambda_grad")
        for block in range(n_blocks):
            both_grads = grads(arrays, theta, lam, block)
            np.testing.assert_array_equal(in_lambda(arrays, theta, lam, block), both_grads[1])
    outer = mean(lambda block: oracle.outer_grad(arrays, theta, lam, block), len(outer_sizes))
    exact = (
        problem.inner_value_grad(theta, lam)[1],
        problem.hvp(theta, lam, v),
        problem.cross(theta, lam, v),
        *problem.outer_value_grad(theta, lam)[1],
    )
    for value, expected in zip((*inner, *outer), exact, strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-10, atol=1e-13)


def assert_frameworks_agree(problem, theta, lam, batch_size):
    """Every minibatch oracle gives the same on every framework, on each block."""
    arrays = problem.arrays(batch_size, batch_size, np.float64, np.random.default_rng(0))
    v = np.linspace(-1, 1, problem.inner_dim)
    inner_sizes, outer_sizes = problem.block_sizes(batch_size, batch_size)
    reference = problem.oracle("python")
    for framework in set(problem.frameworks) - {"python"}:
        if refuse_framework(framework):
            continue
        oracle, runtime = problem.oracle(framework), get_framework(framework)
        loaded, *tensors = runtime.load((arrays, theta, lam, v), runtime.find_device("cpu"))
        for name in ORACLES:
            n_args = 2 if "grad" in name and "hvp" not in name else 3
            args = (theta, lam, v)[:n_args]
            for block in {0, len(outer_sizes if name.startswith("outer") else inner_sizes) - 1}:
                values = getattr(oracle, name)(loaded, *tensors[:n_args], block)
                expected = getattr(reference, name)(arrays, *args, block)
                if not isinstance(expected, tuple):
                    values, expected = (values,), (expected,)
                for value, exact in zip(values, expected, strict=True):
                    np.testing.assert_allclose(value, exact, rtol=1e-10, atol=1e-13)


def command(*arguments, check=True, **environment):
    """Run a command of the virtual environment in the repository's root."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        arguments, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PATH": path,
        **environment}, check=False,
    )  # fmt: skip
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def benchopt_run(output, *arguments, **options):
    """Run the benchmark as a user does, with its results in this file."""
    return command(
        "benchopt", "run", ".", "--no-cache", "--no-display", "--output", str(output), *arguments,
        **options,
    )  # fmt: skip


def probe_threads(folder, *arguments, **environment):
    """The threads that each of a run's two jobs counted, and the run's results."""
    folder.mkdir(exist_ok=True)
    output, solver = folder / "results.parquet", ROOT / "tests" / "provenance" / "probe_threads.py"
    benchopt_run(
        output, "-d", SMALL, "-s", str(solver), "-n", "2", "--no-plot", *arguments,
        PROBED=str(folder), **environment,
    )  # fmt: skip
    counted = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]
    assert len(counted) == 2
    return counted, read_results(output)


def documented_code(words):
    """The one block of Python code of the README or of docs/adding.md that has these words."""
    pages = [(ROOT / name).read_text() for name in ("README.md", "docs/adding.md")]
    blocks = [block for page in pages for block in page.split("```python\n")[1:]]
    [code] = [code for code in (block.split("```")[0] for block in blocks) if words in code]
    return code


def documented_names(words):
    """The names that this block defines."""
    names = {"__name__": "documented"}
    exec(compile(documented_code(words), "documented.py", "exec"), names)
    return names


def thirds(x):
    """For steps that call a function of an imported module."""
    return x / 3 + THIRD


THIRD = 1 / 3

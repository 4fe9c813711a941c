"""Problems and solvers for the tests, made as benchopt makes them."""

from pathlib import Path

import numpy as np
import pytest
from benchopt.benchmark import Benchmark
from benchopt.utils.run_context import RunContext

ROOT = Path(__file__).parents[1]
BENCHMARK = Benchmark(ROOT)

STOCHASTIC = (
    "AmIGO", "BOME", "BSA", "F2SA", "FSLA", "MRBO", "PZOBO", "SABA", "SOBA", "SRBA", "SUSTAIN",
    "StocBiO", "TTSA", "VRBO",
)  # fmt: skip
BLACK_BOX = ("GridSearch", "Optuna", "RandomSearch")
FULL_BATCH = ("HOAG", "Unrolled", *BLACK_BOX)


def logreg_data(n=90, m=70, p=5, seed=0):
    """Training and validation samples of a noisy binary classification."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n + m, p))
    y = np.where(X @ rng.standard_normal(p) + rng.logistic(size=n + m) > 0, 1.0, -1.0)
    return dict(X_train=X[:n], y_train=y[:n], X_val=X[n:], y_val=y[n:])


def make_problem(reg="exp", n_reg="full", seed=0, **shape):
    from benchmark_utils.problems.logreg import LogReg

    return LogReg(**logreg_data(**shape), reg=reg, n_reg=n_reg, seed=seed)


def quadratic_data(**parameters):
    """A small bilevel quadratic from its data set."""
    sizes = dict(n_inner_samples=60, n_outer_samples=50, inner_dim=4, outer_dim=3)
    spectra = dict(inner_conditioning=3, outer_conditioning=3)
    dataset = component("dataset", "quadratic").get_instance(**sizes | spectra | parameters)
    RunContext().set_run_context("bilevel", dataset, "solver", repetition=0, base_seed=0)
    data = dataset.get_data()
    assert data.pop("task") == "quadratic"
    return data


def make_quadratic(seed=0, **parameters):
    from benchmark_utils.problems.quadratic import Quadratic

    return Quadratic(**quadratic_data(**parameters), seed=seed)


def multiclass_data(n=60, m=45, p=4, n_classes=3, seed=0):
    """Training and validation samples of a noisy classification into a few classes."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n + m, p))
    scores = X @ rng.standard_normal((p, n_classes)) + rng.gumbel(size=(n + m, n_classes))
    y = scores.argmax(axis=1)
    return dict(X_train=X[:n], y_train=y[:n], X_val=X[n:], y_val=y[n:])


def component(kind, name):
    """The class of a solver or a dataset."""
    classes = BENCHMARK.get_solvers() if kind == "solver" else BENCHMARK.get_datasets()
    return next(cls for cls in classes if cls.name == name)


def make_solver(name, problem=None, **parameters):
    """A solver with these parameters, ready to run if a problem is given."""
    solver = component("solver", name).get_instance(**parameters)
    RunContext().set_run_context("bilevel", "data", solver, repetition=0, base_seed=0)
    if problem is not None:
        assert solver.skip(problem) == (False, None)
        solver.set_objective(problem)
    return solver


def run(solver, n_callbacks):
    """Run a solver until its callback has been called this often after the starting point."""
    left = iter(range(n_callbacks))
    solver.pre_run_hook(None)
    solver.run(lambda: next(left, None) is not None)
    return solver.get_result()


@pytest.fixture
def benchmark():
    return BENCHMARK

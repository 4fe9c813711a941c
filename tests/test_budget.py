"""A curve ends at its budget, where it diverges, or at a stationary point."""

import numpy as np
import pytest

from benchmark_utils.budget import Budget
from benchmark_utils.oracle import ORACLE_NAMES
from helpers import BENCHMARK


class Solver:
    sampling_strategy = "callback"
    searches_globally = estimating = False

    def __init__(self, max_calls=np.inf, **attributes):
        self._objective = type("Objective", (), {"max_calls": max_calls})
        vars(self).update(attributes)

    def get_next(self, stop_val):
        return stop_val + 1


def point(calls=0, time=0.0, grad_norm=1.0, status="ok"):
    counts = dict.fromkeys((f"objective_{name}_calls" for name in ORACLE_NAMES), calls / 4)
    return dict(counts, objective_grad_norm=grad_norm, objective_status=status, time=time)


def ending(points, solver=None, **options):
    """The number of points until the criterion stops, and benchopt's status then."""
    criterion = Budget(strategy="callback").get_runner_instance(
        solver=solver or Solver(), **{"max_runs": 1000, **options}
    )
    for n in range(1, len(points) + 1):
        stop, status, _ = criterion.should_stop(n, points[:n])
        if stop:
            return n, status
    return None


def test_a_plateau_ends_no_curve():
    assert ending([point(calls=t) for t in range(500)]) is None


@pytest.mark.parametrize(
    ("points", "options", "expected"),
    [
        ([point(time=t / 4) for t in range(20)], dict(timeout=2), (9, "timeout")),
        ([point() for _ in range(20)], dict(max_runs=7), (8, "max_runs")),
        ([point(calls=100 * t) for t in range(20)], dict(solver=Solver(1000)), (11, "done")),
        ([point(), point(), point(status="diverged")], {}, (3, "diverged, points kept")),
        ([point(grad_norm=2.0), point(grad_norm=1e-12), point(grad_norm=1e-13)], {}, (3, "done")),
    ],
)
def test_the_first_limit_ends_a_curve(points, options, expected):
    assert ending(points, **options) == expected


def test_a_flat_region_ends_no_curve_of_a_black_box_and_no_estimate():
    flat = [point(grad_norm=0.0)] * 5
    assert ending(flat) == (1, "done")
    assert ending(flat, Solver(searches_globally=True)) is None
    assert ending(flat, Solver(estimating=True)) is None


@pytest.mark.parametrize("solver", BENCHMARK.get_solvers(), ids=lambda solver: solver.name)
def test_the_budget_ends_the_curves_of_every_solver(solver):
    # As benchopt does before a run.
    solver._inherit_stopping_criterion(BENCHMARK.get_benchmark_objective())
    assert isinstance(solver._stopping_criterion, Budget)
    assert solver._solver_strategy == "callback"


def test_the_timeout_is_the_solvers_own_time():
    # Points that cost no time of the solver's, however long their judging takes.
    criterion = Budget(strategy="callback").get_runner_instance(
        solver=Solver(), max_runs=10, timeout=1e-9
    )
    assert criterion.should_stop(0, [point(time=0.0)])[1] == "running"
    assert criterion.should_stop(1, [point(time=0.0), point(time=1e-9)])[1] == "timeout"

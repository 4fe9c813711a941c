"""Whatever data, parameters and steps are given: a sentence or a curve, and no harm to others.

``make fuzz`` draws many cases; the tests draw a few, the same each time.
"""

import faulthandler
import os
import warnings
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from unittest.mock import patch

import joblib
import numpy as np
from benchopt import BaseDataset, callback
from benchopt.utils.run_context import RunContext
from hypothesis import HealthCheck, given, note, settings

from benchmark_utils.algorithms import limits, stochastic
from fuzz.cases import SMALL_DATA, SOLVERS, Case, draw_cases, solver_parameters, spoilt
from helpers import BENCHMARK, Time, component, get_data, slowly

# How many cases are drawn.
N_CASES = int(os.environ.get("FUZZ_CASES", 0))
OPTIONS = dict(
    max_examples=N_CASES or 60, deadline=None, derandomize=not N_CASES, print_blob=True,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
STATUSES = {"ok", "diverged", "not judged"}
# Seconds of a clock that a call of an oracle, and an iteration on minibatches, move on by one.
TIMEOUT = 30
# Seconds of the wall clock for a case, of which the judge has what it needs.
HANGS = 120
ORACLES = ("inner_value_grad", "hvp", "cross", "outer_value_grad", "inner_hessian",
           "inner_hessian_diagonal")  # fmt: skip
# How far a curve may go beyond its timeout: one call, or the iterations between two points.
OVERRUN = 2
PLAIN = dict.fromkeys(SMALL_DATA)


class Dataset(BaseDataset):
    """Given data."""

    name = "given"

    def get_data(self):
        return self.given


def plain_data(name):
    """The data of a dataset, made once."""
    if PLAIN[name] is None:
        PLAIN[name] = get_data(name, **SMALL_DATA[name])
    return PLAIN[name]


def fingerprint(data):
    return joblib.hash([np.ma.getdata(array) for array in data.values() if hasattr(array, "shape")])


def is_sentence(reason):
    assert isinstance(reason, str)
    assert reason.strip()[-1] in ".!)", reason
    assert "Traceback" not in reason, reason
    return True


@contextmanager
def own_time(solver, problem):
    """Let time pass by what a solver asks of its problem only."""
    time = Time()
    slowly(problem, time, ORACLES)
    if hasattr(solver, "iterate"):
        solver.iterate = slow_iterations(solver.iterate, time)
    with ExitStack() as patches:
        for module in (limits, stochastic):
            patches.enter_context(patch.object(module, "perf_counter", time))
        patches.enter_context(patch.object(callback, "time", SimpleNamespace(perf_counter=time)))
        yield


def slow_iterations(iterate, time):
    def slow(state, arrays, draws):
        time.seconds += len(draws[0])
        return iterate(state, arrays, draws)

    return slow


def outcome(case):
    """What becomes of a case: a reason why it is refused, or the rows of a curve."""
    data = spoilt(plain_data(case.dataset), case.spoil, case.array, case.amount)
    dataset = Dataset.get_instance()
    dataset.given = data
    objective = BENCHMARK.get_benchmark_objective().get_instance(
        problem=case.problem, question=case.question, **case.objective
    )
    solver = component("solver", case.solver).get_instance(**solver_parameters(case))
    context = RunContext().set_run_context(objective, dataset, solver, 0, base_seed=0)
    context.attach(objective, dataset, solver)
    before = fingerprint(data)
    skip, reason = objective._set_dataset(dataset)
    if skip:
        return reason
    problem = objective.bilevel_problem
    starts = problem.inner_var0.copy(), problem.outer_var0.copy()
    skip, reason = solver._set_objective(objective)
    if skip:
        return reason
    criterion = objective.stopping_criterion.get_runner_instance(
        solver=solver, max_runs=3, timeout=TIMEOUT
    )
    watched = callback._Callback(objective, solver, {}, criterion)
    with own_time(solver, problem):
        solver.pre_run_hook(watched)
        watched.start()
        solver.run(watched)
        rows, _, last = watched.get_results()
    objective.save_final_results(**last)
    # Nobody else's curve changes.
    assert fingerprint(data) == before
    np.testing.assert_array_equal(problem.inner_var0, starts[0])
    np.testing.assert_array_equal(problem.outer_var0, starts[1])
    return rows


def check(case):
    note(str(case))
    faulthandler.dump_traceback_later(HANGS, exit=True)
    try:
        with warnings.catch_warnings():
            # Numbers that overflow say nothing to a user, nor does a library's matrix.
            warnings.simplefilter("error", RuntimeWarning)
            found = outcome(case)
    finally:
        faulthandler.cancel_dump_traceback_later()
    if isinstance(found, str):
        assert is_sentence(found)
        return
    assert {row["objective_status"] for row in found} <= STATUSES
    assert found[-1]["time"] <= TIMEOUT + OVERRUN
    for row in found:
        well = row["objective_status"] == "ok"
        assert not well or np.isfinite(row["objective_value"])


@settings(**OPTIONS)
@given(draw_cases(SOLVERS))
def test_a_case_ends_in_a_sentence_or_a_curve(case):
    check(case)


def test_a_case_without_nonsense_makes_a_curve():
    case = Case("logreg", {}, "simulated", "nothing", 0, 1.0, "SOBA", {}, "minimise")
    rows = outcome(case)
    assert [row["stop_val"] for row in rows] == [0, 1, 2, 3]
    assert {row["objective_status"] for row in rows} == {"ok"}


def test_a_solver_that_does_not_look_at_the_clock_is_seen():
    case = Case("logreg", {}, "simulated", "nothing", 0, 1.0, "Unrolled", {}, "minimise")
    assert outcome(case)[-1]["time"] <= TIMEOUT + OVERRUN
    with patch.object(limits.Clock, "has_run_out", lambda self: False):
        late = outcome(case._replace(parameters={"n_inner_steps": 100}))
    assert late[-1]["time"] > TIMEOUT + OVERRUN

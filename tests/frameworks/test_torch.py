"""framework=torch walks the paths of the others, and says what it needs."""

import os
from typing import Any, NamedTuple

import numpy as np
import pytest
from scipy.sparse import csr_array

from benchmark_utils import frameworks
from benchmark_utils.algorithms.stochastic import StochasticSolver
from benchmark_utils.problems.logreg import LogReg
from helpers import (
    STOCHASTIC,
    constant_steps,
    logreg_data,
    make_multinomial,
    make_problem,
    make_quadratic,
    make_solver,
    run,
    set_run_context,
)

# An iteration takes a millisecond to tens of them: the long paths are those of cheap methods.
# TORCH_ITERATIONS=1000 makes those of all methods as long, which takes an hour; -rP prints the
# largest relative differences.
ALL = os.environ.get("TORCH_ITERATIONS")
N_ITERATIONS = {"SOBA": 1000, "SABA": 1000, "SRBA": 1000, "VRBO": 10}
# LancBiO solves small systems that are nearly singular at times, where rounding grows: after 1,000
# iterations on the quadratic numba is 9e-10 from Python, too.
RTOL = {"LancBiO": 1e-7}


PROBLEMS = dict(logreg=make_problem, multinomial=make_multinomial, quadratic=make_quadratic)


def end(name, problem, framework, n_iterations, **parameters):
    solver = make_solver(
        name, problem, framework=framework, batch_size=16, eval_freq=n_iterations // 2, **parameters
    )
    return run(solver, 2)


@pytest.mark.slow
@pytest.mark.parametrize("problem", PROBLEMS)
@pytest.mark.parametrize("name", STOCHASTIC)
def test_the_path_is_that_of_python(name, problem):
    pytest.importorskip("torch")
    made, n_iterations = PROBLEMS[problem](), int(ALL or N_ITERATIONS.get(name, 40))
    expected, result = (
        end(name, made, framework, n_iterations, **constant_steps(name))
        for framework in ("python", "torch")
    )
    assert result["iterations"] == n_iterations
    assert (result["outer_var"] != made.outer_var0).any()
    for variable in ("inner_var", "outer_var"):
        exact = expected[variable]
        print(f"{np.max(np.abs(result[variable] - exact) / np.abs(exact)):.1e} in {variable}")
        np.testing.assert_allclose(result[variable], exact, RTOL.get(name, 1e-10))
    assert result["calls"] == expected["calls"]


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["float64", "float32"])
def test_precision_is_as_asked(precision):
    pytest.importorskip("torch")
    result = end("SABA", make_problem(), "torch", 20, precision=precision, init_memory="full")
    exact = end("SABA", make_problem(), "python", 20, init_memory="full")
    assert result["outer_var"].dtype == precision
    rtol = 1e-12 if precision == "float64" else 1e-4
    np.testing.assert_allclose(result["outer_var"], exact["outer_var"], rtol)


@pytest.mark.slow
def test_results_are_copies_that_later_iterations_leave_alone():
    pytest.importorskip("torch")
    solver = make_solver("SABA", make_problem(), framework="torch", batch_size=16, eval_freq=5)
    seen = []

    def callback():
        seen.append(solver.get_result()["outer_var"])
        seen.append(seen[-1].copy())
        return len(seen) < 8

    solver.pre_run_hook(None)
    solver.run(callback)
    for result, copy in zip(seen[::2], seen[1::2], strict=True):
        np.testing.assert_array_equal(result, copy)
    assert (seen[0] != seen[-1]).any()


def test_sparse_samples_are_refused():
    pytest.importorskip("torch")
    data = logreg_data()
    data |= {name: csr_array(data[name]) for name in ("X_train", "X_val")}
    problem = LogReg(**data, reg="exp", n_reg="full", box="none", seed=0)
    _, reason = make_solver("SOBA", framework="torch", batch_size=16).skip(problem)
    assert reason == (
        "SOBA: framework=torch has no oracles for this problem; give one of numba, jax, python."
    )


def test_where_pytorch_is_not_installed_a_sentence_says_how_to_install_it(monkeypatch):
    monkeypatch.setattr(frameworks, "find_spec", lambda name: None)
    _, reason = make_solver("SOBA", framework="torch", batch_size=16).skip(make_problem())
    assert reason == (
        "SOBA: framework=torch needs PyTorch; pip install torch, or give another framework."
    )


class State(NamedTuple):
    inner_var: Any
    outer_var: Any


class Careless(StochasticSolver):
    """A step that is right in NumPy only."""

    name = "Careless"

    def schedules(self):
        return [(0.1, 0)]

    def init(self, arrays, inner_var, outer_var):
        return State(inner_var, outer_var)


class GivesToNumPy(Careless):
    def make_step(self, framework, oracle):
        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            theta, lam = state
            return State(np.where(theta > 0, theta, 0), lam)

        return step


class CallsWhatIsNotThere(Careless):
    def make_step(self, framework, oracle):
        xp = framework.np

        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            theta, lam = state
            return State(xp.nan_to_num(theta) + xp.ptp(theta), lam)

        return step


class ReadsAnArray(Careless):
    def make_step(self, framework, oracle):
        weights = np.ones(5)

        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            theta, lam = state
            return State(weights * theta, lam)

        return step


@pytest.mark.parametrize(
    ("solver", "words"),
    [
        (GivesToNumPy, "NumPy has made an array of one or met one; take the functions of"),
        (ReadsAnArray, "Arrays that the step reads become tensors before it, by xp.asarray"),
        (CallsWhatIsNotThere, "PyTorch has no ptp; write the step without it"),
    ],
)
def test_what_pytorch_cannot_do_is_said_in_a_sentence(solver, words):
    pytest.importorskip("torch")
    solver = solver.get_instance(framework="torch", batch_size=16)
    set_run_context(solver)
    assert solver.skip(make_problem()) == (False, None)
    with pytest.raises((TypeError, AttributeError), match=words):
        solver.set_objective(make_problem())


class ChangesAnEntry(Careless):
    def make_step(self, framework, oracle):
        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            theta, lam = state
            first = theta[0]
            first += 1
            return State(theta + first, lam)

        return step


def test_an_entry_that_is_changed_in_place_is_refused_as_it_may_be_a_view():
    solver = ChangesAnEntry.get_instance(framework="python", batch_size=16)
    _, reason = solver.skip(make_problem())
    assert "it changes an array in place; write x = x + y" in reason
    assert "first += 1" in reason

"""Steps that cannot be compiled are refused before they are, in a sentence with their line."""

import math
import random
from typing import Any, NamedTuple

import numpy as np
import pytest

from benchmark_utils.algorithms.stochastic import StochasticSolver
from benchmark_utils.frameworks.numba.errors import CannotCompile
from helpers import make_problem, make_solver, set_run_context

FRAMEWORKS = ["numba", "jax", "python"]


class State(NamedTuple):
    inner_var: Any
    outer_var: Any
    v: Any


class Base(StochasticSolver):
    name = "Mine"
    parameters = {"n_steps": [2], **StochasticSolver.parameters}
    n_inner_batches = 2

    def schedules(self):
        return [(0.1, 0)]

    def init(self, arrays, inner_var, outer_var):
        return State(inner_var, outer_var, np.zeros_like(inner_var))


def reads_self(self, framework, oracle):
    def step(state, arrays, inner_batches, outer_batches, step_sizes):
        theta, lam, v = state
        return State(self.n_steps * theta, lam, v)

    return step


def writes_into_the_state(self, framework, oracle):
    def step(state, arrays, inner_batches, outer_batches, step_sizes):
        state.inner_var[0] = 0
        return state

    return step


def changes_the_state_in_place(self, framework, oracle):
    def step(state, arrays, inner_batches, outer_batches, step_sizes):
        theta, lam, v = state
        theta -= 0.1 * v
        return State(theta, lam, v)

    return step


def writes_by_out(self, framework, oracle):
    def step(state, arrays, inner_batches, outer_batches, step_sizes):
        theta, lam, v = state
        np.add(theta, v, out=theta)
        return State(theta, lam, v)

    return step


def draws_in_the_step(self, framework, oracle):
    def step(state, arrays, inner_batches, outer_batches, step_sizes):
        theta, lam, v = state
        return State(theta + np.random.standard_normal(theta.shape), lam, v)

    return step


def draws_with_python(self, framework, oracle):
    def step(state, arrays, inner_batches, outer_batches, step_sizes):
        theta, lam, v = state
        return State(theta * random.random(), lam, v)

    return step


def reads_too_many_minibatches(self, framework, oracle):
    def step(state, arrays, inner_batches, outer_batches, step_sizes):
        theta, lam, v = state
        grad = oracle.inner_grad(arrays, theta, lam, inner_batches[2])
        return State(theta - grad, lam, v)

    return step


def loops_until_a_value(self, framework, oracle):
    def step(state, arrays, inner_batches, outer_batches, step_sizes):
        theta, lam, v = state
        while np.linalg.norm(v) < 1:
            v = v + oracle.inner_grad(arrays, theta, lam, inner_batches[0])
        return State(theta, lam, v)

    return step


def asks_if_a_value(self, framework, oracle):
    def step(state, arrays, inner_batches, outer_batches, step_sizes):
        theta, lam, v = state
        if v[0] > 0:
            theta = theta - oracle.inner_grad(arrays, theta, lam, inner_batches[0])
        return State(theta, lam, v)

    return step


def loops_as_often_as_a_value(self, framework, oracle):
    def step(state, arrays, inner_batches, outer_batches, step_sizes):
        theta, lam, v = state
        for _ in range(int(v[0])):
            theta = theta - oracle.inner_grad(arrays, theta, lam, inner_batches[0])
        return State(theta, lam, v)

    return step


def takes_a_root_with_math(self, framework, oracle):
    def step(state, arrays, inner_batches, outer_batches, step_sizes):
        theta, lam, v = state
        return State(theta, lam, v / (1 + math.sqrt(v @ v)))

    return step


def asks_in_one_branch(self, framework, oracle):
    def ask(args):
        arrays, theta, lam, batch = args
        return oracle.inner_grad(arrays, theta, lam, batch)

    def rest(args):
        return args[1]

    choose = framework.cond(ask, rest)

    def step(state, arrays, inner_batches, outer_batches, step_sizes):
        theta, lam, v = state
        v = choose(v[0] > 0, (arrays, theta, lam, inner_batches[0]))
        return State(theta, lam, v)

    return step


def asks_an_unknown_oracle(self, framework, oracle):
    def step(state, arrays, inner_batches, outer_batches, step_sizes):
        theta, lam, v = state
        return State(theta - oracle.gradient(arrays, theta, lam, inner_batches[0]), lam, v)

    return step


def changes_a_shape(self, framework, oracle):
    def step(state, arrays, inner_batches, outer_batches, step_sizes):
        theta, lam, v = state
        return State(theta, lam, v[1:])

    return step


def changes_a_type(self, framework, oracle):
    def step(state, arrays, inner_batches, outer_batches, step_sizes):
        theta, lam, v = state
        return State(theta, lam, v > 0)

    return step


def fails(self, framework, oracle):
    def step(state, arrays, inner_batches, outer_batches, step_sizes):
        theta, lam, v = state
        return State(theta + lamda, lam, v)  # noqa: F821

    return step


CASES = [
    (reads_self, "reads self.n_steps", "State(self.n_steps * theta, lam, v)"),
    (writes_into_the_state, "writes into an array", "state.inner_var[0] = 0"),
    (changes_the_state_in_place, "changes an array in place", "theta -= 0.1 * v"),
    (writes_by_out, "writes into an array", "np.add(theta, v, out=theta)"),
    (draws_in_the_step, "draw(rng, t)", "np.random.standard_normal(theta.shape)"),
    (draws_with_python, "draw(rng, t)", "random.random()"),
    (reads_too_many_minibatches, "n_inner_batches = 2", "inner_batches[2]"),
    (loops_until_a_value, "decides by a value", "while np.linalg.norm(v) < 1:"),
    (asks_if_a_value, "decides by a value", "if v[0] > 0:"),
    (loops_as_often_as_a_value, "needs a Python number", "range(int(v[0]))"),
    (takes_a_root_with_math, "xp.sqrt for math.sqrt", "math.sqrt(v @ v)"),
    (asks_in_one_branch, "number of oracle calls depends", "choose(v[0] > 0"),
    (asks_an_unknown_oracle, "no oracle gradient", "oracle.gradient("),
    (changes_a_shape, "field v is an array (15,) of float64 before", "array (14,)"),
    (changes_a_type, "field v is an array (15,) of float64 before", "of bool"),
    (fails, "NameError", "State(theta + lamda, lam, v)"),
]


def refusal(make_step, problem=None, **parameters):
    solver = type("Solver", (Base,), {"make_step": make_step}).get_instance(**parameters)
    skip, reason = solver.skip(problem or make_problem(p=15))
    assert skip == (reason is not None)
    return reason


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize(("make_step", "words", "code"), CASES)
def test_the_sentence_names_the_solver_the_mistake_and_the_line(make_step, words, code, framework):
    reason = refusal(make_step, framework=framework)
    assert reason.startswith("Mine: ")
    assert reason.endswith(".")
    assert "\n" not in reason
    assert words in reason
    assert code in reason
    if "field" not in words:
        assert "test_refusals.py, line " in reason


def test_printing_is_for_the_python_framework():
    def make_step(self, framework, oracle):
        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            print(state.v)
            return state

        return step

    assert refusal(make_step, framework="python") is None
    for framework in ("numba", "jax"):
        assert "print(state.v)" in refusal(make_step, framework=framework)


def test_a_draw_that_changes_the_calls_must_be_declared():
    def make_step(self, framework, oracle):
        def step(state, arrays, inner_batches, outer_batches, step_sizes, n_calls):
            theta, lam, v = state
            for _ in range(n_calls):
                theta = theta - oracle.inner_grad(arrays, theta, lam, inner_batches[0])
            return State(theta, lam, v)

        return step

    body = {"make_step": make_step, "draw": lambda self, rng, t: rng.integers(3, size=len(t))}
    problem = make_problem()
    solver = type("Solver", (Base,), body).get_instance(framework="python")
    assert "range(n_calls)" in solver.skip(problem)[1]
    declared = type("Solver", (Base,), {**body, "draw_changes_calls": True})
    assert declared.get_instance(framework="python").skip(problem) == (False, None)


def test_a_mistake_in_a_helper_is_found_at_its_own_line():
    def helper(x):
        return x * np.random.uniform()

    def make_step(self, framework, oracle):
        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            return State(helper(state.inner_var), state.outer_var, state.v)

        return step

    assert "return x * np.random.uniform()" in refusal(make_step)


def test_a_solver_without_a_required_method_is_refused():
    assert "needs make_step(framework, oracle)" in refusal(StochasticSolver.make_step)


def test_refusing_changes_nothing_of_the_solver():
    solver = make_solver("SOBA")
    before = dict(vars(solver))
    assert solver.skip(make_problem()) == (False, None)
    assert vars(solver) == before


def test_what_numba_cannot_compile_is_said_in_three_lines():
    def make_step(self, framework, oracle):
        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            theta, lam, v = state
            return State(theta, lam, v * np.einsum("i,i->", v, v))

        return step

    cls = type("Solver", (Base,), {"make_step": make_step})
    solver = cls.get_instance(batch_size=16)
    problem = make_problem()
    assert solver.skip(problem) == (False, None)
    set_run_context(solver)
    with pytest.raises(Exception, match="numba cannot compile the step") as caught:
        solver.set_objective(problem)
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert "test_refusals.py, line" in lines[1]
    assert 'np.einsum("i,i->", v, v)' in lines[1]
    path = lines[2].split()[-1].rstrip(".")
    with open(path) as file:
        assert len(file.read().splitlines()) > 3


def test_a_message_in_colours_is_read_as_one_without():
    text = (
        "Failed in nopython mode pipeline (step: nopython frontend)\n"
        "\x1b[1m\x1b[1mUse of unsupported NumPy function 'numpy.einsum'.\n"
        '\x1b[1m\nFile "my_solver.py", line 4:\x1b[0m\n'
        "\x1b[1m        def step(state, arrays, inner_batches, outer_batches, step_sizes):\n"
        "            <source elided>\n"
        '\x1b[1m            return np.einsum("i,i->", v, v)\n'
        "\x1b[0m            \x1b[1m^\x1b[0m\x1b[0m\n"
    )
    lines = str(CannotCompile(text)).splitlines()
    assert lines[1] == '  my_solver.py, line 4: return np.einsum("i,i->", v, v)'
    assert lines[2].startswith("  Use of unsupported NumPy function 'numpy.einsum'. ")


def test_numpy_on_jaxs_arrays_ends_in_a_sentence():
    def make_step(self, framework, oracle):
        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            theta, lam, v = state
            return State(theta, lam, np.where(v > 0, v, 0))

        return step

    cls = type("Solver", (Base,), {"make_step": make_step})
    solver = cls.get_instance(batch_size=16, framework="jax")
    set_run_context(solver)
    with pytest.raises(TypeError, match=r"take the functions of framework\.np instead"):
        solver.set_objective(make_problem())

"""Iterations whose arrays are on the arena: nothing is lost, written over, or kept."""

import gc
import sys
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from numba.core.errors import TypingError

from benchmark_utils.frameworks import python as python_framework
from benchmark_utils.frameworks.numba import arena
from benchmark_utils.frameworks.numba import operations as numba_framework
from benchmark_utils.frameworks.numba.pointers import by_pointer
from benchmark_utils.frameworks.numba.uncounted import uncounted, with_owners
from helpers import make_problem, make_solver


class State(NamedTuple):
    inner_var: Any
    outer_var: Any
    nested: tuple
    table: Any


def make_step(framework):
    """A step that swaps, passes on, makes anew, adds up in a loop, and writes a table in place."""

    @framework.compile
    def add(carry, k, args):
        total, last = carry
        return total + args[k] * last, total

    add_all = framework.scan(add)

    def step(state, shift, inner_batches, outer_batches, step_sizes):
        inner_var, outer_var, (older, kept), table = state
        total, last = add_all((outer_var, inner_var), inner_batches, shift)
        _, table, older = framework.remember(table, older, outer_batches[0], (total,))
        return State(outer_var, total - step_sizes[0] * last, (older, kept), table)

    return step


def first_state(rng):
    inner_var, outer_var, older, kept = rng.standard_normal((4, 5))
    return State(inner_var, outer_var, (older, kept), rng.standard_normal((3, 5)))


def draws(rng, n):
    blocks = rng.integers(3, size=(n, 4)), rng.integers(3, size=(n, 1))
    return rng.uniform(-0.5, 0.5, 3), *blocks, rng.uniform(size=(n, 1))


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 9), st.integers(0, 2**16))
def test_iterations_on_the_arena_are_those_of_plain_python(n, seed):
    def run(framework):
        rng = np.random.default_rng(seed)
        state, (problem, *drawn) = first_state(rng), draws(rng, n)
        return iterates[framework](state, problem, *drawn), state

    numba, python = run(numba_framework), run(python_framework)
    for value, expected in zip(flat(numba), flat(python), strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-12)
    # What is written in place, or passed on, is the array that Python lent.
    (end, start), shared = numba, np.shares_memory
    assert end.table is start.table
    assert end.nested[0] is start.nested[0]
    assert end.nested[1] is start.nested[1]
    assert n == 0 or not shared(end.inner_var, start.inner_var)


iterates = {
    framework: framework.iterations(make_step(framework))
    for framework in (numba_framework, python_framework)
}


def flat(values):
    if isinstance(values, tuple):
        return [leaf for value in values for leaf in flat(value)]
    return [values]


def test_the_arena_does_not_grow_with_the_number_of_iterations():
    iterate, tops = iterates[numba_framework], []
    for n in (2, 2000):
        rng = np.random.default_rng(0)
        problem, *drawn = draws(rng, n)
        iterate(first_state(rng), problem, *drawn)
        tops.append(arena.BOUNDS[1] - arena.BOUNDS[0])
    assert tops[0] == tops[1] < 20_000


def test_what_does_not_fit_is_a_memory_error_and_the_next_iterations_run():
    iterate = iterates[numba_framework]
    rng = np.random.default_rng(0)
    problem, *drawn = draws(rng, 3)
    iterate(first_state(rng), problem, *drawn)
    # Left on top are the rooms for the state.
    _, top, end = arena.BOUNDS
    arena.BOUNDS[2] = top + 1000
    try:
        with pytest.raises(MemoryError, match="larger than the address space"):
            iterate(first_state(rng), problem, *drawn)
    finally:
        arena.BOUNDS[2] = end
    assert np.all(np.isfinite(iterate(first_state(rng), problem, *drawn).inner_var))


def test_a_state_with_an_array_that_numpy_made_is_refused():
    def step(state, problem, inner_batches, outer_batches, step_sizes):
        return State(np.zeros(5), state.outer_var, state.nested, state.table)

    rng = np.random.default_rng(0)
    with pytest.raises(TypingError, match=r"make it with arena\.empty_like"):
        numba_framework.iterations(step)(first_state(rng), *draws(rng, 3))


@njit
def shifted(pair, shift):
    kept, moved = uncounted(pair)
    kept[0] += 1
    return arena.counted((kept, moved + uncounted(shift)))


def test_references_to_what_python_lent_are_as_many_as_before():
    lent, shift = (np.zeros(3), np.zeros(4)), np.ones(4)
    before = sys.getrefcount(lent[0]), sys.getrefcount(shift)
    kept, moved = with_owners(shifted(lent, shift), lent)
    assert kept is lent[0]
    assert kept[0] == 1
    assert moved.tolist() == [1, 1, 1, 1]
    del kept, moved
    gc.collect()
    assert (sys.getrefcount(lent[0]), sys.getrefcount(shift)) == before


def test_mrbo_gets_the_point_that_it_keeps_back_from_its_caller():
    solver = make_solver("MRBO", make_problem(), eval_freq=1, batch_size=8)
    solver.pre_run_hook(None)
    state = solver.first_state(solver.arrays, *solver.start)
    blocks = np.zeros((1, solver.n_inner_batches), int), np.zeros((1, 1), int)
    new = solver.iterate(state, solver.arrays, *blocks, solver.step_sizes(np.ones(1)))
    assert new.previous_inner_var is state.inner_var
    assert new.previous_outer_var is state.outer_var


def test_a_pointer_leads_to_the_same_function_and_its_errors():
    @njit
    def root(x, shift):
        if x[0] < 0:
            raise ValueError("negative")
        return np.sqrt(x) + shift

    pointed = by_pointer(root)

    @njit
    def twice(x):
        return pointed(pointed(x, 0.0), 1.0)

    x = np.array([16.0, 81.0])
    assert twice(x).tolist() == [3.0, 4.0]
    assert sys.getrefcount(x) == 2
    with pytest.raises(ValueError, match="negative"):
        twice(-x)

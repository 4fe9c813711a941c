"""Compiled functions that do not count references: nothing is lost, nothing is freed too early."""

import gc
import sys
from typing import NamedTuple

import numpy as np
import pytest
from conftest import make_problem, make_solver
from numba import njit

from benchmark_utils.borrowing import borrowed, with_owners
from benchmark_utils.pointers import by_pointer


class Pair(NamedTuple):
    kept: np.ndarray
    made: np.ndarray


@njit
def advance(pair, arrays):
    pair = borrowed(pair)
    [shift] = borrowed(arrays)
    pair.kept[0] += 1
    return Pair(pair.kept, pair.made + shift)


def test_what_a_function_passes_on_comes_back_as_the_array_that_was_lent():
    lent, shift = Pair(np.zeros(3), np.zeros(4)), np.ones(4)
    n_references = sys.getrefcount(lent.kept), sys.getrefcount(shift)
    result = with_owners(advance(lent, (shift,)), lent)
    assert type(result) is Pair
    assert result.kept is lent.kept
    assert result.kept[0] == 1
    assert result.made.tolist() == [1, 1, 1, 1]
    del lent, result
    gc.collect()
    assert sys.getrefcount(shift) == n_references[1]


def test_tuples_of_tuples_come_back_as_they_were():
    inner = np.zeros(2), np.ones(2)
    foreign = np.arange(6.0)[2:]
    result = with_owners((inner, foreign), (inner,))
    assert result[0][0] is inner[0]
    assert result[0][1] is inner[1]
    assert result[1] is foreign


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

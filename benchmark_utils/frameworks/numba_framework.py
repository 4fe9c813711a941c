"""Numba: an algorithm's step becomes compiled code over fused kernels, on the CPU."""

import re
import sys

import numpy as np
from numba import cloudpickle, njit, typeof, types

from benchmark_utils.frameworks.python_framework import (  # noqa: F401
    load,
    to_numpy,
    wait,
    zeros_like,
)

STEP = {"error_model": "numpy"}


def compile(function, **options):
    # numba pickles the class of a state, and benchopt's solver modules cannot be imported by name.
    cloudpickle.register_pickle_by_value(sys.modules[function.__module__])
    return njit(**STEP, **options)(function)


def inline(function):
    return compile(function, inline="always")


def scan(body):
    @inline
    def loop(carry, indices, args):
        for position in range(indices.shape[0]):
            carry = body(carry, indices[position], args)
        return carry

    return loop


def scan_first(body):
    @inline
    def loop(carry, indices, n_first, args):
        for position in range(n_first):
            carry = body(carry, indices[position], args)
        return carry

    return loop


def either(first, second):
    @inline
    def choose(condition, argument):
        if condition:
            return first(argument)
        return second(argument)

    return choose


def outermost(loop):
    @njit(**STEP)
    def run(carry, indices, args):
        return loop(carry, indices, args)

    return run


def iterations(step):
    step = compile(step)
    compiled = []

    def iterate(state, *args):
        if not compiled:
            # numba tells functions' types apart by name, and every solver has a class State.
            type(state).__name__ = "State_of_" + re.sub(r"\W", "_", type(state).__module__)
            compiled.append(_iterations_through_pointer(step, *map(typeof, (state, *args))))
        return compiled[0](step, state, *args)

    return iterate


def _iterations_through_pointer(step, state, problem, *draws):
    """Compile the loop for these types; linked instead of pointed to, the step would be compiled
    and optimised twice, for another one or two seconds."""
    rows = (
        types.Array(draw.dtype, draw.ndim - 1, "C") if draw.ndim > 1 else draw.dtype
        for draw in draws
    )
    step.compile((state, problem, *rows))
    pointer = types.FunctionType(step.nopython_signatures[0])

    def iterate(step, state, problem, inner_batches, outer_batches, step_sizes):
        for t in range(step_sizes.shape[0]):
            state = step(state, problem, inner_batches[t], outer_batches[t], step_sizes[t])
        return state

    def iterate_with_more(step, state, problem, inner, outer, step_sizes, more):
        for t in range(step_sizes.shape[0]):
            state = step(state, problem, inner[t], outer[t], step_sizes[t], more[t])
        return state

    iterate = njit(**STEP)(iterate if len(draws) == 3 else iterate_with_more)

    iterate.compile((pointer, state, problem, *draws))
    iterate.disable_compile()
    return iterate


@njit(cache=True, fastmath={"reassoc", "contract"})
def dot(x, y):
    total = x.dtype.type(0)
    for k in range(x.shape[0]):
        total += x[k] * y[k]
    return total


@njit(cache=True)
def positive_part(x):
    return x if x > 0 else x - x


@njit(cache=True)
def replace_row(table, index, row):
    # table[index] = row would compile the formatting of an error message, for two seconds.
    change = np.empty_like(row)
    for k in range(row.shape[0]):
        change[k] = row[k] - table[index, k]
        table[index, k] = row[k]
    return change, table


@njit(cache=True, error_model="numpy")
def update_mean(mean, change, n_values):
    for k in range(mean.shape[0]):
        mean[k] += change[k] / n_values
    return mean

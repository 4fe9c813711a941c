"""Numba: an algorithm's step becomes compiled code over fused kernels, on the CPU."""

import re
import sys

import numpy as np
from numba import cloudpickle, literal_unroll, njit, typeof, types

from benchmark_utils.frameworks.numba.arena import clear, counted, settle, two_rooms
from benchmark_utils.frameworks.numba.kernels import KERNEL
from benchmark_utils.frameworks.numba.pointers import by_pointer
from benchmark_utils.frameworks.numba.uncounted import (
    Uncounted,
    uncounted,
    uncounted_type,
    with_owners,
)
from benchmark_utils.frameworks.python import (  # noqa: F401
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


def once(function):
    return by_pointer(compile(function))


def _part_of_loop(body):
    """Inline a loop's body, for its arguments not to go through memory."""
    if body.targetoptions.get("inline") == "always":
        return body
    return compile(body.py_func, forceinline=True)


def scan(body):
    loop = scan_first(body)

    @inline
    def loop_over_all(carry, indices, args):
        return loop(carry, indices, indices.shape[0], args)

    return loop_over_all


def scan_first(body):
    body = _part_of_loop(body)

    @compile
    def loop(carry, indices, n_first, args):
        rooms = two_rooms(carry)
        for position in range(n_first):
            carry = settle(body(carry, indices[position], args), rooms, position)
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
        clear()
        return counted(loop(uncounted(carry), uncounted(indices), uncounted(args)))

    return lambda carry, indices, args: with_owners(run(carry, indices, args), carry)


def iterations(step):
    step = compile(step)
    compiled = []

    def iterate(state, *args):
        if not compiled:
            # numba tells functions' types apart by name, and every solver has a class State.
            type(state).__name__ = "State_of_" + re.sub(r"\W", "_", type(state).__module__)
            compiled.append(_iterations_through_pointer(step, *map(typeof, (state, *args))))
        return with_owners(compiled[0](step, state, args), state)

    return iterate


def _iterations_through_pointer(step, state, *args):
    """Compile the loop for these types; linked instead of pointed to, the step would be compiled
    and optimised twice, for another one or two seconds."""
    problem, *draws = args
    rows = (
        Uncounted(draw.dtype, draw.ndim - 1, "C") if draw.ndim > 1 else draw.dtype for draw in draws
    )
    step.compile((*uncounted_type(types.Tuple((state, problem))), *rows))
    pointer = types.FunctionType(step.nopython_signatures[0])

    def iterate(step, state, args):
        clear()
        state = uncounted(state)
        rooms = two_rooms(state)
        problem, inner_batches, outer_batches, step_sizes = uncounted(args)
        for t in range(step_sizes.shape[0]):
            new = step(state, problem, inner_batches[t], outer_batches[t], step_sizes[t])
            state = settle(new, rooms, t)
        return counted(state)

    def iterate_with_more(step, state, args):
        clear()
        state = uncounted(state)
        rooms = two_rooms(state)
        problem, inner, outer, step_sizes, more = uncounted(args)
        for t in range(step_sizes.shape[0]):
            new = step(state, problem, inner[t], outer[t], step_sizes[t], more[t])
            state = settle(new, rooms, t)
        return counted(state)

    iterate = njit(**STEP)(iterate if len(draws) == 3 else iterate_with_more)

    iterate.compile((pointer, state, types.Tuple(args)))
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


@njit(**KERNEL)
def _remember(row, mean, n_rows, part, estimate):
    for k in range(part.shape[0]):
        change = part[k] - row[k]
        estimate[k] = mean[k] + change
        mean[k] += change / n_rows
        row[k] = part[k]


@njit(cache=True)
def remember(table, mean, index, parts):
    estimate = np.empty_like(mean)
    row, start = table[index], 0
    for part in literal_unroll(parts):
        end = start + part.shape[0]
        _remember(row[start:end], mean[start:end], table.shape[0], part, estimate[start:end])
        start = end
    return estimate, table, mean


@njit(cache=True, error_model="numpy")
def update_mean(mean, change, n_values):
    for k in range(mean.shape[0]):
        mean[k] += change[k] / n_values
    return mean

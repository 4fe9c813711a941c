"""Plain Python over NumPy: for a debugger, and for counting oracle calls by running one step."""

from functools import partial

import numpy as np

from benchmark_utils.frameworks import NoDevice
from benchmark_utils.frameworks.loops import make_linear_sgd, make_penalised_sgd, make_sgd


def fold(body):
    def loop(carry, indices, args):
        for index in indices:
            carry = body(carry, index, args)
        return carry

    return loop


def fori_loop(body):
    def loop(n_steps, carry, args):
        for k in range(n_steps):
            carry = body(k, carry, args)
        return carry

    return loop


def cond(first, second):
    def choose(condition, argument):
        return first(argument) if condition else second(argument)

    return choose


def jit(function):
    return function


def iterations(step):
    def iterate(state, arrays, draws):
        for t in range(len(draws[0])):
            state = step(state, arrays, *row(draws, t))
        return state

    return iterate


def row(arrays, t):
    """Row t, or the rows of a slice t, of an array or of each array of nested tuples."""
    if isinstance(arrays, tuple):
        return tuple(row(array, t) for array in arrays)
    return arrays[t]


sgd, linear_sgd, penalised_sgd = (
    partial(make, fori_loop) for make in (make_sgd, make_linear_sgd, make_penalised_sgd)
)


def saga_update(table, mean, index, parts):
    row = np.concatenate(parts)
    change = row - table[index]
    estimate = mean + change
    table[index] = row
    return estimate, table, update_mean(mean, change, len(table))


def softplus(x):
    return np.logaddexp(0, x)


def update_mean(mean, change, n_values):
    mean += change / n_values
    return mean


def find_device(name):
    if name == "cuda":
        raise NoDevice
    return "cpu"


def describe_device(device):
    return device


def load(arrays, device=None):
    return arrays


def to_numpy(array):
    return np.array(array)


def wait(arrays):
    return arrays

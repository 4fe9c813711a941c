"""Plain Python over NumPy: for a debugger, and for counting oracle calls by running one step."""

import numpy as np


def compile(function):
    return function


inline = compile


def scan(body):
    def loop(carry, indices, args):
        for index in indices:
            carry = body(carry, index, args)
        return carry

    return loop


def outermost(loop):
    return loop


def iterations(step):
    def iterate(state, problem, inner_batches, outer_batches, step_sizes):
        for draws in zip(inner_batches, outer_batches, step_sizes, strict=True):
            state = step(state, problem, *draws)
        return state

    return iterate


def replace_row(table, index, row):
    change = row - table[index]
    table[index] = row
    return change, table


def update_mean(mean, change, n_values):
    mean += change / n_values
    return mean


def load(arrays):
    return arrays


def to_numpy(array):
    return np.array(array)


def wait(arrays):
    return arrays

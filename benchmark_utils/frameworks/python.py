"""Plain Python over NumPy: for a debugger, and for counting oracle calls by running one step."""

import numpy as np


def compile(function):
    return function


inline = once = compile


def scan(body):
    def loop(carry, indices, args):
        for index in indices:
            carry = body(carry, index, args)
        return carry

    return loop


def scan_first(body):
    def loop(carry, indices, n_first, args):
        for index in indices[:n_first]:
            carry = body(carry, index, args)
        return carry

    return loop


def either(first, second):
    def choose(condition, argument):
        return first(argument) if condition else second(argument)

    return choose


def outermost(loop):
    return loop


def iterations(step):
    def iterate(state, problem, *draws):
        for draw in zip(*draws, strict=True):
            state = step(state, problem, *draw)
        return state

    return iterate


zeros_like = np.zeros_like
dot = np.dot


def positive_part(x):
    return x if x > 0 else x - x


def remember(table, mean, index, parts):
    row = np.concatenate(parts)
    change = row - table[index]
    estimate = mean + change
    table[index] = row
    return estimate, table, update_mean(mean, change, len(table))


def update_mean(mean, change, n_values):
    mean += change / n_values
    return mean


def load(arrays):
    return arrays


def to_numpy(array):
    return np.array(array)


def wait(arrays):
    return arrays

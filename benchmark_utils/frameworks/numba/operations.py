"""Numba: an algorithm's step becomes compiled code over the problem's kernels, on the CPU."""

import numpy as np
from numba import literal_unroll, njit, typeof
from numba.core.errors import NumbaError

from benchmark_utils.frameworks.loops import make_linear_sgd, make_penalised_sgd, make_sgd
from benchmark_utils.frameworks.numba.disk_cache import cached_on_disk
from benchmark_utils.frameworks.numba.errors import CannotCompile
from benchmark_utils.frameworks.numba.functions import ENTRY, LOOP, STEP, compiled
from benchmark_utils.frameworks.numba.kernels import IN_PLACE, kernel
from benchmark_utils.frameworks.numba.trees import (
    borrowed,
    like,
    named,
    owned,
    plain,
    retyped,
    row,
    without_names,
)
from benchmark_utils.frameworks.python import (  # noqa: F401
    describe_device,
    find_device,
    load,
    to_numpy,
    wait,
)


def fold(body):
    body = compiled(body)

    @njit(**LOOP)
    def loop(carry, indices, args):
        new = carry
        for position in range(indices.shape[0]):
            new = like(body(new, indices[position], args), carry)
        return new

    return loop


def fori_loop(body):
    body = compiled(body)

    @njit(**LOOP)
    def loop(n_steps, carry, args):
        new = carry
        for k in range(n_steps):
            new = like(body(k, new, args), carry)
        return new

    return loop


def sgd(inner_grad):
    if inner_grad not in IN_PLACE:
        return make_sgd(fori_loop, inner_grad)
    prepare, fill = IN_PLACE[inner_grad]

    @njit(**LOOP)
    def loop(inner_var, batches, args):
        arrays, outer_var, rho = args
        theta, grad = inner_var.copy(), np.empty_like(inner_var)
        prepare(arrays, outer_var)
        for position in range(batches.shape[0]):
            fill(arrays, theta, outer_var, batches[position], grad)
            for k in range(theta.shape[0]):
                theta[k] -= rho * grad[k]
        return theta

    return loop


def linear_sgd(hvp):
    if hvp not in IN_PLACE:
        return make_linear_sgd(fori_loop, hvp)
    prepare, fill = IN_PLACE[hvp]

    @njit(**LOOP)
    def loop(v, batches, n_steps, args):
        arrays, inner_var, outer_var, rhs, eta = args
        new, product = v.copy(), np.empty_like(v)
        prepare(arrays, outer_var)
        for position in range(n_steps):
            fill(arrays, inner_var, outer_var, new, batches[position], product)
            for k in range(new.shape[0]):
                new[k] -= eta * (product[k] - rhs[k])
        return new

    return loop


def penalised_sgd(inner_grad, outer_grad):
    if not {inner_grad, outer_grad} <= IN_PLACE.keys():
        return make_penalised_sgd(fori_loop, inner_grad, outer_grad)
    prepare_inner, fill_inner = IN_PLACE[inner_grad]
    prepare_outer, fill_outer = IN_PLACE[outer_grad]

    @njit(**LOOP)
    def loop(phi, batches, args):
        arrays, outer_var, rho, sigma = args
        inner_batches, outer_batches = batches
        new, g_theta, f_theta = phi.copy(), np.empty_like(phi), np.empty_like(phi)
        prepare_inner(arrays, outer_var)
        prepare_outer(arrays, outer_var)
        for position in range(inner_batches.shape[0]):
            fill_inner(arrays, new, outer_var, inner_batches[position], g_theta)
            fill_outer(arrays, new, outer_var, outer_batches[position], f_theta)
            for k in range(new.shape[0]):
                new[k] = new[k] - rho * g_theta[k] - (rho / sigma) * f_theta[k]
        return new

    return loop


def cond(first, second):
    first, second = compiled(first), compiled(second)

    @njit(inline="always", **STEP)
    def choose(condition, argument):
        if condition:
            return first(argument)
        return second(argument)

    return choose


def jit(function):
    function = compiled(function)

    @njit(**ENTRY)
    def call(*args):
        return function(*args)

    return cached_on_disk(call)


def iterations(step):
    step = compiled(step)
    loop = None

    def iterate(state, arrays, draws):
        nonlocal loop
        values = plain(state)
        # To ask for the type each time would take as long as fifty iterations.
        loop = loop or _make_loop(step, typeof(named(values, state)), len(draws))
        try:
            return named(loop(values, arrays, draws), state)
        except NumbaError as error:
            refusal = CannotCompile(error)
        # Outside the except clause, which would show numba's error first.
        raise refusal

    return iterate


def _make_loop(step, kind, n_draws):
    with_names, without = retyped(kind), retyped(without_names(kind))

    @njit(**ENTRY)
    def loop(state, arrays, draws):
        first = with_names(state)
        new = first
        arrays = borrowed(arrays)
        inner, outer, step_sizes = borrowed(draws)
        for t in range(inner.shape[0]):
            new = like(step(new, arrays, inner[t], outer[t], row(step_sizes, t)), first)
        return owned(without(new))

    # Numba inlines no call with a starred argument.
    @njit(**ENTRY)
    def loop_with_more(state, arrays, draws):
        first = with_names(state)
        new = first
        arrays = borrowed(arrays)
        inner, outer, step_sizes, more = borrowed(draws)
        for t in range(inner.shape[0]):
            new = like(step(new, arrays, inner[t], outer[t], row(step_sizes, t), more[t]), first)
        return owned(without(new))

    return cached_on_disk(loop if n_draws == 3 else loop_with_more)


@kernel
def _saga_update(row, mean, n_rows, part, estimate):
    for k in range(part.shape[0]):
        change = part[k] - row[k]
        estimate[k] = mean[k] + change
        mean[k] += change / n_rows
        row[k] = part[k]


@njit(**STEP)
def saga_update(table, mean, index, parts):
    estimate = np.empty_like(mean)
    row, start = table[index], 0
    for part in literal_unroll(parts):
        end = start + part.shape[0]
        _saga_update(row[start:end], mean[start:end], table.shape[0], part, estimate[start:end])
        start = end
    return estimate, table, mean


@njit(**STEP)
def update_mean(mean, change, n_values):
    for k in range(mean.shape[0]):
        mean[k] += change[k] / n_values
    return mean

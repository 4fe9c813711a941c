"""SAGA's variance reduction for what bilevel algorithms read from a minibatch.

A quantity q that is read from block i is replaced by q_i(now) - table[i] + mean(table), and then
table[i] <- q_i(now). Defazio, Bach and Lacoste-Julien, SAGA, NeurIPS 2014; for bilevel algorithms,
Dagreou, Ablin, Vaiter and Moreau, NeurIPS 2022.
"""

from typing import Any, NamedTuple

import numpy as np


class Memory(NamedTuple):
    """The table of one level: the concatenated last values on each block, and their mean."""

    table: Any  # (n_blocks, dim)
    mean: Any  # (dim,)


def zero_memory(n_blocks, *variables):
    """A memory of zeros for quantities of these variables' dimensions."""
    mean = np.zeros_like(np.concatenate(variables))
    return Memory(np.zeros((n_blocks, mean.size), mean.dtype), mean)


def make_read_all(framework, read):
    """A function that reads a list of blocks at one point, for Python to call."""

    def read_one(memory, block, point):
        memory, _ = read(memory, block, point)
        return memory

    return framework.jit(framework.fold(read_one))


def make_readers(framework, oracle):
    """Functions that read a block: a new memory, and variance-reduced estimates.

    Returns
    -------
    read_inner : callable
        ``read_inner(memory, block, (arrays, inner_var, outer_var, v))`` reads grad_theta G, and
        the Hessian and the cross derivative times v.
    read_outer : callable
        The same for grad_theta F and grad_lambda F.
    """

    def saga(memory, values, block):
        estimate, table, mean = framework.saga_update(memory.table, memory.mean, block, values)
        return Memory(table, mean), estimate

    def read_inner(memory, block, point):
        arrays, inner_var, outer_var, v = point
        values = oracle.inner_grad_hvp_cross(arrays, inner_var, outer_var, v, block)
        memory, estimate = saga(memory, values, block)
        p = inner_var.shape[0]
        return memory, (estimate[:p], estimate[p : 2 * p], estimate[2 * p :])

    def read_outer(memory, block, point):
        arrays, inner_var, outer_var, _ = point
        values = oracle.outer_grad(arrays, inner_var, outer_var, block)
        memory, estimate = saga(memory, values, block)
        p = inner_var.shape[0]
        return memory, (estimate[:p], estimate[p:])

    return read_inner, read_outer

"""SAGA's variance reduction for what bilevel algorithms read from a minibatch.

A quantity q that is read from block i is replaced by q_i(now) - table[i] + mean(table), and then
table[i] <- q_i(now). Defazio, Bach and Lacoste-Julien, SAGA, NeurIPS 2014; for bilevel algorithms,
Dagreou, Ablin, Vaiter and Moreau, NeurIPS 2022.
"""

from typing import Any, NamedTuple

import numpy as np


class Memory(NamedTuple):
    """What was last seen at one level: the quantities read from a block, one after the other."""

    table: Any  # (n_blocks, dim), the last values on each block
    mean: Any  # (dim,), the mean of the table's rows


def zero_memory(n_blocks, *variables):
    """A memory of zeros for quantities of these variables' dimensions."""
    mean = np.zeros_like(np.concatenate(variables))
    return Memory(np.zeros((n_blocks, mean.size), mean.dtype), mean)


def make_see_all(framework, see):
    """A function that sees a list of blocks at one point."""

    @framework.inline
    def remember(memory, block, point):
        memory, _ = see(memory, block, point)
        return memory

    return framework.outermost(framework.scan(remember))


def make_see(framework, oracle):
    """Functions that read a block: a new memory, and variance-reduced estimates.

    Returns
    -------
    see_inner : callable
        ``see_inner(memory, block, (problem, inner_var, outer_var, v))`` reads grad_theta G, and
        the Hessian and the cross derivative times v.
    see_outer : callable
        The same for grad_theta F and grad_lambda F.
    """

    @framework.inline
    def saga(memory, values, block):
        estimate, table, mean = framework.remember(memory.table, memory.mean, block, values)
        return Memory(table, mean), estimate

    @framework.inline
    def see_inner(memory, block, point):
        problem, inner_var, outer_var, v = point
        values = oracle.inner_grad_hvp_cross(problem, inner_var, outer_var, v, block)
        memory, estimate = saga(memory, values, block)
        p = inner_var.shape[0]
        return memory, (estimate[:p], estimate[p : 2 * p], estimate[2 * p :])

    @framework.inline
    def see_outer(memory, block, point):
        problem, inner_var, outer_var, _ = point
        values = oracle.outer_grad(problem, inner_var, outer_var, block)
        memory, estimate = saga(memory, values, block)
        p = inner_var.shape[0]
        return memory, (estimate[:p], estimate[p:])

    return see_inner, see_outer

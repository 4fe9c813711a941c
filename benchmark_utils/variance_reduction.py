"""SAGA's variance reduction for what bilevel algorithms read from a minibatch.

A quantity q that is read from block i is replaced by q_i(now) - table[i] + mean(table), and then
table[i] <- q_i(now). Defazio, Bach and Lacoste-Julien, SAGA, NeurIPS 2014; for bilevel algorithms,
Dagreou, Ablin, Vaiter and Moreau, NeurIPS 2022.
"""

from typing import Any, NamedTuple

import numpy as np


class Memory(NamedTuple):
    """What was last seen of one quantity."""

    table: Any  # (n_blocks, dim), the last value on each block
    mean: Any  # (dim,), the mean of the table's rows


def zero_memory(n_blocks, variable):
    """A memory of zeros for a quantity of a variable's dimension."""
    return Memory(np.zeros((n_blocks, variable.size), variable.dtype), np.zeros_like(variable))


def make_see_all(framework, see):
    """A function that sees a list of blocks at one point."""

    @framework.inline
    def remember(memories, block, point):
        memories, _ = see(memories, block, point)
        return memories

    return framework.outermost(framework.scan(remember))


def make_see(framework, oracle):
    """Functions that read a block: new memories, and variance-reduced estimates.

    Returns
    -------
    see_inner : callable
        ``see_inner(memories, block, (problem, inner_var, outer_var, v))`` reads grad_theta G, and
        the Hessian and the cross derivative times v; ``memories`` are three.
    see_outer : callable
        The same for grad_theta F and grad_lambda F; ``memories`` are two.
    """

    @framework.compile
    def saga(memory, value, block):
        estimate, table, mean = framework.remember(memory.table, memory.mean, block, value)
        return Memory(table, mean), estimate

    @framework.inline
    def see_inner(memories, block, point):
        problem, inner_var, outer_var, v = point
        values = oracle.inner_grad_hvp_cross(problem, inner_var, outer_var, v, block)
        grad_memory, grad = saga(memories[0], values[0], block)
        hvp_memory, hvp = saga(memories[1], values[1], block)
        cross_memory, cross = saga(memories[2], values[2], block)
        return (grad_memory, hvp_memory, cross_memory), (grad, hvp, cross)

    @framework.inline
    def see_outer(memories, block, point):
        problem, inner_var, outer_var, _ = point
        values = oracle.outer_grad(problem, inner_var, outer_var, block)
        in_memory, outer_in = saga(memories[0], values[0], block)
        out_memory, outer_out = saga(memories[1], values[1], block)
        return (in_memory, out_memory), (outer_in, outer_out)

    return see_inner, see_outer

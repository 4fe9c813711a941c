from typing import NamedTuple

import numpy as np

from benchmark_utils.algorithms.saga import Memory, make_read_all, make_readers, zero_memory
from benchmark_utils.algorithms.search_space import OUTER_STEP_SIZES, STEP_SIZES, Choice
from benchmark_utils.algorithms.step_sizes import step_size_or_auto
from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.validation import one_of


class State(NamedTuple):
    inner_var: Array  # (p,)
    outer_var: Array  # (d,)
    v: Array  # (p,), the solution of the linear system
    inner_memory: Memory  # grad_theta G, hessian_theta,theta G v, and hessian_lambda,theta G v
    outer_memory: Memory  # grad_theta F and grad_lambda F


class Solver(StochasticSolver):
    """SABA, Stochastic Average Bilevel Algorithm: SOBA with SAGA's variance reduction.

    Each of the five quantities q that SOBA reads from a minibatch i is replaced by

        q_i(now) - table[i] + mean(table),   and then table[i] <- q_i(now),

    so that constant step sizes converge. Minibatches are the fixed blocks into which the shuffled
    samples are cut, and a table has one row per block. ``init_memory="zero"`` starts with tables of
    zeros, ``"full"`` with a pass over the data at the starting point.
    """

    name = "SABA"
    references = [
        "M. Dagreou, P. Ablin, S. Vaiter, T. Moreau, 'A framework for bilevel optimization that "
        "enables stochastic and global variance reduction algorithms', NeurIPS 2022."
    ]
    auto_inner_step, auto_outer_step = 0.72, 0.0082
    parameters = {
        "step_size": ["auto"],
        "outer_step_size": ["auto"],
        "init_memory": ["full"],
        **StochasticSolver.parameters,
    }
    allowed = {
        "step_size": step_size_or_auto,
        "outer_step_size": step_size_or_auto,
        "init_memory": one_of("zero", "full"),
        **StochasticSolver.allowed,
    }
    search_space = {
        "step_size": STEP_SIZES,
        "outer_step_size": OUTER_STEP_SIZES,
        "init_memory": Choice("full"),
    }

    def schedules(self):
        return [(self.step_size, 0), (self.outer_step_size, 0)]

    def init(self, arrays, inner_var, outer_var):
        v = np.zeros_like(inner_var)
        n_inner_blocks, n_outer_blocks = map(len, self.block_sizes)
        inner_memory = zero_memory(n_inner_blocks, inner_var, v, outer_var)
        outer_memory = zero_memory(n_outer_blocks, inner_var, outer_var)
        return State(inner_var, outer_var, v, inner_memory, outer_memory)

    def make_init(self, framework, oracle):
        if self.init_memory == "zero":
            return self.init
        read_all_inner, read_all_outer = (
            make_read_all(framework, read) for read in make_readers(framework, oracle)
        )

        def init(arrays, inner_var, outer_var):
            state = self.init(arrays, inner_var, outer_var)
            inner_blocks, outer_blocks = (np.arange(len(sizes)) for sizes in self.block_sizes)
            point = arrays, inner_var, outer_var, state.v
            return state._replace(
                inner_memory=read_all_inner(state.inner_memory, inner_blocks, point),
                outer_memory=read_all_outer(state.outer_memory, outer_blocks, point),
            )

        return init

    def make_step(self, framework, oracle):
        read_inner, read_outer = make_readers(framework, oracle)

        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            rho, gamma = step_sizes
            inner_var, outer_var, v, inner_memory, outer_memory = state
            point = arrays, inner_var, outer_var, v
            inner_memory, (g_theta, hvp, cross) = read_inner(inner_memory, inner_batches[0], point)
            outer_memory, (f_theta, f_lambda) = read_outer(outer_memory, outer_batches[0], point)
            return State(
                inner_var - rho * g_theta,
                oracle.project(arrays, outer_var - gamma * (f_lambda - cross)),
                v - rho * (hvp - f_theta),
                inner_memory,
                outer_memory,
            )

        return step

from typing import NamedTuple

import numpy as np

from benchmark_utils.algorithms.saga import Memory, make_see, make_see_all, zero_memory
from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.validation import one_of, positive


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
    samples are cut, and a table has one row a block. ``init_memory="zero"`` starts with tables of
    zeros, ``"full"`` with a pass over the data at the starting point.
    """

    name = "SABA"
    references = [
        "M. Dagreou, P. Ablin, S. Vaiter, T. Moreau, 'A framework for bilevel optimization that "
        "enables stochastic and global variance reduction algorithms', NeurIPS 2022."
    ]
    parameters = {
        "step_size": [0.1],
        "outer_step_size": [0.1],
        "init_memory": ["zero"],
        **StochasticSolver.parameters,
    }
    allowed = {
        "step_size": positive,
        "outer_step_size": positive,
        "init_memory": one_of("zero", "full"),
        **StochasticSolver.allowed,
    }

    def schedules(self):
        return [(self.step_size, 0), (self.outer_step_size, 0)]

    def init(self, problem, inner_var, outer_var):
        v = np.zeros_like(inner_var)
        n_inner_blocks, n_outer_blocks = map(len, self.block_sizes)
        inner_memory = zero_memory(n_inner_blocks, inner_var, v, outer_var)
        outer_memory = zero_memory(n_outer_blocks, inner_var, outer_var)
        return State(inner_var, outer_var, v, inner_memory, outer_memory)

    def make_init(self, framework, oracle):
        if self.init_memory == "zero":
            return self.init
        see_all_inner, see_all_outer = (
            make_see_all(framework, see) for see in make_see(framework, oracle)
        )

        def init(problem, inner_var, outer_var):
            state = self.init(problem, inner_var, outer_var)
            n_inner_blocks, n_outer_blocks = map(len, self.block_sizes)
            point = problem, inner_var, outer_var, state.v
            return state._replace(
                inner_memory=see_all_inner(state.inner_memory, np.arange(n_inner_blocks), point),
                outer_memory=see_all_outer(state.outer_memory, np.arange(n_outer_blocks), point),
            )

        return init

    def make_step(self, framework, oracle):
        see_inner, see_outer = make_see(framework, oracle)

        def step(state, problem, inner_batches, outer_batches, step_sizes):
            inner_var, outer_var, v, inner_memory, outer_memory = state
            point = problem, inner_var, outer_var, v
            inner_memory, (grad, hvp, cross) = see_inner(inner_memory, inner_batches[0], point)
            outer_memory, (outer_in, outer_out) = see_outer(outer_memory, outer_batches[0], point)
            return State(
                inner_var - step_sizes[0] * grad,
                oracle.project(problem, outer_var - step_sizes[1] * (outer_out - cross)),
                v - step_sizes[0] * (hvp - outer_in),
                inner_memory,
                outer_memory,
            )

        return step

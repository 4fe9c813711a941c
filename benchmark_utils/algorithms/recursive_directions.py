"""SOBA's directions by a recursion that begins again on all samples, which SRBA and SPABA share."""

from typing import NamedTuple

import numpy as np

from benchmark_utils.algorithms.search_space import OUTER_STEP_SIZES, STEP_SIZES
from benchmark_utils.algorithms.soba_directions import make_directions, make_full_directions
from benchmark_utils.algorithms.step_sizes import step_size_or_auto
from benchmark_utils.algorithms.stochastic import Array, StochasticSolver


class State(NamedTuple):
    inner_var: Array  # (p,)
    outer_var: Array  # (d,)
    v: Array  # (p,), the solution of the linear system
    previous: tuple  # inner_var, outer_var and v one iteration ago
    directions: tuple  # of inner_var, v and outer_var: (p,), (p,), (d,)


class RecursiveDirectionsSolver(StochasticSolver):
    """Base class of the two solvers, which differ in when they begin again.

    ``draw`` says so: whether each iteration takes its directions from all samples.
    """

    parameters = {
        "step_size": ["auto"],
        "outer_step_size": ["auto"],
        **StochasticSolver.parameters,
    }
    allowed = {
        "step_size": step_size_or_auto,
        "outer_step_size": step_size_or_auto,
        **StochasticSolver.allowed,
    }
    search_space = {
        "step_size": STEP_SIZES,
        "outer_step_size": OUTER_STEP_SIZES,
    }

    reads_all_blocks = True
    draw_changes_calls = True

    @property
    def n_blocks(self):
        """The number of inner and outer minibatches in the data."""
        return sum(map(len, self.block_sizes))

    def schedules(self):
        return [(self.step_size, 0), (self.outer_step_size, 0)]

    def init(self, arrays, inner_var, outer_var):
        v = np.zeros_like(inner_var)
        directions = np.zeros_like(inner_var), np.zeros_like(v), np.zeros_like(outer_var)
        return State(inner_var, outer_var, v, (inner_var, outer_var, v), directions)

    def make_step(self, framework, oracle):
        at_minibatch = make_directions(oracle)
        at_all = make_full_directions(framework, oracle, *map(len, self.block_sizes))

        def begin(args):
            arrays, point, _, _, _ = args
            return at_all(arrays, point)

        def recurse(args):
            arrays, point, previous, (d_inner, d_v, d_outer), (inner_batch, outer_batch) = args
            new_inner, new_v, new_outer = at_minibatch(arrays, point, inner_batch, outer_batch)
            old_inner, old_v, old_outer = at_minibatch(arrays, previous, inner_batch, outer_batch)
            return (
                new_inner - old_inner + d_inner,
                new_v - old_v + d_v,
                new_outer - old_outer + d_outer,
            )

        update = framework.cond(begin, recurse)

        def step(state, arrays, inner_batches, outer_batches, step_sizes, on_all_samples):
            rho, gamma = step_sizes
            inner_var, outer_var, v, previous, directions = state
            point = inner_var, outer_var, v
            batches = inner_batches[0], outer_batches[0]
            directions = update(on_all_samples, (arrays, point, previous, directions, batches))
            d_inner, d_v, d_outer = directions
            return State(
                inner_var - rho * d_inner,
                oracle.project(arrays, outer_var - gamma * d_outer),
                v - rho * d_v,
                point,
                directions,
            )

        return step

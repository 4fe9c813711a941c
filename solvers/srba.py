from typing import NamedTuple

import numpy as np

from benchmark_utils.algorithms.soba_directions import make_directions, make_full_directions
from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.validation import any_of, integer, one_of, positive


class State(NamedTuple):
    inner_var: Array  # (p,)
    outer_var: Array  # (d,)
    v: Array  # (p,), the solution of the linear system
    previous: tuple  # inner_var, outer_var and v one iteration ago
    directions: tuple  # of inner_var, v and outer_var: (p,), (p,), (d,)


class Solver(StochasticSolver):
    """SRBA, Stochastic Recursive Bilevel Algorithm: SOBA with SARAH's variance reduction.

    With D(theta, lambda, v) the three directions of SOBA, on all samples at iterations 1, q + 1,
    2 q + 1, ..., and between these on one inner and one outer minibatch,

        d <- D(now)                                    on all samples
        d <- D(now) - D(previous iteration) + d        on a minibatch
        theta, v  <- theta - rho d_theta, v - rho d_v,     lambda <- lambda - gamma d_lambda

    with rho = ``step_size``, gamma = ``outer_step_size``, q = ``period``: by default (``auto``) the
    number of inner and outer minibatches in the data, the order of the paper's theorem, so that
    full batches cost as much as what is between them. The paper projects v onto a ball whose radius
    depends on constants of the problem, to bound it in proofs; we do not.
    """

    name = "SRBA"
    references = [
        "M. Dagreou, T. Moreau, S. Vaiter, P. Ablin, 'A lower bound and a near-optimal algorithm "
        "for bilevel empirical risk minimization', AISTATS 2024 (Algorithm 1)."
    ]
    parameters = {
        "step_size": [0.1],
        "outer_step_size": [0.1],
        "period": ["auto"],
        **StochasticSolver.parameters,
    }
    allowed = {
        "step_size": positive,
        "outer_step_size": positive,
        "period": any_of(integer(1), one_of("auto")),
        **StochasticSolver.allowed,
    }

    reads_all_blocks = True

    def schedules(self):
        return [(self.step_size, 0), (self.outer_step_size, 0)]

    def draw_more(self, rng, t):
        period = sum(map(len, self.block_sizes)) if self.period == "auto" else self.period
        return (t - 1) % period == 0

    def init(self, problem, inner_var, outer_var):
        v = np.zeros_like(inner_var)
        directions = np.zeros_like(inner_var), np.zeros_like(v), np.zeros_like(outer_var)
        return State(inner_var, outer_var, v, (inner_var, outer_var, v), directions)

    def make_step(self, framework, oracle):
        at_minibatch = make_directions(framework, oracle)
        at_all = make_full_directions(framework, oracle, *map(len, self.block_sizes))

        @framework.inline
        def begin(args):
            return at_all(args[0], args[1])

        @framework.inline
        def recurse(args):
            problem, point, previous, directions, batches = args
            new = at_minibatch(problem, point, batches[0], batches[1])
            old = at_minibatch(problem, previous, batches[0], batches[1])
            return (
                new[0] - old[0] + directions[0],
                new[1] - old[1] + directions[1],
                new[2] - old[2] + directions[2],
            )

        update = framework.either(begin, recurse)

        def step(state, problem, inner_batches, outer_batches, step_sizes, on_all_samples):
            inner_var, outer_var, v, previous, directions = state
            point = inner_var, outer_var, v
            batches = inner_batches[0], outer_batches[0]
            d_inner, d_v, d_outer = update(
                on_all_samples, (problem, point, previous, directions, batches)
            )
            return State(
                inner_var - step_sizes[0] * d_inner,
                oracle.project(problem, outer_var - step_sizes[1] * d_outer),
                v - step_sizes[0] * d_v,
                point,
                (d_inner, d_v, d_outer),
            )

        return step

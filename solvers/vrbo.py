from typing import NamedTuple

import numpy as np

from benchmark_utils.algorithms.hypergradients import make_estimate, make_full_estimate
from benchmark_utils.algorithms.search_space import STEP_SIZES, Choice, LogUniform
from benchmark_utils.algorithms.step_sizes import step_size_or_auto
from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.validation import any_of, integer, one_of


class State(NamedTuple):
    inner_var: Array  # (p,)
    outer_var: Array  # (d,)
    directions: tuple  # of inner_var and outer_var: (p,), (d,)


class Solver(StochasticSolver):
    """VRBO, Variance-Reduced Bilevel Optimizer: SARAH's recursion at both levels.

    With u the estimate of grad_theta G and w that of the hypergradient, by a Neumann series of
    ``n_neumann_steps``, iterations 1, q + 1, 2 q + 1, ... begin with

        d_theta, d_lambda <- u, w                           on a large batch

    All iterations then take ``lambda <- lambda - gamma d_lambda``, and for k = 1, ..., M + 1, with
    fresh minibatches, both terms of a difference on the same,

        d_theta   <- d_theta  + u - u_previous
        d_lambda  <- d_lambda + w - w_previous
        theta     <- theta - rho d_theta                    for k <= M only

    where "previous" is the point before the last step on lambda or theta. Here q = ``period``, M =
    ``n_inner_steps``, rho = ``step_size``, gamma = ``outer_step_size``. The mean of the estimates
    on ``n_large_batches`` independent draws of minibatches is our large batch, whose size the paper
    leaves to the constants of its theorem; with ``n_large_batches="all"`` it is all samples.
    """

    name = "VRBO"
    references = [
        "J. Yang, K. Ji, Y. Liang, 'Provably faster algorithms for bilevel optimization', "
        "NeurIPS 2021 (Algorithm 2)."
    ]
    auto_inner_step, auto_outer_step = 0.72, 0.016
    parameters = {
        "step_size": ["auto"],
        "neumann_step_size": ["auto"],
        "outer_step_size": ["auto"],
        "n_inner_steps": [3],
        "n_neumann_steps": [10],
        "period": [8],
        "n_large_batches": [16],
        **StochasticSolver.parameters,
    }
    allowed = {
        "step_size": step_size_or_auto,
        "neumann_step_size": step_size_or_auto,
        "outer_step_size": step_size_or_auto,
        "n_inner_steps": integer(1),
        "n_neumann_steps": integer(0),
        "period": integer(1),
        "n_large_batches": any_of(integer(1), one_of("all")),
        **StochasticSolver.allowed,
    }
    search_space = {
        ("step_size", "neumann_step_size"): STEP_SIZES,
        "outer_step_size": LogUniform(0.01, 10_000),
        "period": Choice(8, 64),
    }

    @property
    def reads_all_blocks(self):
        return self.n_large_batches == "all"

    @property
    def n_drawn_large_batches(self):
        return 0 if self.reads_all_blocks else self.n_large_batches

    @property
    def n_outer_batches(self):
        return self.n_drawn_large_batches + self.n_inner_steps + 1

    @property
    def n_inner_batches(self):
        return (self.n_neumann_steps + 1) * self.n_outer_batches

    def schedules(self):
        return [(self.step_size, 0), (self.outer_step_size, 0), (self.neumann_step_size, 0)]

    def draw(self, rng, t):
        return (t - 1) % self.period == 0

    draw_changes_calls = True

    def init(self, arrays, inner_var, outer_var):
        directions = np.zeros_like(inner_var), np.zeros_like(outer_var)
        return State(inner_var, outer_var, directions)

    def make_step(self, framework, oracle):
        estimate = make_estimate(framework, oracle)
        n_large_batches, n_inner_steps = self.n_drawn_large_batches, self.n_inner_steps
        shape = self.n_outer_batches, self.n_neumann_steps + 1

        def go_on(args):
            directions, _ = args
            return directions

        start = framework.cond(self.make_begin(framework, oracle), go_on)

        def recurse(carry, k, args):
            inner_var, (old_inner_var, old_outer_var), (d_inner, d_outer) = carry
            arrays, outer_var, _, eta, (inner_batches, outer_batches) = args
            draws = inner_batches[k], outer_batches[k]
            u, w = estimate(arrays, inner_var, outer_var, eta, draws)
            old_u, old_w = estimate(arrays, old_inner_var, old_outer_var, eta, draws)
            directions = d_inner + u - old_u, d_outer + w - old_w
            return inner_var, (inner_var, outer_var), directions

        def recurse_and_move(carry, k, args):
            inner_var, previous, (d_inner, d_outer) = recurse(carry, k, args)
            _, _, rho, _, _ = args
            return inner_var - rho * d_inner, previous, (d_inner, d_outer)

        inner_loop = framework.fold(recurse_and_move)

        def step(state, arrays, inner_batches, outer_batches, step_sizes, on_large_batch):
            rho, gamma, eta = step_sizes
            inner_var, outer_var, directions = state
            draws = inner_batches.reshape(shape), outer_batches
            point = arrays, inner_var, outer_var, eta, draws
            directions = start(on_large_batch, (directions, point))
            previous = inner_var, outer_var
            outer_var = oracle.project(arrays, outer_var - gamma * directions[1])
            args = arrays, outer_var, rho, eta, draws
            steps = np.arange(n_large_batches, n_large_batches + n_inner_steps)
            carry = inner_loop((inner_var, previous, directions), steps, args)
            inner_var, _, directions = recurse(carry, n_large_batches + n_inner_steps, args)
            return State(inner_var, outer_var, directions)

        return step

    def make_begin(self, framework, oracle):
        """The directions on a large batch, ``begin((directions, point))``."""
        if self.reads_all_blocks:
            n_blocks = map(len, self.block_sizes)
            full_estimate = make_full_estimate(framework, oracle, *n_blocks, self.n_neumann_steps)

            def begin_on_all(args):
                _, (arrays, inner_var, outer_var, eta, _) = args
                return full_estimate(arrays, inner_var, outer_var, eta)

            return begin_on_all

        xp, estimate = framework.np, make_estimate(framework, oracle)
        n_large_batches = self.n_large_batches

        def add(means, k, args):
            arrays, inner_var, outer_var, eta, (inner_batches, outer_batches) = args
            draws = inner_batches[k], outer_batches[k]
            u, w = estimate(arrays, inner_var, outer_var, eta, draws)
            return (
                framework.update_mean(means[0], u, n_large_batches),
                framework.update_mean(means[1], w, n_large_batches),
            )

        add_all = framework.fold(add)

        def begin(args):
            (d_inner, d_outer), point = args
            zeros = xp.zeros_like(d_inner), xp.zeros_like(d_outer)
            return add_all(zeros, np.arange(n_large_batches), point)

        return begin

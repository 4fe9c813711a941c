from typing import NamedTuple

import numpy as np

from benchmark_utils.algorithms.hypergradients import make_estimate
from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.validation import integer, positive


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
        theta     <- theta - rho d_theta                    for k <= M alone

    where "previous" is the point before the last step on lambda or theta. Here q = ``period``, M =
    ``n_inner_steps``, rho = ``step_size``, gamma = ``outer_step_size``. The mean of the estimates
    on ``n_large_batches`` independent draws of minibatches is our large batch, whose size the paper
    leaves to the constants of its theorem.
    """

    name = "VRBO"
    references = [
        "J. Yang, K. Ji, Y. Liang, 'Provably faster algorithms for bilevel optimization', "
        "NeurIPS 2021 (Algorithm 2)."
    ]
    parameters = {
        "step_size": [0.1],
        "neumann_step_size": [0.1],
        "outer_step_size": [0.1],
        "n_inner_steps": [3],
        "n_neumann_steps": [10],
        "period": [8],
        "n_large_batches": [16],
        **StochasticSolver.parameters,
    }
    allowed = {
        "step_size": positive,
        "neumann_step_size": positive,
        "outer_step_size": positive,
        "n_inner_steps": integer(1),
        "n_neumann_steps": integer(0),
        "period": integer(1),
        "n_large_batches": integer(1),
        **StochasticSolver.allowed,
    }

    @property
    def n_outer_batches(self):
        return self.n_large_batches + self.n_inner_steps + 1

    @property
    def n_inner_batches(self):
        return (self.n_neumann_steps + 1) * self.n_outer_batches

    def schedules(self):
        return [(self.step_size, 0), (self.outer_step_size, 0), (self.neumann_step_size, 0)]

    def draw_more(self, rng, t):
        return (t - 1) % self.period == 0

    def init(self, problem, inner_var, outer_var):
        return State(inner_var, outer_var, (np.zeros_like(inner_var), np.zeros_like(outer_var)))

    def make_step(self, framework, oracle):
        estimate = framework.once(make_estimate(framework, oracle))
        n_large_batches, n_inner_steps = self.n_large_batches, self.n_inner_steps
        shape = self.n_outer_batches, self.n_neumann_steps + 1

        @framework.inline
        def add(means, k, args):
            problem, inner_var, outer_var, (inner_batches, outer_batches, step_size) = args
            draws = inner_batches[k], outer_batches[k], step_size
            grad, hypergrad = estimate(problem, inner_var, outer_var, draws)
            return (
                framework.update_mean(means[0], grad, n_large_batches),
                framework.update_mean(means[1], hypergrad, n_large_batches),
            )

        add_all, zeros_like = framework.scan(add), framework.zeros_like

        @framework.inline
        def begin(args):
            point, directions = args
            zeros = zeros_like(directions[0]), zeros_like(directions[1])
            return add_all(zeros, np.arange(n_large_batches), point)

        @framework.inline
        def go_on(args):
            return args[1]

        start = framework.either(begin, go_on)

        @framework.inline
        def recurse(carry, k, args):
            inner_var, previous, directions = carry
            problem, outer_var, (inner_batches, outer_batches, step_size), _ = args
            draws = inner_batches[k], outer_batches[k], step_size
            grad, hypergrad = estimate(problem, inner_var, outer_var, draws)
            old_grad, old_hypergrad = estimate(problem, previous[0], previous[1], draws)
            directions = (
                directions[0] + grad - old_grad,
                directions[1] + hypergrad - old_hypergrad,
            )
            return inner_var, (inner_var, outer_var), directions

        @framework.inline
        def recurse_and_move(carry, k, args):
            inner_var, previous, directions = recurse(carry, k, args)
            return inner_var - args[3] * directions[0], previous, directions

        inner_loop = framework.scan(recurse_and_move)

        def step(state, problem, inner_batches, outer_batches, step_sizes, on_large_batch):
            inner_var, outer_var, directions = state
            draws = inner_batches.reshape(shape), outer_batches, step_sizes[2]
            directions = start(on_large_batch, ((problem, inner_var, outer_var, draws), directions))
            previous = inner_var, outer_var
            outer_var = oracle.project(problem, outer_var - step_sizes[1] * directions[1])
            args = problem, outer_var, draws, step_sizes[0]
            steps = np.arange(n_large_batches, n_large_batches + n_inner_steps)
            carry = inner_loop((inner_var, previous, directions), steps, args)
            inner_var, _, directions = recurse(carry, n_large_batches + n_inner_steps, args)
            return State(inner_var, outer_var, directions)

        return step

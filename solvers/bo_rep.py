from typing import NamedTuple

import numpy as np

from benchmark_utils.algorithms.hypergradients import make_series_hypergradient
from benchmark_utils.algorithms.lengths import make_unit
from benchmark_utils.algorithms.normalised_momentum import NormalisedMomentumSolver
from benchmark_utils.algorithms.stochastic import Array
from benchmark_utils.validation import integer


class State(NamedTuple):
    inner_var: Array  # (p,)
    outer_var: Array  # (d,)
    outer_direction: Array  # (d,)


class Solver(NormalisedMomentumSolver):
    """BO-REP, Bilevel Optimization with Refinement and Periodic updates: normalised momentum.

    Only every I-th iteration moves theta, by ``n_inner_steps`` steps on fresh minibatches,

        theta  <- theta - rho grad_theta G_b

    Each iteration estimates the hypergradient with a Neumann series and takes a step of length
    gamma_t along the average of these estimates,

        v      =  eta sum_{q <= Q} prod_{k <= q} (I - eta H_{b_k}) grad_theta F_j
        d      <- (1 - beta) d + beta (grad_lambda F_j - hessian_lambda,theta G_i v)
        lambda <- lambda - gamma_t d / ||d||

    with rho = ``step_size``, eta = ``neumann_step_size``, Q = ``n_neumann_steps``, I = ``period``,
    beta = ``momentum``, and gamma_t = ``outer_step_size`` t^(-``outer_decay``), as steps of
    constant length do not come to rest; the paper's length depends on the number of iterations. The
    paper refines theta before the first iteration, and projects it onto a ball while it moves; we
    do not.
    """

    name = "BO-REP"
    references = [
        "J. Hao, X. Gong, M. Liu, 'Bilevel optimization under unbounded smoothness: a new "
        "algorithm and convergence analysis', ICLR 2024 (Algorithm 1)."
    ]
    parameters = {
        **NormalisedMomentumSolver.parameters,
        "period": [2],
        "n_inner_steps": [3],
    }
    allowed = {
        **NormalisedMomentumSolver.allowed,
        "period": integer(1),
        "n_inner_steps": integer(1),
    }

    draw_changes_calls = True

    @property
    def n_inner_batches(self):
        return self.n_inner_steps + self.n_neumann_steps + 1

    def draw(self, rng, t):
        return (t - 1) % self.period == 0

    def init(self, arrays, inner_var, outer_var):
        return State(inner_var, outer_var, np.zeros_like(outer_var))

    def make_step(self, framework, oracle):
        sgd, unit = framework.sgd(oracle.inner_grad), make_unit(framework.np)
        hypergradient = make_series_hypergradient(framework, oracle)
        n_inner_steps = self.n_inner_steps

        def move(args):
            inner_var, batches, at = args
            return sgd(inner_var, batches, at)

        def rest(args):
            inner_var, _, _ = args
            return inner_var

        move_or_rest = framework.cond(move, rest)

        def step(state, arrays, inner_batches, outer_batches, step_sizes, moves):
            rho, gamma, eta, beta = step_sizes
            inner_var, outer_var, direction = state
            args = inner_var, inner_batches[:n_inner_steps], (arrays, outer_var, rho)
            inner_var = move_or_rest(moves, args)
            draws = inner_batches[n_inner_steps:-1], inner_batches[-1], outer_batches[0]
            estimate = hypergradient(arrays, inner_var, outer_var, eta, draws)
            direction = (1 - beta) * direction + beta * estimate
            outer_var = oracle.project(arrays, outer_var - gamma * unit(direction))
            return State(inner_var, outer_var, direction)

        return step

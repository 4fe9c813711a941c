from typing import NamedTuple

import numpy as np

from benchmark_utils.loops import make_neumann
from benchmark_utils.stochastic_solver import Array, StochasticSolver
from benchmark_utils.validation import fraction, integer, non_negative, positive


class State(NamedTuple):
    inner_var: Array  # (p,)
    outer_var: Array  # (d,)
    previous_inner_var: Array  # (p,)
    previous_outer_var: Array  # (d,)
    inner_direction: Array  # (p,)
    outer_direction: Array  # (d,)


class Solver(StochasticSolver):
    """MRBO, Momentum-based Recursive Bilevel Optimizer: recursive momentum at both levels.

    With u the estimate of grad_theta G and w that of the hypergradient, by a Neumann series of
    ``n_neumann_steps``, at the present point and, on the same minibatches, at the previous one,

        d_theta  <- u + (1 - eta_t) (d_theta  - u_previous),    theta  <- theta  - rho_t   d_theta
        d_lambda <- w + (1 - eta_t) (d_lambda - w_previous),    lambda <- lambda - gamma_t d_lambda

    where rho_t = ``step_size`` t^(-1/3), gamma_t = ``outer_step_size`` t^(-1/3), as in the paper's
    theorem, and eta_t = ``momentum`` t^(-2/3) but eta_1 = 1, so that the first directions are plain
    estimates.
    """

    name = "MRBO"
    references = [
        "J. Yang, K. Ji, Y. Liang, 'Provably faster algorithms for bilevel optimization', "
        "NeurIPS 2021 (Algorithm 1)."
    ]
    parameters = {
        "step_size": [0.1],
        "neumann_step_size": [0.1],
        "outer_step_size": [0.1],
        "momentum": [0.5],
        "decay": [1 / 3],
        "n_neumann_steps": [10],
        **StochasticSolver.parameters,
    }
    allowed = {
        "step_size": positive,
        "neumann_step_size": positive,
        "outer_step_size": positive,
        "momentum": fraction,
        "decay": non_negative,
        "n_neumann_steps": integer(0),
        **StochasticSolver.allowed,
    }

    @property
    def n_inner_batches(self):
        return self.n_neumann_steps + 1

    def schedules(self):
        return [
            (self.step_size, self.decay),
            (self.neumann_step_size, 0),
            (self.outer_step_size, self.decay),
            (self.momentum, 2 * self.decay),
        ]

    def step_sizes(self, t):
        sizes = super().step_sizes(t)
        # What the step needs is 1 - eta_t.
        sizes[:, 3] = np.where(t == 1, 0, 1 - sizes[:, 3])
        return sizes

    def init(self, problem, inner_var, outer_var):
        nowhere = np.zeros_like(inner_var), np.zeros_like(outer_var)
        return State(inner_var, outer_var, inner_var, outer_var, *nowhere)

    def make_step(self, framework, oracle):
        neumann = make_neumann(framework, oracle)

        @framework.inline
        def estimate(problem, inner_var, outer_var, draws):
            inner_batches, outer_batches, step_size = draws
            grad = oracle.inner_grad(problem, inner_var, outer_var, inner_batches[0])
            outer_in, outer_out = oracle.outer_grad(problem, inner_var, outer_var, outer_batches[0])
            args = problem, inner_var, outer_var, step_size
            v = neumann(outer_in, inner_batches[1:], args)
            cross = oracle.cross(problem, inner_var, outer_var, v, inner_batches[0])
            return grad, outer_out - cross

        def step(state, problem, inner_batches, outer_batches, step_sizes):
            inner_var, outer_var, old_inner_var, old_outer_var, d_inner, d_outer = state
            draws = inner_batches, outer_batches, step_sizes[1]
            grad, hypergrad = estimate(problem, inner_var, outer_var, draws)
            old_grad, old_hypergrad = estimate(problem, old_inner_var, old_outer_var, draws)
            d_inner = grad + step_sizes[3] * (d_inner - old_grad)
            d_outer = hypergrad + step_sizes[3] * (d_outer - old_hypergrad)
            return State(
                inner_var - step_sizes[0] * d_inner,
                oracle.project(problem, outer_var - step_sizes[2] * d_outer),
                inner_var,
                outer_var,
                d_inner,
                d_outer,
            )

        return step

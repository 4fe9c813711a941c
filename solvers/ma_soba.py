from typing import NamedTuple

import numpy as np

from benchmark_utils.algorithms.search_space import MOMENTA, OUTER_STEP_SIZES, STEP_SIZES, Choice
from benchmark_utils.algorithms.soba_directions import make_directions
from benchmark_utils.algorithms.step_sizes import step_size_or_auto
from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.validation import fraction, non_negative


class State(NamedTuple):
    inner_var: Array  # (p,)
    outer_var: Array  # (d,)
    v: Array  # (p,), the solution of the linear system
    outer_direction: Array  # (d,)


class Solver(StochasticSolver):
    """MA-SOBA, Moving-Average SOBA: SOBA with a moving average of the direction of lambda.

    At iteration t, with one inner minibatch i and one outer minibatch j, all right-hand sides at
    the last iteration's theta, v and lambda, and d = 0 at the start,

        theta  <- theta - rho_t grad_theta G_i
        v      <- v - rho_t (hessian_theta,theta G_i v - grad_theta F_j)
        d      <- (1 - beta_t) d + beta_t (grad_lambda F_j - hessian_lambda,theta G_i v)
        lambda <- lambda - gamma_t d

    with rho_t = ``step_size``, gamma_t = ``outer_step_size`` and beta_t = ``momentum``, all times
    t^(-``decay``). The paper's theorem has constants that depend on the number of iterations T as
    T^(-1/2), to which a ``decay`` of 1/2 corresponds. The average lowers the noise of the
    direction, so that SOBA's rate needs no third derivatives.
    """

    name = "MA-SOBA"
    references = [
        "X. Chen, T. Xiao, K. Balasubramanian, 'Optimal algorithms for stochastic bilevel "
        "optimization under relaxed smoothness conditions', JMLR 2024, arXiv:2306.12067, 2023 "
        "(Algorithm 1)."
    ]
    auto_inner_step, auto_outer_step = 1.2, 0.012
    parameters = {
        "step_size": ["auto"],
        "outer_step_size": ["auto"],
        "momentum": [0.7],
        "decay": [0.25],
        **StochasticSolver.parameters,
    }
    allowed = {
        "step_size": step_size_or_auto,
        "outer_step_size": step_size_or_auto,
        "momentum": fraction,
        "decay": non_negative,
        **StochasticSolver.allowed,
    }
    search_space = {
        "step_size": STEP_SIZES,
        "outer_step_size": OUTER_STEP_SIZES,
        "momentum": MOMENTA,
        "decay": Choice(0.0, 0.25),
    }

    def schedules(self):
        scales = self.step_size, self.outer_step_size, self.momentum
        return [(scale, self.decay) for scale in scales]

    def init(self, arrays, inner_var, outer_var):
        return State(inner_var, outer_var, np.zeros_like(inner_var), np.zeros_like(outer_var))

    def make_step(self, framework, oracle):
        directions = make_directions(oracle)

        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            rho, gamma, beta = step_sizes
            inner_var, outer_var, v, direction = state
            d_inner, d_v, d_outer = directions(
                arrays, (inner_var, outer_var, v), inner_batches[0], outer_batches[0]
            )
            direction = (1 - beta) * direction + beta * d_outer
            return State(
                inner_var - rho * d_inner,
                oracle.project(arrays, outer_var - gamma * direction),
                v - rho * d_v,
                direction,
            )

        return step

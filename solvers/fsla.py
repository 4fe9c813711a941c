from typing import NamedTuple

import numpy as np

from benchmark_utils.algorithms.search_space import MOMENTA, OUTER_STEP_SIZES, STEP_SIZES, Choice
from benchmark_utils.algorithms.step_sizes import step_size_or_auto
from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.validation import fraction, non_negative


class State(NamedTuple):
    inner_var: Array  # (p,)
    outer_var: Array  # (d,)
    v: Array  # (p,), the solution of the linear system
    previous_outer_var: Array  # (d,)
    outer_direction: Array  # (d,)


class Solver(StochasticSolver):
    """FSLA, Fully Single Loop Algorithm: one step on theta, on v, then on lambda with momentum.

    At iteration t, each line with fresh minibatches and the newest of the others,

        theta  <- theta - rho_t grad_theta G_i
        v      <- v - eta_t (hessian_theta,theta G_i' v - grad_theta F_j)
        w      <- grad_lambda F_j' - hessian_lambda,theta G_i'' v
        d      <- w + (1 - beta_t) (d - w_previous)
        lambda <- lambda - gamma_t d

    where w_previous is w on the same minibatches at the theta, lambda and v of the last iteration's
    w. The step sizes are ``step_size``, ``linear_step_size``, ``outer_step_size`` and beta_t =
    ``momentum``, all times t^(-``decay``), but beta_1 = 1. The paper's theorem has constants that
    depend on the number of iterations T as T^(-1/2), to which a ``decay`` of 1/2 corresponds.
    """

    name = "FSLA"
    references = [
        "J. Li, B. Gu, H. Huang, 'A fully single loop algorithm for bilevel optimization without "
        "Hessian inverse', AAAI 2022 (Algorithm 1)."
    ]
    auto_inner_step, auto_outer_step = 1.2, 0.012
    parameters = {
        "step_size": ["auto"],
        "linear_step_size": ["auto"],
        "outer_step_size": ["auto"],
        "momentum": [0.7],
        "decay": [0.25],
        **StochasticSolver.parameters,
    }
    allowed = {
        "step_size": step_size_or_auto,
        "linear_step_size": step_size_or_auto,
        "outer_step_size": step_size_or_auto,
        "momentum": fraction,
        "decay": non_negative,
        **StochasticSolver.allowed,
    }
    search_space = {
        ("step_size", "linear_step_size"): STEP_SIZES,
        "outer_step_size": OUTER_STEP_SIZES,
        "momentum": MOMENTA,
        "decay": Choice(0.0, 0.25),
    }
    n_inner_batches = 3
    n_outer_batches = 2

    def schedules(self):
        scales = self.step_size, self.linear_step_size, self.outer_step_size, self.momentum
        return [(scale, self.decay) for scale in scales]

    def step_sizes(self, t):
        rho, eta, gamma, beta = super().step_sizes(t)
        beta[t == 1] = 1
        return rho, eta, gamma, beta

    def init(self, arrays, inner_var, outer_var):
        v = np.zeros_like(inner_var)
        return State(inner_var, outer_var, v, outer_var, np.zeros_like(outer_var))

    def make_step(self, framework, oracle):
        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            rho, eta, gamma, beta = step_sizes
            old_inner_var, outer_var, old_v, old_outer_var, direction = state
            g_theta = oracle.inner_grad(arrays, old_inner_var, outer_var, inner_batches[0])
            inner_var = old_inner_var - rho * g_theta
            f_theta, _ = oracle.outer_grad(arrays, inner_var, outer_var, outer_batches[0])
            hvp = oracle.hvp(arrays, inner_var, outer_var, old_v, inner_batches[1])
            v = old_v - eta * (hvp - f_theta)
            batch, outer_batch = inner_batches[2], outer_batches[1]
            f_lambda = oracle.outer_lambda_grad(arrays, inner_var, outer_var, outer_batch)
            w = f_lambda - oracle.cross(arrays, inner_var, outer_var, v, batch)
            f_lambda = oracle.outer_lambda_grad(arrays, old_inner_var, old_outer_var, outer_batch)
            old_w = f_lambda - oracle.cross(arrays, old_inner_var, old_outer_var, old_v, batch)
            direction = w + (1 - beta) * (direction - old_w)
            new_outer_var = oracle.project(arrays, outer_var - gamma * direction)
            return State(inner_var, new_outer_var, v, outer_var, direction)

        return step

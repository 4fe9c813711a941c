from typing import NamedTuple

import numpy as np

from benchmark_utils.algorithms.hypergradients import make_series_hypergradient
from benchmark_utils.algorithms.lengths import make_unit
from benchmark_utils.algorithms.normalised_momentum import NormalisedMomentumSolver
from benchmark_utils.algorithms.stochastic import Array
from benchmark_utils.validation import fraction, non_negative


class State(NamedTuple):
    inner_var: Array  # (p,), the average of the moving theta
    outer_var: Array  # (d,)
    moving: tuple  # the moving theta, now and one iteration ago: (p,), (p,)
    previous: tuple  # inner_var and outer_var of the last estimate
    outer_direction: Array  # (d,)


class Solver(NormalisedMomentumSolver):
    """AccBO, Accelerated Bilevel Optimization: Nesterov's method for theta, STORM for lambda.

    At iteration t, with y the moving theta,

        z      =  y + alpha (y - y_previous)
        y      <- z - rho grad_theta G_i(z)
        theta  <- (1 - tau) theta + tau y
        w      =  grad_lambda F_j - hessian_lambda,theta G_i' v,     v by a Neumann series
        d      <- w + (1 - beta_t) (d - w_previous)
        lambda <- lambda - gamma_t d / ||d||

    where w_previous is w on the same minibatches at the theta and lambda of the last iteration's w.
    Here rho = ``step_size``, alpha = ``extrapolation``, tau = ``averaging``, beta_t = ``momentum``
    but beta_1 = 1, and gamma_t = ``outer_step_size`` t^(-``outer_decay``), as steps of constant
    length do not come to rest; the paper's length depends on the number of iterations. The series
    has ``n_neumann_steps`` steps of ``neumann_step_size``. The paper warm-starts theta before the
    first iteration; we do not.
    """

    name = "AccBO"
    references = [
        "X. Gong, J. Hao, M. Liu, 'An accelerated algorithm for stochastic bilevel optimization "
        "under unbounded smoothness', NeurIPS 2024 (Algorithm 1)."
    ]
    parameters = {
        **NormalisedMomentumSolver.parameters,
        "extrapolation": [0.5],
        "averaging": [0.5],
    }
    allowed = {
        **NormalisedMomentumSolver.allowed,
        "extrapolation": non_negative,
        "averaging": fraction,
    }

    @property
    def n_inner_batches(self):
        return self.n_neumann_steps + 2

    def schedules(self):
        return [*super().schedules(), (self.extrapolation, 0), (self.averaging, 0)]

    def step_sizes(self, t):
        rho, gamma, eta, beta, alpha, tau = super().step_sizes(t)
        beta[t == 1] = 1
        return rho, gamma, eta, beta, alpha, tau

    def init(self, arrays, inner_var, outer_var):
        start = inner_var, outer_var
        return State(*start, (inner_var, inner_var), start, np.zeros_like(outer_var))

    def make_step(self, framework, oracle):
        unit = make_unit(framework.np)
        hypergradient = make_series_hypergradient(framework, oracle)

        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            rho, gamma, eta, beta, alpha, tau = step_sizes
            inner_var, outer_var, (y, old_y), (old_inner_var, old_outer_var), direction = state
            z = y + alpha * (y - old_y)
            new_y = z - rho * oracle.inner_grad(arrays, z, outer_var, inner_batches[0])
            inner_var = (1 - tau) * inner_var + tau * new_y
            draws = inner_batches[1:-1], inner_batches[-1], outer_batches[0]
            w = hypergradient(arrays, inner_var, outer_var, eta, draws)
            old_w = hypergradient(arrays, old_inner_var, old_outer_var, eta, draws)
            direction = w + (1 - beta) * (direction - old_w)
            new_outer_var = oracle.project(arrays, outer_var - gamma * unit(direction))
            previous = inner_var, outer_var
            return State(inner_var, new_outer_var, (new_y, y), previous, direction)

        return step

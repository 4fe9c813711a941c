"""Recursive momentum at both levels, which MRBO and SUSTAIN share."""

from typing import NamedTuple

import numpy as np

from benchmark_utils.algorithms.step_sizes import step_size_or_auto
from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.validation import (
    any_of,
    fraction,
    integer,
    non_negative,
    one_of,
)


class State(NamedTuple):
    inner_var: Array  # (p,)
    outer_var: Array  # (d,)
    previous_inner_var: Array  # (p,)
    previous_outer_var: Array  # (d,)
    inner_direction: Array  # (p,)
    outer_direction: Array  # (d,)


def make_momentum_step(oracle, estimate):
    """One iteration of recursive momentum.

    Parameters
    ----------
    oracle : Oracle
    estimate : callable
        ``estimate(arrays, inner_var, outer_var, eta, draws)``: grad_theta G and the hypergradient.

    Returns
    -------
    momentum_step : callable
        ``momentum_step(state, arrays, draws, (rho, gamma, beta, eta))``.
    """

    def momentum_step(state, arrays, draws, step_sizes):
        rho, gamma, beta, eta = step_sizes
        inner_var, outer_var, old_inner_var, old_outer_var, d_inner, d_outer = state
        u, w = estimate(arrays, inner_var, outer_var, eta, draws)
        old_u, old_w = estimate(arrays, old_inner_var, old_outer_var, eta, draws)
        d_inner = u + (1 - beta) * (d_inner - old_u)
        d_outer = w + (1 - beta) * (d_outer - old_w)
        return State(
            inner_var - rho * d_inner,
            oracle.project(arrays, outer_var - gamma * d_outer),
            inner_var,
            outer_var,
            d_inner,
            d_outer,
        )

    return momentum_step


class RecursiveMomentumSolver(StochasticSolver):
    """Base class of the two solvers, which differ in their estimate of the hypergradient.

    ``step_sizes`` are rho_t, gamma_t, beta_t, and eta, the step size of the Neumann series.
    """

    parameters = {
        "step_size": ["auto"],
        "neumann_step_size": ["auto"],
        "outer_step_size": ["auto"],
        "momentum": [0.5],
        "decay": [1 / 3],
        "momentum_decay": ["auto"],
        "n_neumann_steps": [10],
        **StochasticSolver.parameters,
    }
    allowed = {
        "step_size": step_size_or_auto,
        "neumann_step_size": step_size_or_auto,
        "outer_step_size": step_size_or_auto,
        "momentum": fraction,
        "decay": non_negative,
        "momentum_decay": any_of(non_negative, one_of("auto")),
        "n_neumann_steps": integer(0),
        **StochasticSolver.allowed,
    }

    def schedules(self):
        auto = self.momentum_decay == "auto"
        momentum_decay = 2 * self.decay if auto else self.momentum_decay
        return [
            (self.step_size, self.decay),
            (self.outer_step_size, self.decay),
            (self.momentum, momentum_decay),
            (self.neumann_step_size, 0),
        ]

    def step_sizes(self, t):
        rho, gamma, beta, eta = super().step_sizes(t)
        beta[t == 1] = 1
        return rho, gamma, beta, eta

    def init(self, arrays, inner_var, outer_var):
        nowhere = np.zeros_like(inner_var), np.zeros_like(outer_var)
        return State(inner_var, outer_var, inner_var, outer_var, *nowhere)

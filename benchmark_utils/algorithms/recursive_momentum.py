"""Recursive momentum at both levels, which MRBO and SUSTAIN share."""

from typing import NamedTuple

import numpy as np

from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.validation import fraction, integer, non_negative, positive


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
        ``estimate(problem, inner_var, outer_var, draws)``: grad_theta G and the hypergradient.

    Returns
    -------
    momentum_step : callable
        ``momentum_step(state, problem, draws, step_sizes)``.
    """

    def momentum_step(state, problem, draws, step_sizes):
        inner_var, outer_var, old_inner_var, old_outer_var, d_inner, d_outer = state
        grad, hypergrad = estimate(problem, inner_var, outer_var, draws)
        old_grad, old_hypergrad = estimate(problem, old_inner_var, old_outer_var, draws)
        d_inner = grad + step_sizes[2] * (d_inner - old_grad)
        d_outer = hypergrad + step_sizes[2] * (d_outer - old_hypergrad)
        return State(
            inner_var - step_sizes[0] * d_inner,
            oracle.project(problem, outer_var - step_sizes[1] * d_outer),
            inner_var,
            outer_var,
            d_inner,
            d_outer,
        )

    return momentum_step


class RecursiveMomentumSolver(StochasticSolver):
    """Base class of the two solvers, which differ in their estimate of the hypergradient.

    ``step_sizes`` are rho_t, gamma_t, 1 - eta_t, and the step size of the Neumann series.
    """

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

    def schedules(self):
        return [
            (self.step_size, self.decay),
            (self.outer_step_size, self.decay),
            (self.momentum, 2 * self.decay),
            (self.neumann_step_size, 0),
        ]

    def step_sizes(self, t):
        sizes = super().step_sizes(t)
        sizes[:, 2] = np.where(t == 1, 0, 1 - sizes[:, 2])
        return sizes

    def init(self, problem, inner_var, outer_var):
        nowhere = np.zeros_like(inner_var), np.zeros_like(outer_var)
        return State(inner_var, outer_var, inner_var, outer_var, *nowhere)

"""Solvers that estimate v by one random term of a Neumann series: BSA and TTSA."""

from typing import NamedTuple

from benchmark_utils.algorithms.step_sizes import step_size_or_auto
from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.validation import integer, non_negative


class State(NamedTuple):
    inner_var: Array  # (p,)
    outer_var: Array  # (d,)


class RandomNeumannSolver(StochasticSolver):
    """Base class of the two solvers, which differ in ``n_inner_steps``, their steps on theta.

    ``step_sizes`` are rho_t, gamma_t, and eta of the random term. Besides minibatches, an iteration
    draws the number of that term's factors.
    """

    parameters = {
        "step_size": ["auto"],
        "neumann_step_size": ["auto"],
        "outer_step_size": ["auto"],
        "n_neumann_steps": [10],
        **StochasticSolver.parameters,
    }
    allowed = {
        "step_size": step_size_or_auto,
        "neumann_step_size": step_size_or_auto,
        "outer_step_size": step_size_or_auto,
        "decay": non_negative,
        "outer_decay": non_negative,
        "n_neumann_steps": integer(2),
        **StochasticSolver.allowed,
    }

    @property
    def n_inner_batches(self):
        return self.n_inner_steps + self.n_neumann_steps

    def schedules(self):
        return [
            (self.step_size, self.decay),
            (self.outer_step_size, self.outer_decay),
            (self.neumann_step_size, 0),
        ]

    draw_changes_calls = True

    def draw(self, rng, t):
        return rng.integers(self.n_neumann_steps, size=len(t))

    def init(self, arrays, inner_var, outer_var):
        return State(inner_var, outer_var)

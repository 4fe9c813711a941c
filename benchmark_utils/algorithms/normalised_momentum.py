"""Steps of set length along an average of hypergradients, which AccBO and BO-REP share."""

from benchmark_utils.algorithms.search_space import (
    MOMENTA,
    OUTER_STEP_SIZES,
    STEP_SIZES,
    Choice,
)
from benchmark_utils.algorithms.step_sizes import step_size_or_auto
from benchmark_utils.algorithms.stochastic import StochasticSolver
from benchmark_utils.validation import fraction, integer, non_negative, positive


class NormalisedMomentumSolver(StochasticSolver):
    """Base class of the two solvers, which differ in their average, and in how they move theta.

    ``step_sizes`` are rho, gamma_t, eta of the Neumann series, and beta. Steps of constant length
    do not come to rest, so gamma_t = ``outer_step_size`` t^(-``outer_decay``); the papers' length
    depends on the number of iterations.
    """

    parameters = {
        "step_size": ["auto"],
        "neumann_step_size": ["auto"],
        "outer_step_size": [0.1],
        "momentum": [0.1],
        "outer_decay": [0.5],
        "n_neumann_steps": [30],
        **StochasticSolver.parameters,
    }
    allowed = {
        "step_size": step_size_or_auto,
        "neumann_step_size": step_size_or_auto,
        "outer_step_size": positive,
        "momentum": fraction,
        "outer_decay": non_negative,
        "n_neumann_steps": integer(0),
        **StochasticSolver.allowed,
    }
    search_space = {
        ("step_size", "neumann_step_size"): STEP_SIZES,
        "outer_step_size": OUTER_STEP_SIZES,
        "momentum": MOMENTA,
        "outer_decay": Choice(0.25, 0.5),
        "n_neumann_steps": Choice(10, 30),
    }

    def schedules(self):
        return [
            (self.step_size, 0),
            (self.outer_step_size, self.outer_decay),
            (self.neumann_step_size, 0),
            (self.momentum, 0),
        ]

from typing import NamedTuple

import numpy as np

from benchmark_utils.algorithms.search_space import OUTER_STEP_SIZES, STEP_SIZES, Choice
from benchmark_utils.algorithms.soba_directions import make_directions
from benchmark_utils.algorithms.step_sizes import step_size_or_auto
from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.validation import non_negative


class State(NamedTuple):
    inner_var: Array  # (p,)
    outer_var: Array  # (d,)
    v: Array  # (p,), the solution of the linear system


class Solver(StochasticSolver):
    """SOBA, StOchastic Bilevel Algorithm: one SGD step on each of three variables at a time.

    At iteration t, with one inner minibatch i and one outer minibatch j, simultaneously

        theta  <- theta  - rho_t   grad_theta G_i
        v      <- v      - rho_t   (hessian_theta,theta G_i v - grad_theta F_j)
        lambda <- lambda - gamma_t (grad_lambda F_j - hessian_lambda,theta G_i v)

    with rho_t = ``step_size`` t^(-``decay``), gamma_t = ``outer_step_size`` t^(-``outer_decay``).
    The convergence theorem has the decays 2/5 and 3/5; 0 gives constant steps.
    """

    name = "SOBA"
    references = [
        "M. Dagreou, P. Ablin, S. Vaiter, T. Moreau, 'A framework for bilevel optimization that "
        "enables stochastic and global variance reduction algorithms', NeurIPS 2022."
    ]
    auto_inner_step, auto_outer_step = 1.3, 0.02
    parameters = {
        "step_size": ["auto"],
        "outer_step_size": ["auto"],
        "decay": [0.2],
        "outer_decay": [0.3],
        **StochasticSolver.parameters,
    }
    allowed = {
        "step_size": step_size_or_auto,
        "outer_step_size": step_size_or_auto,
        "decay": non_negative,
        "outer_decay": non_negative,
        **StochasticSolver.allowed,
    }
    search_space = {
        "step_size": STEP_SIZES,
        "outer_step_size": OUTER_STEP_SIZES,
        ("decay", "outer_decay"): Choice((0.0, 0.0), (0.2, 0.3)),
    }

    def schedules(self):
        return [(self.step_size, self.decay), (self.outer_step_size, self.outer_decay)]

    def init(self, arrays, inner_var, outer_var):
        return State(inner_var, outer_var, np.zeros_like(inner_var))

    def make_step(self, framework, oracle):
        directions = make_directions(oracle)

        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            rho, gamma = step_sizes
            inner_var, outer_var, v = state
            d_inner, d_v, d_outer = directions(
                arrays, (inner_var, outer_var, v), inner_batches[0], outer_batches[0]
            )
            return State(
                inner_var - rho * d_inner,
                oracle.project(arrays, outer_var - gamma * d_outer),
                v - rho * d_v,
            )

        return step

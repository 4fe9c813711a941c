from typing import NamedTuple

import numpy as np

from benchmark_utils.algorithms.search_space import LogUniform
from benchmark_utils.algorithms.soba_directions import make_directions
from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.validation import positive


class State(NamedTuple):
    inner_var: Array  # (p,)
    outer_var: Array  # (d,)
    v: Array  # (p,), the solution of the linear system
    squares: tuple  # alpha^2, beta^2 and kappa^2


class Solver(StochasticSolver):
    """S-TFBO, Single-loop Tuning-Free Bilevel Optimizer: SOBA with steps from sums of squares.

    With D the three directions of SOBA, from one inner and one outer minibatch, an iteration sets

        alpha^2 <- alpha^2 + ||D_lambda||^2,  beta^2 <- beta^2 + ||D_theta||^2,
        kappa^2 <- kappa^2 + ||D_v||^2,       tau = max(beta, kappa)

    and then, all directions at the same point,

        theta  <- theta  - D_theta / beta
        v      <- v      - D_v / tau
        lambda <- lambda - D_lambda / (alpha tau)

    There are no step sizes: only the starting values alpha = ``initial_outer`` and beta = kappa =
    ``initial_inner``, which the paper leaves open, and which matter where gradients are smaller.
    The theorem is for full batches; minibatches make the steps fall as one over the root of t.
    """

    name = "S-TFBO"
    references = [
        "Y. Yang, H. Ban, M. Huang, S. Ma, K. Ji, 'Tuning-free bilevel optimization: new "
        "algorithms and convergence analysis', ICLR 2025 (Algorithm 2)."
    ]
    parameters = {
        "initial_inner": [2.1],
        "initial_outer": [0.0065],
        **StochasticSolver.parameters,
    }
    allowed = {
        "initial_inner": positive,
        "initial_outer": positive,
        **StochasticSolver.allowed,
    }
    search_space = {
        "initial_inner": LogUniform(0.01, 10),
        "initial_outer": LogUniform(1e-4, 10),
    }

    def schedules(self):
        return []

    def init(self, arrays, inner_var, outer_var):
        number = inner_var.dtype.type
        inner, outer = number(self.initial_inner**2), number(self.initial_outer**2)
        return State(inner_var, outer_var, np.zeros_like(inner_var), (outer, inner, inner))

    def make_step(self, framework, oracle):
        xp, directions = framework.np, make_directions(oracle)

        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            inner_var, outer_var, v, (alpha2, beta2, kappa2) = state
            d_inner, d_v, d_outer = directions(
                arrays, (inner_var, outer_var, v), inner_batches[0], outer_batches[0]
            )
            alpha2 = alpha2 + xp.dot(d_outer, d_outer)
            beta2 = beta2 + xp.dot(d_inner, d_inner)
            kappa2 = kappa2 + xp.dot(d_v, d_v)
            tau = xp.sqrt(xp.maximum(beta2, kappa2))
            return State(
                inner_var - d_inner / xp.sqrt(beta2),
                oracle.project(arrays, outer_var - d_outer / (xp.sqrt(alpha2) * tau)),
                v - d_v / tau,
                (alpha2, beta2, kappa2),
            )

        return step

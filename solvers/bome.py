from typing import NamedTuple

from benchmark_utils.algorithms.loops import make_sgd
from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.validation import integer, non_negative, positive

# Keeps 0 / 0 away where the barrier's gradient vanishes.
TINY = 1e-30


class State(NamedTuple):
    inner_var: Array  # (p,)
    outer_var: Array  # (d,)


class Solver(StochasticSolver):
    """BOME, Bilevel Optimization Made Easy: F decreases while a barrier on G's gap does too.

    One iteration runs ``n_inner_steps`` steps of SGD with ``step_size`` on theta, to a theta_T that
    is used once. With the gap q(lambda, theta) = G(lambda, theta) - G(lambda, theta_T), whose
    gradient is taken with theta_T fixed, and all gradients in (theta, lambda) together,

        mu <- max(eta - <grad F_j, grad q_i> / ||grad q_i||^2, 0)
        (theta, lambda) <- (theta, lambda) - gamma_t (grad F_j + mu grad q_i)

    with gamma_t = ``outer_step_size`` t^(-``outer_decay``), eta = ``barrier``: of the paper's two
    choices, that which makes q decrease as fast as eta ||grad q||^2. Both gradients of q are on the
    same minibatch. The error at the end vanishes with the step size, as the multiplier is unbounded
    near theta*, and as ``n_inner_steps`` grow.
    """

    name = "BOME"
    references = [
        "B. Liu, M. Ye, S. Wright, P. Stone, Q. Liu, 'BOME! Bilevel optimization made easy: a "
        "simple first-order approach', NeurIPS 2022 (Algorithm 1)."
    ]
    parameters = {
        "step_size": [0.1],
        "outer_step_size": [0.1],
        "barrier": [0.5],
        "outer_decay": [0.5],
        "n_inner_steps": [10],
        **StochasticSolver.parameters,
    }
    allowed = {
        "step_size": positive,
        "outer_step_size": positive,
        "barrier": positive,
        "outer_decay": non_negative,
        "n_inner_steps": integer(1),
        **StochasticSolver.allowed,
    }

    @property
    def n_inner_batches(self):
        return self.n_inner_steps + 1

    def schedules(self):
        return [
            (self.step_size, 0),
            (self.outer_step_size, self.outer_decay),
            (self.barrier, 0),
            (TINY, 0),
        ]

    def init(self, problem, inner_var, outer_var):
        return State(inner_var, outer_var)

    def make_step(self, framework, oracle):
        sgd, dot = make_sgd(framework, oracle), framework.dot
        positive_part = framework.positive_part

        def step(state, problem, inner_batches, outer_batches, step_sizes):
            inner_var, outer_var = state
            solved = sgd(inner_var, inner_batches[:-1], (problem, outer_var, step_sizes[0]))
            gap_in, gap_out = oracle.inner_grads(problem, inner_var, outer_var, inner_batches[-1])
            _, solved_out = oracle.inner_grads(problem, solved, outer_var, inner_batches[-1])
            gap_out = gap_out - solved_out
            outer_in, outer_out = oracle.outer_grad(problem, inner_var, outer_var, outer_batches[0])
            squared_norm = dot(gap_in, gap_in) + dot(gap_out, gap_out)
            product = dot(outer_in, gap_in) + dot(outer_out, gap_out)
            multiplier = positive_part(step_sizes[2] - product / (squared_norm + step_sizes[3]))
            outer_step = step_sizes[1] * (outer_out + multiplier * gap_out)
            return State(
                inner_var - step_sizes[1] * (outer_in + multiplier * gap_in),
                oracle.project(problem, outer_var - outer_step),
            )

        return step

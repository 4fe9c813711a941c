from typing import NamedTuple

from benchmark_utils.algorithms.search_space import STEP_SIZES, Choice, LogUniform
from benchmark_utils.algorithms.step_sizes import step_size_or_auto
from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.validation import integer, non_negative, one_of, positive

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

        mu <- max(phi - <grad F_j, grad q_i>, 0) / ||grad q_i||^2
        (theta, lambda) <- (theta, lambda) - gamma_t (grad F_j + mu grad q_i)

    with gamma_t = ``outer_step_size`` t^(-``outer_decay``), eta = ``barrier``, and phi one of the
    paper's two choices: eta ||grad q_i||^2 (``phi="grad_norm"``), by which q decreases as fast as
    that, or eta q_i (``phi="value"``). Values and gradients of q are on the same minibatch. The
    error at the end vanishes with the step size, as the multiplier is unbounded near theta*, and as
    ``n_inner_steps`` grow.

    The paper has full batches and constant steps: ``batch_size=full``, ``outer_decay=0``. With
    ``theta_step="inner"`` theta moves by ``step_size`` instead of gamma_t, as in
    ``benchopt/benchmark_bilevel``.
    """

    name = "BOME"
    references = [
        "B. Liu, M. Ye, S. Wright, P. Stone, Q. Liu, 'BOME! Bilevel optimization made easy: a "
        "simple first-order approach', NeurIPS 2022 (Algorithm 1)."
    ]
    auto_inner_step, auto_outer_step = 1.0, 0.69
    parameters = {
        "step_size": ["auto"],
        "outer_step_size": ["auto"],
        "barrier": [0.5],
        "phi": ["grad_norm"],
        "outer_decay": [0.25],
        "theta_step": ["outer"],
        "n_inner_steps": [10],
        **StochasticSolver.parameters,
    }
    allowed = {
        "step_size": step_size_or_auto,
        "outer_step_size": step_size_or_auto,
        "barrier": positive,
        "phi": one_of("grad_norm", "value"),
        "outer_decay": non_negative,
        "theta_step": one_of("outer", "inner"),
        "n_inner_steps": integer(1),
        **StochasticSolver.allowed,
    }
    search_space = {
        "step_size": STEP_SIZES,
        "outer_step_size": LogUniform(0.01, 10_000),
        "barrier": Choice(0.1, 0.5, 1.0),
        "outer_decay": Choice(0.0, 0.25),
    }

    @property
    def n_inner_batches(self):
        return self.n_inner_steps + 1

    def refuse(self, problem):
        reason = super().refuse(problem)
        if reason or self.phi == "grad_norm" or problem.oracle(self.framework).inner_value:
            return reason
        return (
            f"{self.name}: phi={self.phi} needs values of G, which framework={self.framework} does "
            "not have for this problem; give phi=grad_norm."
        )

    def schedules(self):
        inner, outer = (self.step_size, 0), (self.outer_step_size, self.outer_decay)
        of_theta = inner if self.theta_step == "inner" else outer
        return [inner, outer, of_theta, (self.barrier, 0)]

    def init(self, arrays, inner_var, outer_var):
        return State(inner_var, outer_var)

    def make_step(self, framework, oracle):
        xp, sgd = framework.np, framework.sgd(oracle.inner_grad)

        def squared_norm_of(squared_norm, point):
            return squared_norm

        def value_of(squared_norm, point):
            arrays, inner_var, solved, outer_var, batch = point
            value = oracle.inner_value(arrays, inner_var, outer_var, batch)
            return value - oracle.inner_value(arrays, solved, outer_var, batch)

        decrease = squared_norm_of if self.phi == "grad_norm" else value_of

        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            rho, gamma, theta_step, eta = step_sizes
            inner_var, outer_var = state
            solved = sgd(inner_var, inner_batches[:-1], (arrays, outer_var, rho))
            batch = inner_batches[-1]
            q_theta, g_lambda = oracle.inner_grads(arrays, inner_var, outer_var, batch)
            solved_lambda = oracle.inner_lambda_grad(arrays, solved, outer_var, batch)
            q_lambda = g_lambda - solved_lambda
            f_theta, f_lambda = oracle.outer_grad(arrays, inner_var, outer_var, outer_batches[0])
            squared_norm = xp.dot(q_theta, q_theta) + xp.dot(q_lambda, q_lambda)
            product = xp.dot(f_theta, q_theta) + xp.dot(f_lambda, q_lambda)
            phi = eta * decrease(squared_norm, (arrays, inner_var, solved, outer_var, batch))
            mu = xp.maximum(phi - product, 0) / (squared_norm + TINY)
            return State(
                inner_var - theta_step * (f_theta + mu * q_theta),
                oracle.project(arrays, outer_var - gamma * (f_lambda + mu * q_lambda)),
            )

        return step

from typing import NamedTuple

from benchmark_utils.algorithms.search_space import OUTER_STEP_SIZES, PENALTIES, STEP_SIZES, Choice
from benchmark_utils.algorithms.step_sizes import step_size_or_auto
from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.validation import integer, non_negative, positive


class State(NamedTuple):
    inner_var: Array  # (p,)
    outer_var: Array  # (d,)
    solved: Array  # (p,), omega


class Solver(StochasticSolver):
    """V-PBGD, Value-gap Penalty-Based Gradient Descent: one step on F + sigma (G - min G).

    One iteration takes, with fresh minibatches, ``n_inner_steps`` steps

        omega <- omega - rho grad_theta G_b(lambda, omega)

    and then moves theta and lambda at the same time, with all gradients of G on the same minibatch,

        theta  <- theta  - (rho / sigma_t) (grad_theta F_j + sigma_t grad_theta G_i(theta))
        lambda <- lambda - (gamma / sigma_t) (grad_lambda F_j + sigma_t (grad_lambda G_i(theta)
                                                                         - grad_lambda G_i(omega)))

    with rho = ``step_size``, gamma = ``outer_step_size`` and sigma_t = ``penalty``
    t^(``penalty_growth``). omega starts from where the last iteration left it. The error of the
    hypergradient is of order 1 / sigma_t, and so is the step on lambda: a larger one diverges, as
    the function that both steps descend has curvatures of order sigma_t.

    The paper has full batches, and rho = gamma: one step size for theta and lambda. Two are needed
    where they have different scales.
    """

    name = "V-PBGD"
    references = [
        "H. Shen, T. Chen, 'On penalty-based bilevel gradient descent method', ICML 2023 "
        "(Algorithm 1)."
    ]
    auto_inner_step, auto_outer_step = 1.1, 0.0057
    parameters = {
        "step_size": ["auto"],
        "outer_step_size": ["auto"],
        "penalty": [5.2],
        "penalty_growth": [0.0],
        "n_inner_steps": [10],
        **StochasticSolver.parameters,
    }
    allowed = {
        "step_size": step_size_or_auto,
        "outer_step_size": step_size_or_auto,
        "penalty": positive,
        "penalty_growth": non_negative,
        "n_inner_steps": integer(1),
        **StochasticSolver.allowed,
    }
    search_space = {
        "step_size": STEP_SIZES,
        "outer_step_size": OUTER_STEP_SIZES,
        "penalty": PENALTIES,
        "penalty_growth": Choice(0.0, 0.25),
        "n_inner_steps": Choice(1, 10),
    }

    @property
    def n_inner_batches(self):
        return self.n_inner_steps + 1

    def schedules(self):
        return [
            (self.step_size, 0),
            (self.outer_step_size, 0),
            (self.penalty, -self.penalty_growth),
        ]

    def init(self, arrays, inner_var, outer_var):
        return State(inner_var, outer_var, inner_var)

    def make_step(self, framework, oracle):
        sgd = framework.sgd(oracle.inner_grad)

        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            rho, gamma, sigma = step_sizes
            theta, outer_var, omega = state
            omega = sgd(omega, inner_batches[:-1], (arrays, outer_var, rho))
            batch = inner_batches[-1]
            g_theta, g_lambda = oracle.inner_grads(arrays, theta, outer_var, batch)
            at_omega = oracle.inner_lambda_grad(arrays, omega, outer_var, batch)
            f_theta, f_lambda = oracle.outer_grad(arrays, theta, outer_var, outer_batches[0])
            direction = f_lambda / sigma + g_lambda - at_omega
            return State(
                theta - rho * (f_theta / sigma + g_theta),
                oracle.project(arrays, outer_var - gamma * direction),
                omega,
            )

        return step

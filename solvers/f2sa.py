from typing import NamedTuple

from benchmark_utils.algorithms.search_space import OUTER_STEP_SIZES, PENALTIES, STEP_SIZES, Choice
from benchmark_utils.algorithms.step_sizes import step_size_or_auto
from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.validation import integer, non_negative, one_of, positive


class State(NamedTuple):
    inner_var: Array  # (p,)
    outer_var: Array  # (d,)
    penalised_inner_var: Array  # (p,)


class Solver(StochasticSolver):
    """F2SA, Fully First-order Stochastic Approximation: a penalty instead of second derivatives.

    With phi the ``penalised_inner_var``, which minimises F + sigma_t G while theta minimises G, one
    iteration takes, with fresh minibatches, ``n_inner_steps`` steps

        theta <- theta - rho_t grad_theta G_b(theta)
        phi   <- phi   - rho_t (grad_theta G_b(phi) + grad_theta F_j(phi) / sigma_t)

    and then, with both gradients of G on the same minibatch,

        lambda <- lambda - gamma_t (grad_lambda F_j(phi)
                                    + sigma_t (grad_lambda G_i(phi) - grad_lambda G_i(theta)))

    where sigma_t = ``penalty`` t^(``penalty_growth``), rho_t = ``step_size`` t^(-``decay``) and
    gamma_t = ``outer_step_size`` t^(-``outer_decay``). The paper's theorem has these exponents:

        noise at both levels: growth 1/7, decays 4/7 and 5/7
        noise of F only:      growth 1/5, decays 2/5 and 3/5
        no noise:             growth 1/3, decays 0 and 1/3

    The error of the hypergradient is of order 1 / sigma_t. The paper draws minibatches for theta
    and for phi independently (``minibatches="independent"``); by default ours share them, so that
    the noise of the difference is not multiplied by sigma_t.
    """

    name = "F2SA"
    references = [
        "J. Kwon, D. Kwon, S. Wright, R. Nowak, 'A fully first-order method for stochastic bilevel "
        "optimization', ICML 2023 (Algorithm 1)."
    ]
    auto_inner_step, auto_outer_step = 0.86, 0.17
    parameters = {
        "step_size": ["auto"],
        "outer_step_size": ["auto"],
        "penalty": [300.0],
        "penalty_growth": [0.07],
        "decay": [0.3],
        "outer_decay": [0.35],
        "n_inner_steps": [10],
        "minibatches": ["shared"],
        **StochasticSolver.parameters,
    }
    allowed = {
        "step_size": step_size_or_auto,
        "outer_step_size": step_size_or_auto,
        "penalty": positive,
        "penalty_growth": non_negative,
        "decay": non_negative,
        "outer_decay": non_negative,
        "n_inner_steps": integer(1),
        "minibatches": one_of("shared", "independent"),
        **StochasticSolver.allowed,
    }
    search_space = {
        "step_size": STEP_SIZES,
        "outer_step_size": OUTER_STEP_SIZES,
        "penalty": PENALTIES,
        ("penalty_growth", "decay", "outer_decay"): Choice((0.0, 0.0, 0.0), (0.07, 0.3, 0.35)),
    }

    @property
    def n_inner_batches(self):
        n_batches = self.n_inner_steps + 1
        return n_batches if self.minibatches == "shared" else 2 * n_batches

    @property
    def n_outer_batches(self):
        return self.n_inner_steps + 1

    def schedules(self):
        return [
            (self.step_size, self.decay),
            (self.outer_step_size, self.outer_decay),
            (self.penalty, -self.penalty_growth),
        ]

    def init(self, arrays, inner_var, outer_var):
        return State(inner_var, outer_var, inner_var)

    def make_step(self, framework, oracle):
        sgd = framework.sgd(oracle.inner_grad)
        penalised_sgd = framework.penalised_sgd(oracle.inner_grad, oracle.outer_grad)
        n_batches = self.n_inner_steps + 1

        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            rho, gamma, sigma = step_sizes
            theta, outer_var, phi = state
            # The same if theta and phi share minibatches.
            of_theta, of_phi = inner_batches[:n_batches], inner_batches[-n_batches:]
            theta = sgd(theta, of_theta[:-1], (arrays, outer_var, rho))
            batches = of_phi[:-1], outer_batches[:-1]
            phi = penalised_sgd(phi, batches, (arrays, outer_var, rho, sigma))
            f_lambda = oracle.outer_lambda_grad(arrays, phi, outer_var, outer_batches[-1])
            at_phi = oracle.inner_lambda_grad(arrays, phi, outer_var, of_phi[-1])
            at_theta = oracle.inner_lambda_grad(arrays, theta, outer_var, of_theta[-1])
            direction = f_lambda + sigma * (at_phi - at_theta)
            return State(theta, oracle.project(arrays, outer_var - gamma * direction), phi)

        return step

from typing import NamedTuple

from benchmark_utils.algorithms.search_space import OUTER_STEP_SIZES, PENALTIES, STEP_SIZES, Choice
from benchmark_utils.algorithms.step_sizes import step_size_or_auto
from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.validation import non_negative, positive


class State(NamedTuple):
    inner_var: Array  # (p,)
    outer_var: Array  # (d,)
    proximal_var: Array  # (p,), omega


class Solver(StochasticSolver):
    """MEHA, Moreau Envelope based Hessian-free Algorithm: G may be non-convex in theta.

    omega follows the minimiser of G(lambda, .) + kappa/2 ||. - theta||^2, the point of the Moreau
    envelope of G at theta. With the same inner minibatch i and outer minibatch j throughout,

        omega  <- omega - eta (grad_theta G_i(omega) + kappa (omega - theta))
        d      <- grad_lambda F_j / c_t + grad_lambda G_i(theta) - grad_lambda G_i(omega)
        lambda <- lambda - gamma d
        theta  <- theta - rho (grad_theta F_j / c_t + grad_theta G_i(theta) - kappa (theta - omega))

    where the last line is at the new lambda and the old theta. Here eta = rho = ``step_size``,
    gamma = ``outer_step_size``, kappa = ``proximity`` and c_t = ``penalty`` t^(``penalty_growth``),
    an exponent that is below 1/2 in the paper. The paper has full batches, and steps eta and rho of
    their own.
    """

    name = "MEHA"
    references = [
        "R. Liu, Z. Liu, W. Yao, S. Zeng, J. Zhang, 'Moreau envelope for nonconvex bi-level "
        "optimization: a single-loop and Hessian-free solution strategy', ICML 2024, "
        "arXiv:2405.09927 (Algorithm 1)."
    ]
    auto_inner_step, auto_outer_step = 0.066, 0.0034
    parameters = {
        "step_size": ["auto"],
        "outer_step_size": ["auto"],
        "penalty": [4.3],
        "proximity": [0.1],
        "penalty_growth": [0.0],
        **StochasticSolver.parameters,
    }
    allowed = {
        "step_size": step_size_or_auto,
        "outer_step_size": step_size_or_auto,
        "penalty": positive,
        "proximity": positive,
        "penalty_growth": non_negative,
        **StochasticSolver.allowed,
    }
    search_space = {
        "step_size": STEP_SIZES,
        "outer_step_size": OUTER_STEP_SIZES,
        "penalty": PENALTIES,
        "penalty_growth": Choice(0.0, 0.25),
    }

    def schedules(self):
        return [
            (self.step_size, 0),
            (self.outer_step_size, 0),
            (self.penalty, -self.penalty_growth),
            (self.proximity, 0),
        ]

    def init(self, arrays, inner_var, outer_var):
        return State(inner_var, outer_var, inner_var)

    def make_step(self, framework, oracle):
        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            rho, gamma, c, kappa = step_sizes
            theta, outer_var, omega = state
            batch, outer_batch = inner_batches[0], outer_batches[0]
            g_omega = oracle.inner_grad(arrays, omega, outer_var, batch)
            omega = omega - rho * (g_omega + kappa * (omega - theta))
            f_lambda = oracle.outer_lambda_grad(arrays, theta, outer_var, outer_batch)
            at_theta = oracle.inner_lambda_grad(arrays, theta, outer_var, batch)
            at_omega = oracle.inner_lambda_grad(arrays, omega, outer_var, batch)
            direction = f_lambda / c + at_theta - at_omega
            outer_var = oracle.project(arrays, outer_var - gamma * direction)
            f_theta, _ = oracle.outer_grad(arrays, theta, outer_var, outer_batch)
            g_theta = oracle.inner_grad(arrays, theta, outer_var, batch)
            theta = theta - rho * (f_theta / c + g_theta - kappa * (theta - omega))
            return State(theta, outer_var, omega)

        return step

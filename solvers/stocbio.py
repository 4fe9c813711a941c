from typing import NamedTuple

from benchmark_utils.algorithms.hypergradients import make_series_hypergradient
from benchmark_utils.algorithms.search_space import OUTER_STEP_SIZES, STEP_SIZES, Choice
from benchmark_utils.algorithms.step_sizes import step_size_or_auto
from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.validation import integer


class State(NamedTuple):
    inner_var: Array  # (p,)
    outer_var: Array  # (d,)


class Solver(StochasticSolver):
    """StocBiO, Stochastic Bilevel Optimizer: SGD inside, then a stochastic Neumann series.

    One iteration, with fresh minibatches throughout:

        theta  <- theta - rho grad_theta G_b                  for ``n_inner_steps`` minibatches b
        v      <- eta sum_{q <= Q} prod_{k <= q} (I - eta H_{b_k}) grad_theta F_j
        lambda <- lambda - gamma (grad_lambda F_j - hessian_lambda,theta G_i v)

    with rho = ``step_size``, eta = ``neumann_step_size``, Q = ``n_neumann_steps``, and gamma =
    ``outer_step_size``; theta starts from where the last iteration left it.
    """

    name = "StocBiO"
    references = [
        "K. Ji, J. Yang, Y. Liang, 'Bilevel optimization: convergence analysis and enhanced "
        "design', ICML 2021 (Algorithms 2 and 3)."
    ]
    auto_inner_step, auto_outer_step = 1.3, 0.02
    parameters = {
        "step_size": ["auto"],
        "neumann_step_size": ["auto"],
        "outer_step_size": ["auto"],
        "n_inner_steps": [10],
        "n_neumann_steps": [30],
        **StochasticSolver.parameters,
    }
    allowed = {
        "step_size": step_size_or_auto,
        "neumann_step_size": step_size_or_auto,
        "outer_step_size": step_size_or_auto,
        "n_inner_steps": integer(1),
        "n_neumann_steps": integer(0),
        **StochasticSolver.allowed,
    }
    search_space = {
        ("step_size", "neumann_step_size"): STEP_SIZES,
        "outer_step_size": OUTER_STEP_SIZES,
        "n_neumann_steps": Choice(10, 30, 100),
    }

    @property
    def n_inner_batches(self):
        return self.n_inner_steps + self.n_neumann_steps + 1

    def schedules(self):
        return [(self.step_size, 0), (self.neumann_step_size, 0), (self.outer_step_size, 0)]

    def init(self, arrays, inner_var, outer_var):
        return State(inner_var, outer_var)

    def make_step(self, framework, oracle):
        sgd = framework.sgd(oracle.inner_grad)
        hypergradient = make_series_hypergradient(framework, oracle)
        n_inner_steps = self.n_inner_steps

        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            rho, eta, gamma = step_sizes
            inner_var, outer_var = state
            inner_var = sgd(inner_var, inner_batches[:n_inner_steps], (arrays, outer_var, rho))
            draws = inner_batches[n_inner_steps:-1], inner_batches[-1], outer_batches[0]
            direction = hypergradient(arrays, inner_var, outer_var, eta, draws)
            return State(inner_var, oracle.project(arrays, outer_var - gamma * direction))

        return step

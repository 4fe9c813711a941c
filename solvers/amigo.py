from typing import NamedTuple

import numpy as np

from benchmark_utils.algorithms.search_space import OUTER_STEP_SIZES, STEP_SIZES, Choice
from benchmark_utils.algorithms.step_sizes import step_size_or_auto
from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.validation import integer, one_of


class State(NamedTuple):
    inner_var: Array  # (p,)
    outer_var: Array  # (d,)
    v: Array  # (p,), the solution of the linear system


class Solver(StochasticSolver):
    """AmIGO, Amortized Implicit Gradient Optimization: warm-started SGD for theta, then for v.

    One iteration, with fresh minibatches throughout:

        theta  <- theta - rho grad_theta G_b                     for ``n_inner_steps`` minibatches b
        v      <- v - eta (hessian_theta,theta G_b v - grad_theta F_j)   for ``n_linear_steps``
        lambda <- lambda - gamma (grad_lambda F_j - hessian_lambda,theta G_i v)

    with rho = ``step_size``, eta = ``linear_step_size``, gamma = ``outer_step_size``; theta starts
    from where the last iteration left it. So does v (``linear_start="warm"``), or it starts from 0
    each time (``"zero"``), which is the estimate of v of Grazzi et al., with constant steps.
    """

    name = "AmIGO"
    references = [
        "M. Arbel, J. Mairal, 'Amortized implicit differentiation for stochastic bilevel "
        "optimization', ICLR 2022 (Algorithm 1).",
        "R. Grazzi, M. Pontil, S. Salzo, 'Convergence properties of stochastic hypergradients', "
        "AISTATS 2021 (Algorithm 1).",
    ]
    auto_inner_step, auto_outer_step = 0.13, 0.0031
    parameters = {
        "step_size": ["auto"],
        "linear_step_size": ["auto"],
        "outer_step_size": ["auto"],
        "n_inner_steps": [10],
        "n_linear_steps": [10],
        "linear_start": ["warm"],
        **StochasticSolver.parameters,
    }
    allowed = {
        "step_size": step_size_or_auto,
        "linear_step_size": step_size_or_auto,
        "outer_step_size": step_size_or_auto,
        "n_inner_steps": integer(1),
        "n_linear_steps": integer(1),
        "linear_start": one_of("warm", "zero"),
        **StochasticSolver.allowed,
    }
    search_space = {
        ("step_size", "linear_step_size"): STEP_SIZES,
        "outer_step_size": OUTER_STEP_SIZES,
        ("n_inner_steps", "n_linear_steps"): Choice((1, 1), (10, 10)),
    }

    @property
    def n_inner_batches(self):
        return self.n_inner_steps + self.n_linear_steps + 1

    def schedules(self):
        return [(self.step_size, 0), (self.linear_step_size, 0), (self.outer_step_size, 0)]

    def init(self, arrays, inner_var, outer_var):
        return State(inner_var, outer_var, np.zeros_like(inner_var))

    def make_step(self, framework, oracle):
        xp = framework.np
        sgd, linear_sgd = framework.sgd(oracle.inner_grad), framework.linear_sgd(oracle.hvp)
        n_inner_steps, cold = self.n_inner_steps, self.linear_start == "zero"

        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            rho, eta, gamma = step_sizes
            inner_var, outer_var, v = state
            inner_var = sgd(inner_var, inner_batches[:n_inner_steps], (arrays, outer_var, rho))
            f_theta, f_lambda = oracle.outer_grad(arrays, inner_var, outer_var, outer_batches[0])
            start = xp.zeros_like(v) if cold else v
            args = arrays, inner_var, outer_var, f_theta, eta
            batches = inner_batches[n_inner_steps:-1]
            v = linear_sgd(start, batches, batches.shape[0], args)
            cross = oracle.cross(arrays, inner_var, outer_var, v, inner_batches[-1])
            outer_var = oracle.project(arrays, outer_var - gamma * (f_lambda - cross))
            return State(inner_var, outer_var, v)

        return step

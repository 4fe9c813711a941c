from typing import NamedTuple

import numpy as np

from benchmark_utils.algorithms.search_space import OUTER_STEP_SIZES, STEP_SIZES, Choice
from benchmark_utils.algorithms.step_sizes import step_size_or_auto
from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.validation import integer


class State(NamedTuple):
    inner_var: Array  # (p,)
    outer_var: Array  # (d,)
    v: Array  # (p,), the solution of the linear system


class Solver(StochasticSolver):
    """NBO, Newton-type Bilevel Optimization: one Hessian for theta's Newton step and for v.

    One iteration solves two linear systems with the same Hessian, at the same theta and with the
    same minibatches b, by ``n_linear_steps`` steps from w = 0 and from the last v,

        w      <- w - rho (hessian_theta,theta G_b w - grad_theta G_i)
        v      <- v - rho (hessian_theta,theta G_b v - grad_theta F_j)

    and then moves theta by an approximate Newton step, and lambda from there,

        theta  <- theta - w
        lambda <- lambda - gamma (grad_lambda F_j - hessian_lambda,theta G_i v)

    with rho = ``step_size``, gamma = ``outer_step_size``. With minibatches this is NSBO. One step
    makes it SOBA, with theta moved first.
    """

    name = "NBO"
    references = [
        "Y. Dong, J. Yang, W. Yao, J. Zhang, 'Efficient curvature-aware hypergradient "
        "approximation for bilevel optimization', ICML 2025, arXiv:2505.02101."
    ]
    parameters = {
        "step_size": ["auto"],
        "outer_step_size": ["auto"],
        "n_linear_steps": [3],
        **StochasticSolver.parameters,
    }
    allowed = {
        "step_size": step_size_or_auto,
        "outer_step_size": step_size_or_auto,
        "n_linear_steps": integer(1),
        **StochasticSolver.allowed,
    }
    search_space = {
        "step_size": STEP_SIZES,
        "outer_step_size": OUTER_STEP_SIZES,
        "n_linear_steps": Choice(1, 3, 10),
    }

    n_outer_batches = 2

    @property
    def n_inner_batches(self):
        return self.n_linear_steps + 2

    def schedules(self):
        return [(self.step_size, 0), (self.outer_step_size, 0)]

    def init(self, arrays, inner_var, outer_var):
        return State(inner_var, outer_var, np.zeros_like(inner_var))

    def make_step(self, framework, oracle):
        xp, linear_sgd = framework.np, framework.linear_sgd(oracle.hvp)
        n_steps = self.n_linear_steps

        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            rho, gamma = step_sizes
            inner_var, outer_var, v = state
            g_theta = oracle.inner_grad(arrays, inner_var, outer_var, inner_batches[-2])
            f_theta, _ = oracle.outer_grad(arrays, inner_var, outer_var, outer_batches[0])
            point = arrays, inner_var, outer_var
            batches = inner_batches[:n_steps]
            w = linear_sgd(xp.zeros_like(v), batches, n_steps, (*point, g_theta, rho))
            v = linear_sgd(v, batches, n_steps, (*point, f_theta, rho))
            inner_var = inner_var - w
            f_lambda = oracle.outer_lambda_grad(arrays, inner_var, outer_var, outer_batches[1])
            cross = oracle.cross(arrays, inner_var, outer_var, v, inner_batches[-1])
            outer_var = oracle.project(arrays, outer_var - gamma * (f_lambda - cross))
            return State(inner_var, outer_var, v)

        return step

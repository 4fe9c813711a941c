from typing import NamedTuple

import numpy as np

from benchmark_utils.algorithms.lengths import TINY, make_unit
from benchmark_utils.algorithms.search_space import OUTER_STEP_SIZES, STEP_SIZES, Choice
from benchmark_utils.algorithms.step_sizes import step_size_or_auto
from benchmark_utils.algorithms.stochastic import Array, StochasticSolver
from benchmark_utils.validation import integer


class State(NamedTuple):
    inner_var: Array  # (p,)
    outer_var: Array  # (d,)
    v: Array  # (p,), the solution of the linear system


class Solver(StochasticSolver):
    """SubBiO, Subspace-based Bilevel Optimizer: v from a subspace of two dimensions.

    One iteration takes ``n_inner_steps`` steps on theta, each on a fresh minibatch,

        theta  <- theta - rho grad_theta G_b

    With f = grad_theta F_j, v solves the linear system in a subspace of orthonormal basis W,

        W      =  orthonormal basis of span{f, v - rho hessian_theta,theta G_b v}
        v      <- W (W^T hessian_theta,theta G W)^-1 W^T f
        lambda <- lambda - gamma (grad_lambda F_j - hessian_lambda,theta G_i v)

    with rho = ``step_size``, gamma = ``outer_step_size``; each of the three products with the
    Hessian has its own batch. By default batches are full, as in the paper's theorem. v starts as a
    vector of ones, as 0 spans nothing.
    """

    name = "SubBiO"
    references = [
        "Y. Yang, B. Gao, Y. Yuan, 'LancBiO: dynamic Lanczos-aided bilevel optimization via Krylov "
        "subspace', ICLR 2025 (Algorithm 1)."
    ]
    auto_inner_step, auto_outer_step = 0.56, 0.2
    parameters = {
        "step_size": ["auto"],
        "outer_step_size": ["auto"],
        "n_inner_steps": [10],
        **StochasticSolver.parameters,
        "batch_size": ["full"],
    }
    allowed = {
        "step_size": step_size_or_auto,
        "outer_step_size": step_size_or_auto,
        "n_inner_steps": integer(1),
        **StochasticSolver.allowed,
    }
    search_space = {
        "step_size": STEP_SIZES,
        "outer_step_size": OUTER_STEP_SIZES,
        "n_inner_steps": Choice(1, 10),
    }

    @property
    def n_inner_batches(self):
        return self.n_inner_steps + 4

    def schedules(self):
        return [(self.step_size, 0), (self.outer_step_size, 0)]

    def init(self, arrays, inner_var, outer_var):
        return State(inner_var, outer_var, np.ones_like(inner_var))

    def make_step(self, framework, oracle):
        xp, sgd = framework.np, framework.sgd(oracle.inner_grad)
        unit = make_unit(xp)

        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            rho, gamma = step_sizes
            inner_var, outer_var, v = state
            inner_var = sgd(inner_var, inner_batches[:-4], (arrays, outer_var, rho))
            f_theta, f_lambda = oracle.outer_grad(arrays, inner_var, outer_var, outer_batches[0])
            hvp = oracle.hvp(arrays, inner_var, outer_var, v, inner_batches[-4])
            q = unit(f_theta)
            moved = v - rho * hvp
            r = unit(moved - xp.dot(q, moved) * q)
            h_q = oracle.hvp(arrays, inner_var, outer_var, q, inner_batches[-3])
            h_r = oracle.hvp(arrays, inner_var, outer_var, r, inner_batches[-2])
            # Elimination in two equations, of which the second has 0 on its right-hand side; r and
            # all its products are 0 where the subspace has one dimension only.
            factor = xp.dot(r, h_q) / (xp.dot(q, h_q) + TINY)
            pivot = xp.dot(r, h_r) - factor * xp.dot(q, h_r)
            in_r = -factor * xp.dot(q, f_theta) / (pivot + TINY)
            in_q = (xp.dot(q, f_theta) - xp.dot(q, h_r) * in_r) / (xp.dot(q, h_q) + TINY)
            v = in_q * q + in_r * r
            cross = oracle.cross(arrays, inner_var, outer_var, v, inner_batches[-1])
            outer_var = oracle.project(arrays, outer_var - gamma * (f_lambda - cross))
            return State(inner_var, outer_var, v)

        return step

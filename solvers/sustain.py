from benchmark_utils.algorithms.hypergradients import make_random_hypergradient
from benchmark_utils.algorithms.recursive_momentum import (
    RecursiveMomentumSolver,
    make_momentum_step,
)
from benchmark_utils.algorithms.search_space import MOMENTA, OUTER_STEP_SIZES, STEP_SIZES, Choice
from benchmark_utils.validation import integer


class Solver(RecursiveMomentumSolver):
    """SUSTAIN, Single-timescale double-momentum stochastic approximation.

    With u = grad_theta G_i and w = grad_lambda F_j - hessian_lambda,theta G_i' v, where

        v = N eta prod_{k <= q} (I - eta H_{b_k}) grad_theta F_j,      q uniform on 0, ..., N - 1,

    eta = ``neumann_step_size``, N = ``n_neumann_steps``, all minibatches fresh, at the present
    point and, on the same minibatches and with the same q, at the previous one,

        d_theta  <- u + (1 - beta_t) (d_theta  - u_previous),    theta  <- theta  - rho_t   d_theta
        d_lambda <- w + (1 - beta_t) (d_lambda - w_previous),    lambda <- lambda - gamma_t d_lambda

    where rho_t = ``step_size`` t^(-a), gamma_t = ``outer_step_size`` t^(-a) with a = ``decay``, and
    beta_t = ``momentum`` t^(-b) with b = ``momentum_decay``, by default 2 a, but beta_1 = 1. The
    paper's theorem has a = 1/3 and beta_t of the order of rho_t^2. It has one constant of beta for
    each level, and shifts t by another; ours are equal, and 0.
    """

    name = "SUSTAIN"
    references = [
        "P. Khanduri, S. Zeng, M. Hong, H.-T. Wai, Z. Wang, Z. Yang, 'A near-optimal algorithm for "
        "stochastic bilevel optimization via double-momentum', NeurIPS 2021 (Algorithm 1)."
    ]
    auto_inner_step, auto_outer_step = 0.58, 0.03
    parameters = {
        **RecursiveMomentumSolver.parameters,
        "momentum": [0.76],
        "decay": [1 / 6],
        "n_neumann_steps": [30],
    }
    allowed = {**RecursiveMomentumSolver.allowed, "n_neumann_steps": integer(2)}
    search_space = {
        ("step_size", "neumann_step_size"): STEP_SIZES,
        "outer_step_size": OUTER_STEP_SIZES,
        "momentum": MOMENTA,
        "decay": Choice(0.0, 1 / 6),
        "n_neumann_steps": Choice(10, 30),
    }

    @property
    def n_inner_batches(self):
        return self.n_neumann_steps + 1

    draw_changes_calls = True

    def draw(self, rng, t):
        return rng.integers(self.n_neumann_steps, size=len(t))

    def make_step(self, framework, oracle):
        hypergradient = make_random_hypergradient(framework, oracle, self.n_neumann_steps)

        def estimate(arrays, inner_var, outer_var, eta, draws):
            grad_batch, draws = draws
            g_theta = oracle.inner_grad(arrays, inner_var, outer_var, grad_batch)
            return g_theta, hypergradient(arrays, inner_var, outer_var, eta, draws)

        momentum_step = make_momentum_step(oracle, estimate)

        def step(state, arrays, inner_batches, outer_batches, step_sizes, n_factors):
            draws = inner_batches[1:], outer_batches[0], n_factors
            return momentum_step(state, arrays, (inner_batches[0], draws), step_sizes)

        return step

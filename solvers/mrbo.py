from benchmark_utils.algorithms.hypergradients import make_estimate
from benchmark_utils.algorithms.recursive_momentum import (
    RecursiveMomentumSolver,
    make_momentum_step,
)
from benchmark_utils.algorithms.search_space import MOMENTA, OUTER_STEP_SIZES, STEP_SIZES, Choice


class Solver(RecursiveMomentumSolver):
    """MRBO, Momentum-based Recursive Bilevel Optimizer: recursive momentum at both levels.

    With u the estimate of grad_theta G and w that of the hypergradient, by a Neumann series of
    ``n_neumann_steps``, at the present point and, on the same minibatches, at the previous one,

        d_theta  <- u + (1 - beta_t) (d_theta  - u_previous),    theta  <- theta  - rho_t   d_theta
        d_lambda <- w + (1 - beta_t) (d_lambda - w_previous),    lambda <- lambda - gamma_t d_lambda

    where rho_t = ``step_size`` t^(-a), gamma_t = ``outer_step_size`` t^(-a) with a = ``decay``, and
    beta_t = ``momentum`` t^(-b) with b = ``momentum_decay``, by default 2 a. But beta_1 = 1, so
    that the first directions are plain estimates. The paper's theorem has a = 1/3 and b = 2/3. The
    Neumann series has step size eta = ``neumann_step_size``.
    """

    name = "MRBO"
    references = [
        "J. Yang, K. Ji, Y. Liang, 'Provably faster algorithms for bilevel optimization', "
        "NeurIPS 2021 (Algorithm 1)."
    ]
    auto_inner_step, auto_outer_step = 1.1, 0.0057
    parameters = {
        **RecursiveMomentumSolver.parameters,
        "momentum": [0.02],
        "decay": [0.0],
        "n_neumann_steps": [30],
    }
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

    def make_step(self, framework, oracle):
        momentum_step = make_momentum_step(oracle, make_estimate(framework, oracle))

        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            return momentum_step(state, arrays, (inner_batches, outer_batches[0]), step_sizes)

        return step

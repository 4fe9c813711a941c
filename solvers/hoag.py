import itertools

import numpy as np

from benchmark_utils.algorithms.full_batch import FullBatchSolver
from benchmark_utils.numerics.inner_solvers import LEAST_TOLERANCE, exact, lbfgs
from benchmark_utils.numerics.linear_solvers import (
    LINEAR_SOLVERS,
    SHARE_THE_MATRIX,
    implicit_gradient,
)
from benchmark_utils.numerics.outer_descent import OuterGradient, outer_descent, outer_step_sizes
from benchmark_utils.validation import any_of, fraction, integer, one_of

# C and M in the rule of Lipschitz steps.
C, M = 0.25, 1.0


class Solver(FullBatchSolver):
    """HOAG, Hyperparameter Optimization with Approximate Gradient.

    At outer iteration t = 0, 1, ..., with theta and v warm-started,

        theta   such that ||grad_theta G(lambda, theta)|| <= eps_t g_0, by L-BFGS
        v       such that ||hessian_theta,theta G v - grad_theta F|| <= eps_t ||grad_theta F||
        lambda  <- P(lambda - gamma_t (grad_lambda F - hessian_lambda,theta G v))

    with P the projection onto the box. Tolerances are relative, as in the author's package: g_0 is
    the norm of grad_theta G at the start. An absolute tolerance near g_0 leaves theta where it is,
    and sends lambda where it does not come back from. By ``schedule``, eps_t is ``tolerance`` times
    r^t, r = ``rate`` (``exponential``), (t + 1)^-2 (``quadratic``) or (t + 1)^-3 (``cubic``), all
    summable as the theorem requires, or 1e-10 (``exact``).

    ``outer_step_size`` is ``lipschitz``, ``adaptive`` or ``lbfgs`` (see ``outer_descent``), or a
    number. ``lipschitz`` is the package's rule: gamma_t = 1 / L, so that the first step has length
    sqrt(d); L is doubled, and the step taken back, if F rises by a fifth, and L falls by 5 % if

        F_{t+1} <= F_t + C eps_{t+1} + eps_t (C + M) s - L s^2,      C = 1/4, M = 1,

    s the length of the step. It hardly adapts once eps_t is small, while ``adaptive`` descends.

    v comes from ``linear_solver``: conjugate gradients in the paper; SHINE reuses the L-BFGS matrix
    of ``memory`` pairs (Ramzi et al. 2022). A Lasso is solved exactly, on its support.
    """

    name = "HOAG"
    references = [
        "F. Pedregosa, 'Hyperparameter optimization with approximate gradient', ICML 2016.",
        "Z. Ramzi, F. Mannel, S. Bai, J.-L. Starck, P. Ciuciu, T. Moreau, 'SHINE: SHaring the "
        "INverse Estimate from the forward pass for bi-level optimization and implicit models', "
        "ICLR 2022.",
    ]
    parameters = {
        "schedule": ["exponential"],
        "tolerance": [1e-3],
        "rate": [0.9],
        "linear_solver": ["conjugate_gradient"],
        "max_linear_iterations": [1_000],
        "memory": [10],
        "outer_step_size": ["adaptive"],
    }
    allowed = {
        "schedule": one_of("exponential", "quadratic", "cubic", "exact"),
        "tolerance": fraction,
        "rate": fraction,
        "linear_solver": one_of(*LINEAR_SOLVERS),
        "max_linear_iterations": integer(1),
        "memory": integer(1),
        "outer_step_size": any_of(outer_step_sizes, one_of("lipschitz")),
    }
    takes_non_smooth = True

    def refuse(self, problem):
        if self.linear_solver in SHARE_THE_MATRIX and not problem.smooth:
            return (
                f"HOAG: linear_solver={self.linear_solver} reuses the matrix of L-BFGS, and a "
                "Lasso is solved without it; give linear_solver=conjugate_gradient."
            )
        return None

    def iterates(self, problem):
        v = np.zeros(problem.inner_dim)
        first_norm = np.linalg.norm(
            problem.inner_value_grad(problem.inner_var0, problem.outer_var0)[1]
        )

        def gradient(t, outer_var, inner_var):
            nonlocal v
            tolerance = self.relative_tolerance(t)
            solution = self.solve(problem, outer_var, inner_var, tolerance * first_norm)
            point = implicit_gradient(problem, solution, outer_var, self.solve_system, v, tolerance)
            v = point.v
            # To first order, F changes by <v, grad_theta G> on the way to theta*.
            slack = tolerance * first_norm * np.linalg.norm(v) if problem.smooth else 0.0
            return OuterGradient(solution.inner_var, point.value, point.hypergradient, slack)

        if self.outer_step_size == "lipschitz":
            return self.lipschitz_descent(problem, gradient)
        return outer_descent(problem, self.outer_step_size, gradient)

    def solve(self, problem, outer_var, inner_var, tolerance):
        if not problem.smooth:
            return exact(problem, outer_var, inner_var, tolerance)
        return lbfgs(problem, outer_var, inner_var, tolerance, memory=self.memory)

    def solve_system(self, system, rhs, v, tolerance):
        linear_solver = LINEAR_SOLVERS[self.linear_solver]
        tolerance = tolerance * np.linalg.norm(rhs)
        return linear_solver(system, rhs, v, tolerance, self.max_linear_iterations)

    def relative_tolerance(self, t):
        """eps_t."""
        factors = {
            "exponential": self.rate**t,
            "quadratic": (t + 1) ** -2.0,
            "cubic": (t + 1) ** -3.0,
            "exact": 0.0,
        }
        return max(self.tolerance * factors[self.schedule], LEAST_TOLERANCE)

    def lipschitz_descent(self, problem, gradient):
        inner_var, outer_var = problem.inner_var0, problem.outer_var0
        yield inner_var, outer_var
        point = gradient(0, outer_var, inner_var)
        lipschitz = np.linalg.norm(point.hypergradient) / np.sqrt(problem.outer_dim) or 1.0
        for t in itertools.count(1):
            trial = problem.project(outer_var - point.hypergradient / lipschitz)
            length = np.linalg.norm(trial - outer_var)
            trial_point = gradient(t, trial, point.inner_var)
            before, now = self.relative_tolerance(t - 1), self.relative_tolerance(t)
            bound = C * now + before * (C + M) * length - lipschitz * length**2
            if trial_point.value >= 1.2 * point.value:
                lipschitz *= 2
            else:
                lipschitz *= 0.95 if trial_point.value <= point.value + bound else 1.0
                point, outer_var = trial_point, trial
            yield point.inner_var, outer_var

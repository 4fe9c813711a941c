import numpy as np

from benchmark_utils.algorithms.full_batch import FullBatchSolver
from benchmark_utils.numerics.inner_solvers import lbfgs
from benchmark_utils.numerics.linear_solvers import conjugate_gradient, implicit_gradient
from benchmark_utils.numerics.outer_descent import OuterGradient, outer_descent, outer_step_sizes
from benchmark_utils.validation import fraction, one_of

# The least tolerance asked for: what the inner solvers reach in float64.
LEAST_TOLERANCE = 1e-10


class Solver(FullBatchSolver):
    """HOAG, Hyperparameter Optimization with Approximate Gradient.

    At outer iteration t = 0, 1, ..., with theta and v warm-started,

        theta   such that ||grad_theta G(lambda, theta)|| <= eps_t, by L-BFGS
        v       such that ||hessian_theta,theta G v - grad_theta F|| <= eps_t, by CG
        lambda  <- lambda - gamma_t (grad_lambda F - hessian_lambda,theta G v)

    with eps_t = ``tolerance`` r^t, r = ``rate`` (``schedule="geometric"``), or
    ``tolerance`` / (t + 1)^2 (``"quadratic"``): both summable, as the convergence theorem requires.

    ``outer_step_size`` is a number, ``adaptive`` or ``lbfgs``: the paper leaves the rule of
    adaptive steps open, and ours is that of ``outer_descent``.
    """

    name = "HOAG"
    references = [
        "F. Pedregosa, 'Hyperparameter optimization with approximate gradient', ICML 2016."
    ]
    parameters = {
        "schedule": ["geometric"],
        "tolerance": [0.1],
        "rate": [0.9],
        "outer_step_size": ["adaptive"],
    }
    allowed = {
        "schedule": one_of("geometric", "quadratic"),
        "tolerance": fraction,
        "rate": fraction,
        "outer_step_size": outer_step_sizes,
    }

    def iterates(self, problem):
        v = np.zeros(problem.inner_dim)

        def gradient(t, outer_var, inner_var):
            nonlocal v
            epsilon = self.epsilon(t)
            solution = lbfgs(problem, outer_var, inner_var, epsilon)
            value, hypergradient, v, grad_in = implicit_gradient(
                problem, solution, outer_var, conjugate_gradient, v, epsilon
            )
            # theta may be epsilon away from theta*, and F change by that times its slope.
            slack = epsilon * np.linalg.norm(grad_in)
            return OuterGradient(solution.inner_var, value, hypergradient, slack)

        def value(t, outer_var, inner_var):
            inner_var = lbfgs(problem, outer_var, inner_var, self.epsilon(t)).inner_var
            return inner_var, problem.outer_value_grad(inner_var, outer_var)[0]

        return outer_descent(problem, self.outer_step_size, gradient, value)

    def epsilon(self, t):
        """The tolerance of outer iteration t."""
        geometric = self.schedule == "geometric"
        epsilon = self.tolerance * (self.rate**t if geometric else (t + 1) ** -2.0)
        return max(epsilon, LEAST_TOLERANCE)

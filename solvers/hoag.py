import itertools

import numpy as np

from benchmark_utils.full_batch_solver import FullBatchSolver
from benchmark_utils.inner_solvers import lbfgs
from benchmark_utils.linear_solvers import conjugate_gradient
from benchmark_utils.validation import either, fraction, one_of, positive

# The least tolerance asked for: what the inner solvers reach in float64.
LEAST_TOLERANCE = 1e-10


class Solver(FullBatchSolver):
    """HOAG, Hyperparameter Optimization with Approximate Gradient.

    At outer iteration t = 0, 1, ..., with theta and v warm-started,

        theta   such that ||grad_theta G(lambda, theta)|| <= eps_t, by L-BFGS
        v       such that ||hessian_theta,theta G v - grad_theta F|| <= eps_t, by CG
        lambda  <- lambda - gamma_t (grad_lambda F - hessian_lambda,theta G v)

    with eps_t = ``tolerance`` r^t, r = ``rate`` (``schedule="geometric"``), or
    ``tolerance`` / (t + 1)^2 (``"quadratic"``): both summable, as the convergence theorem asks.

    ``outer_step_size`` is a number or ``adaptive``, for which the paper leaves the rule open. Ours:
    the first step has length 1; a step that decreases F, up to the inner error, by a tenth of what
    the gradient promises is kept, and the step size grows by a fifth; otherwise lambda stays, and
    the step size is halved.
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
        "tolerance": positive,
        "rate": fraction,
        "outer_step_size": either(positive, one_of("adaptive")),
    }

    def iterates(self, problem):
        inner_var, outer_var = problem.inner_var0, problem.outer_var0
        yield inner_var, outer_var
        v = np.zeros_like(inner_var)
        adaptive = self.outer_step_size == "adaptive"
        step_size = None if adaptive else self.outer_step_size
        for t in itertools.count():
            epsilon = self.epsilon(t)
            inner_var = lbfgs(problem, outer_var, inner_var, epsilon)
            value, (grad_in, grad_out) = problem.outer_value_grad(inner_var, outer_var)
            v = conjugate_gradient(problem, inner_var, outer_var, grad_in, v, epsilon)
            hypergradient = grad_out - problem.cross(inner_var, outer_var, v)
            if step_size is None:
                step_size = 1 / max(np.linalg.norm(hypergradient), LEAST_TOLERANCE)
            trial = problem.project(outer_var - step_size * hypergradient)
            if not adaptive:
                outer_var = trial
            else:
                trial_inner_var = lbfgs(problem, trial, inner_var, epsilon)
                trial_value, _ = problem.outer_value_grad(trial_inner_var, trial)
                promised = hypergradient @ (outer_var - trial)
                inner_error = epsilon * np.linalg.norm(grad_in)
                if trial_value <= value - promised / 10 + inner_error:
                    inner_var, outer_var = trial_inner_var, trial
                    step_size *= 1.2
                else:
                    step_size /= 2
            yield inner_var, outer_var

    def epsilon(self, t):
        """The tolerance of outer iteration t."""
        geometric = self.schedule == "geometric"
        epsilon = self.tolerance * (self.rate**t if geometric else (t + 1) ** -2.0)
        return max(epsilon, LEAST_TOLERANCE)

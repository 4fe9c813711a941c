import numpy as np

from benchmark_utils.algorithms.full_batch import FullBatchSolver
from benchmark_utils.validation import fraction, positive


class Solver(FullBatchSolver):
    """D-TFBO, Double-loop Tuning-Free Bilevel Optimizer: steps from sums of squared gradients.

    At each outer iteration, theta and v warm-started,

        while ||grad_theta G||^2 > eps:  beta^2 <- beta^2 + ||grad_theta G||^2,
                                         theta <- theta - grad_theta G / beta
        while ||r||^2 > eps:             kappa^2 <- kappa^2 + ||r||^2,  v <- v - r / kappa
        alpha^2 <- alpha^2 + ||g||^2,    lambda <- lambda - g / (alpha max(beta, kappa))

    with r = hessian_theta,theta G v - grad_theta F, g = grad_lambda F - hessian_lambda,theta G v,
    eps = ``tolerance``. At the start alpha is ``initial_outer``, and beta and kappa are
    ``initial_inner``; all three only grow. There are no step sizes. The paper sets eps to one over
    the number of outer iterations.
    """

    name = "D-TFBO"
    references = [
        "Y. Yang, H. Ban, M. Huang, S. Ma, K. Ji, 'Tuning-free bilevel optimization: new "
        "algorithms and convergence analysis', ICLR 2025 (Algorithm 1)."
    ]
    parameters = {"tolerance": [1e-6], "initial_inner": [0.1], "initial_outer": [1e-3]}
    allowed = {"tolerance": fraction, "initial_inner": positive, "initial_outer": positive}

    def iterates(self, problem):
        inner_var, outer_var = problem.inner_var0, problem.outer_var0
        v = np.zeros_like(inner_var)
        alpha2 = self.initial_outer**2
        beta2 = kappa2 = self.initial_inner**2
        yield inner_var, outer_var
        while True:
            _, grad = problem.inner_value_grad(inner_var, outer_var)
            while grad @ grad > self.tolerance:
                beta2 += grad @ grad
                inner_var = inner_var - grad / np.sqrt(beta2)
                _, grad = problem.inner_value_grad(inner_var, outer_var)
            _, (f_theta, f_lambda) = problem.outer_value_grad(inner_var, outer_var)
            residual = problem.hvp(inner_var, outer_var, v) - f_theta
            while residual @ residual > self.tolerance:
                kappa2 += residual @ residual
                v = v - residual / np.sqrt(kappa2)
                residual = problem.hvp(inner_var, outer_var, v) - f_theta
            direction = f_lambda - problem.cross(inner_var, outer_var, v)
            alpha2 += direction @ direction
            step_size = 1 / np.sqrt(alpha2 * max(beta2, kappa2))
            outer_var = problem.project(outer_var - step_size * direction)
            yield inner_var, outer_var

import numpy as np

from benchmark_utils.algorithms.full_batch import FullBatchSolver
from benchmark_utils.numerics.inner_solvers import (
    LEAST_TOLERANCE,
    fista,
    gradient_descent,
    lbfgs,
)
from benchmark_utils.numerics.linear_solvers import conjugate_gradient, implicit_gradient
from benchmark_utils.numerics.outer_descent import LEAST_NORM, decreases
from benchmark_utils.validation import fraction, integer, one_of

INNER_SOLVERS = {"lbfgs": lbfgs, "fista": fista, "gradient_descent": gradient_descent}
# What failure and success make of the tolerance and of the step size, and the least part of the
# predicted decrease, as in the authors' code.
TIGHTER, LOOSER = 0.5, 1.05
SHORTER, LONGER = 0.5, 10 / 9
LEAST_PART = 1e-4


class Solver(FullBatchSolver):
    """MAID, Method of Adaptive Inexact Descent: tolerances and steps from a descent test.

    With theta and v warm-started and the tolerance eps, an outer iteration computes

        theta   such that ||grad_theta G(lambda, theta)|| <= eps g_0,      by ``inner_solver``
        v       such that ||hessian_theta,theta G v - grad_theta F|| <= eps ||grad_theta F||
        z       =  grad_lambda F - hessian_lambda,theta G v

    and tries steps lambda' = P(lambda - gamma z) with theta' found to the same tolerance, P the
    projection onto the box, gamma halved at most ``n_halvings`` times, until

        F(lambda', theta') + e <= F(lambda, theta) - e - 1e-4 <z, lambda - lambda'>,
        e = eps g_0 ||v||.

    A step that passes decreases h itself, as e bounds |F - h| to first order. Then gamma grows by a
    ninth, and eps by a twentieth, up to ``tolerance``. If none does, eps is halved, theta, v and z
    are found anew, and one more halving is allowed. The first step has length 1. Where the least
    eps, 1e-10, does not help, the curve ends.

    The paper bounds |F - h| by ||grad_theta F|| eps + L eps^2 / 2 with ||theta - theta*|| <= eps,
    which takes the least eigenvalue of the Hessian and the constant L of F. Neither is known here,
    and e is the smaller by the condition of the Hessian. The paper also tightens eps until -z is
    a descent direction, by constants of third derivatives; here the descent test does so.
    """

    name = "MAID"
    references = [
        "M. S. Salehi, S. Mukherjee, L. Roberts, M. J. Ehrhardt, 'An adaptively inexact "
        "first-order method for bilevel optimization with application to hyperparameter learning', "
        "SIAM J. Mathematics of Data Science 2025."
    ]
    parameters = {"tolerance": [0.1], "n_halvings": [5], "inner_solver": ["lbfgs"]}
    allowed = {
        "tolerance": fraction,
        "n_halvings": integer(1),
        "inner_solver": one_of(*INNER_SOLVERS),
    }

    def iterates(self, problem):
        inner_var, outer_var = problem.inner_var0, problem.outer_var0
        yield inner_var, outer_var
        _, first_grad = problem.inner_value_grad(inner_var, outer_var)
        v, step_size = np.zeros_like(inner_var), None
        tolerance, n_halvings = self.tolerance, self.n_halvings
        while True:
            accuracy = tolerance * np.linalg.norm(first_grad)
            solution = self.solve(problem, outer_var, inner_var, accuracy)
            inner_var = solution.inner_var
            point = implicit_gradient(problem, solution, outer_var, solve_system, v, tolerance)
            v = point.v
            step_size = step_size or 1 / max(np.linalg.norm(point.hypergradient), LEAST_NORM)
            start = inner_var, outer_var, step_size
            found = self.line_search(problem, point, start, accuracy, n_halvings)
            if found:
                inner_var, outer_var, step_size = found
                yield inner_var, outer_var
                step_size *= LONGER
                tolerance, n_halvings = min(LOOSER * tolerance, self.tolerance), self.n_halvings
            elif tolerance > LEAST_TOLERANCE:
                tolerance, n_halvings = max(TIGHTER * tolerance, LEAST_TOLERANCE), n_halvings + 1
            else:
                return

    def line_search(self, problem, point, start, accuracy, n_halvings):
        """The next theta, lambda and step size; None if no step passes the descent test."""
        inner_var, outer_var, step_size = start
        slack = accuracy * np.linalg.norm(point.v)
        for halvings in range(n_halvings + 1):
            length = SHORTER**halvings * step_size
            trial = problem.project(outer_var - length * point.hypergradient)
            trial_inner_var = self.solve(problem, trial, inner_var, accuracy).inner_var
            value, _ = problem.outer_value_grad(trial_inner_var, trial)
            if decreases(point, value, outer_var - trial, LEAST_PART, -2 * slack):
                return trial_inner_var, trial, length
        return None

    def solve(self, problem, outer_var, inner_var, accuracy):
        return INNER_SOLVERS[self.inner_solver](problem, outer_var, inner_var, accuracy)


def solve_system(system, rhs, v, tolerance):
    return conjugate_gradient(system, rhs, v, tolerance * np.linalg.norm(rhs))

import numpy as np

from benchmark_utils.algorithms.full_batch import FullBatchSolver
from benchmark_utils.numerics.outer_descent import OuterGradient, lbfgs_descent
from benchmark_utils.validation import integer


class Solver(FullBatchSolver):
    """Quasi-Newton: projected L-BFGS on h, with exact values and hypergradients.

    At each lambda, theta warm-started,

        theta   = argmin G(lambda, .)                                  to the precision of float64
        v       = [hessian_theta,theta G]^-1 grad_theta F              by a direct solve
        lambda  <- P(lambda - gamma H (grad_lambda F - hessian_lambda,theta G v))

    with P the projection onto the box, H the L-BFGS matrix of the entries of lambda that may move,
    and gamma from a backtracking line search; see ``lbfgs_descent``. theta and v come from the
    problem's ``solve_inner``: Newton's method unless there is a closed form, or a solver of the
    Lasso. The descent starts at the best of ``n_starts`` shared lambda, evenly inside the box, or
    at the problem's starting point if there is no box.

    Nothing is left to tune: this is the yardstick for methods that compute less per iteration.
    """

    name = "QuasiNewton"
    references = [
        "F. Pedregosa, 'Hyperparameter optimization with approximate gradient', ICML 2016 (for the "
        "hypergradient).",
        "R. H. Byrd, P. Lu, J. Nocedal, C. Zhu, 'A limited memory algorithm for bound constrained "
        "optimization', SIAM J. Scientific Computing 1995.",
        "D. P. Bertsekas, 'Projected Newton methods for optimization problems with simple "
        "constraints', SIAM J. Control and Optimization 1982.",
    ]
    parameters = {"n_starts": [3]}
    allowed = {"n_starts": integer(1, 1000)}
    takes_non_smooth = True

    def iterates(self, problem):
        def gradient(t, outer_var, inner_var):
            inner_var, solve = problem.solve_inner(outer_var, inner_var)
            value, (grad_in, grad_out) = problem.outer_value_grad(inner_var, outer_var)
            hypergradient = grad_out - problem.cross(inner_var, outer_var, solve(grad_in))
            return OuterGradient(inner_var, value, hypergradient)

        yield problem.inner_var0, problem.outer_var0
        best, inner_var = np.inf, problem.inner_var0
        for candidate in self.starts(problem):
            inner_var, _ = problem.solve_inner(candidate, inner_var)
            value, _ = problem.outer_value_grad(inner_var, candidate)
            if value < best:
                best, start = value, (inner_var, candidate)
            yield start
        yield from lbfgs_descent(problem, gradient, *start)

    def starts(self, problem):
        """The lambda at which the descent may start."""
        if not np.isfinite([problem.lower, problem.upper]).all():
            return [problem.outer_var0]
        inside = np.linspace(problem.lower, problem.upper, self.n_starts + 2)[1:-1]
        return [np.full(problem.outer_dim, shared) for shared in inside]

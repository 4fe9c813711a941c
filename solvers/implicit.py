import numpy as np

from benchmark_utils.algorithms.estimator import Estimator
from benchmark_utils.numerics.inner_solvers import INNER_SOLVERS
from benchmark_utils.numerics.linear_solvers import (
    LINEAR_SOLVERS,
    NEED_SYMMETRY,
    SHARE_THE_MATRIX,
    implicit_gradient,
)
from benchmark_utils.numerics.outer_descent import OuterGradient, outer_descent, outer_step_sizes
from benchmark_utils.numerics.root_solvers import ROOT_SOLVERS
from benchmark_utils.validation import fraction, integer, one_of

ALL_SOLVERS = INNER_SOLVERS | ROOT_SOLVERS
# Those for roots, where gradient descent is the fixed-point iteration, and those whose matrix SHINE
# can use.
FOR_ROOTS = ("auto", "gradient_descent", "exact", *ROOT_SOLVERS)
QUASI_NEWTON = ("lbfgs", "broyden")
HAVE_MEMORY = ("auto", *QUASI_NEWTON)


class Solver(Estimator):
    """Implicit differentiation: gradient descent on h with an inner and a linear solver of choice.

    At each outer iteration, theta and v warm-started,

        theta   ~ argmin G(lambda, .)                                     by ``inner_solver``
        v       ~ [hessian_theta,theta G]^-1 grad_theta F  at theta       by ``linear_solver``
        lambda  <- lambda - gamma (grad_lambda F - hessian_lambda,theta G v)

    with gamma from ``outer_step_size``: a number, ``adaptive`` or ``lbfgs`` (see
    ``outer_descent``). Both solvers stop at ``tolerance``, on their residuals, or after
    ``max_inner_iterations`` and ``max_linear_iterations``. On the Lasso both work on the support,
    as Bertrand et al. (2022) do. ``inner_solver=auto`` is ``exact``, Newton's method or the
    problem's own solver, on the Lasso and where a dense Hessian is small; else, and for estimates,
    ``lbfgs``. The matrices of ``lbfgs`` and ``broyden``, which SHINE shares, have ``memory`` pairs.

    If the inner problem is a root, as in equilibrium networks, its residual takes the place of
    grad_theta G, and the transposed Jacobian that of the Hessian. ``anderson`` and ``broyden``
    find roots, ``gradient_descent`` is the fixed-point iteration, ``gmres`` solves the linear
    system, and SHINE takes the inverse of Broyden's matrix.

    Estimates: g_3 = grad_lambda F - hessian_lambda,theta G v at theta^N, after N iterations of the
    inner solver, v started from 0.
    """

    name = "Implicit"
    references = [
        "F. Pedregosa, 'Hyperparameter optimization with approximate gradient', ICML 2016.",
        "J. Lorraine, P. Vicol, D. Duvenaud, 'Optimizing millions of hyperparameters by implicit "
        "differentiation', AISTATS 2020.",
        "Q. Bertrand, Q. Klopfenstein, M. Massias, M. Blondel, S. Vaiter, A. Gramfort, J. Salmon, "
        "'Implicit differentiation for fast hyperparameter selection in non-smooth convex "
        "learning', JMLR 2022.",
        "Z. Ramzi, F. Mannel, S. Bai, J.-L. Starck, P. Ciuciu, T. Moreau, 'SHINE: SHaring the "
        "INverse Estimate from the forward pass for bi-level optimization and implicit models', "
        "ICLR 2022.",
    ]
    parameters = {
        "inner_solver": ["auto"],
        "linear_solver": ["conjugate_gradient"],
        "tolerance": [1e-8],
        "max_inner_iterations": [10_000],
        "max_linear_iterations": [1_000],
        "memory": [20],
        "outer_step_size": ["adaptive"],
    }
    allowed = {
        "inner_solver": one_of(*ALL_SOLVERS),
        "linear_solver": one_of(*LINEAR_SOLVERS),
        "tolerance": fraction,
        "max_inner_iterations": integer(1),
        "max_linear_iterations": integer(1),
        "memory": integer(1),
        "outer_step_size": outer_step_sizes,
    }
    takes_non_smooth = True
    takes_root = True

    def refuse(self, problem):
        if problem.inner_is_root and self.inner_solver not in FOR_ROOTS:
            return (
                f"Implicit: inner_solver={self.inner_solver} needs an inner problem that is a "
                f"minimum; this one is a root; give one of {', '.join(FOR_ROOTS)}."
            )
        if not problem.inner_is_root and self.inner_solver in ROOT_SOLVERS:
            return (
                f"Implicit: inner_solver={self.inner_solver} is for inner problems that are roots; "
                f"this one is a minimum; give one of {', '.join(INNER_SOLVERS)}."
            )
        if problem.inner_is_root and self.linear_solver in NEED_SYMMETRY:
            return (
                f"Implicit: linear_solver={self.linear_solver} needs a symmetric matrix, which the "
                "Jacobian of a root's residual is not; give linear_solver=gmres."
            )
        if self.linear_solver in SHARE_THE_MATRIX and self.inner_solver not in QUASI_NEWTON:
            quasi_newton = "broyden" if problem.inner_is_root else "lbfgs"
            return (
                f"Implicit: linear_solver={self.linear_solver} reuses the matrix of a quasi-Newton "
                f"method, which inner_solver={self.inner_solver} has none of; give "
                f"inner_solver={quasi_newton}."
            )
        return None

    def iterates(self, problem):
        v = np.zeros(problem.inner_dim)

        def gradient(t, outer_var, inner_var):
            nonlocal v
            limits = self.tolerance, self.max_inner_iterations
            solution = self.solve(problem, outer_var, inner_var, *limits)
            value, hypergradient, v, _ = self.implicit(problem, solution, outer_var, v)
            return OuterGradient(solution.inner_var, value, hypergradient)

        return outer_descent(problem, self.outer_step_size, gradient)

    def solve(self, problem, outer_var, inner_var, *limits):
        # An exact solver has no iterations to count.
        automatic = self.estimating and self.inner_solver == "auto"
        name = "lbfgs" if automatic else self.inner_solver
        options = {"memory": self.memory} if name in HAVE_MEMORY else {}
        return ALL_SOLVERS[name](problem, outer_var, inner_var, *limits, **options)

    def implicit(self, problem, solution, outer_var, v):
        linear_solver = LINEAR_SOLVERS[self.linear_solver]
        limits = self.tolerance, self.max_linear_iterations
        return implicit_gradient(problem, solution, outer_var, linear_solver, v, *limits)

    def estimate(self, problem, n_steps):
        start = np.zeros(problem.inner_dim)
        solution = self.solve(problem, problem.outer_var0, problem.inner_var0, 0.0, n_steps)
        gradient = self.implicit(problem, solution, problem.outer_var0, start)
        return solution.inner_var, gradient.hypergradient

    def estimated_jacobians(self):
        if not hasattr(self.problem, "jacobians"):
            return {}
        return dict(jacobians=self.problem.jacobians(*self.point))

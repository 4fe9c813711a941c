from benchmark_utils.algorithms.estimator import Estimator
from benchmark_utils.numerics.inner_solvers import INNER_SOLVERS
from benchmark_utils.numerics.outer_descent import OuterGradient, outer_descent, outer_step_sizes
from benchmark_utils.validation import fraction, integer, one_of


class Solver(Estimator):
    """Descent along the analytic gradient, which ignores that theta* moves with lambda.

    At each outer iteration, theta warm-started,

        theta   ~ argmin G(lambda, .)                by ``inner_solver``, to ``tolerance`` or for at
                                                     most ``max_inner_iterations``
        lambda  <- lambda - gamma grad_lambda F(lambda, theta)

    with gamma from ``outer_step_size``: a number, ``adaptive`` or ``lbfgs`` (see
    ``outer_descent``). Where F = G, as in dictionary learning, this is alternating minimisation,
    and exact at theta*; where F does not depend on lambda itself, lambda stays where it is.

    Estimates: g_1 = grad_lambda F(lambda, theta^N), after N iterations of the inner solver.
    """

    name = "Analytic"
    references = [
        "P. Ablin, G. Peyre, T. Moreau, 'Super-efficiency of automatic differentiation for "
        "functions defined as a minimum', ICML 2020.",
        "B. Malezieux, T. Moreau, M. Kowalski, 'Understanding approximate and unrolled dictionary "
        "learning for pattern recovery', ICLR 2022.",
    ]
    parameters = {
        "inner_solver": ["fista"],
        "tolerance": [1e-8],
        "max_inner_iterations": [1_000],
        "outer_step_size": ["adaptive"],
    }
    allowed = {
        "inner_solver": one_of(*INNER_SOLVERS),
        "tolerance": fraction,
        "max_inner_iterations": integer(1),
        "outer_step_size": outer_step_sizes,
    }
    takes_non_smooth = True

    def iterates(self, problem):
        limits = self.tolerance, self.max_inner_iterations

        def gradient(t, outer_var, inner_var):
            return self.analytic(problem, outer_var, inner_var, *limits)

        return outer_descent(problem, self.outer_step_size, gradient)

    def analytic(self, problem, outer_var, inner_var, tolerance, max_iterations):
        solve = INNER_SOLVERS[self.inner_solver]
        inner_var = solve(problem, outer_var, inner_var, tolerance, max_iterations).inner_var
        value, (_, grad_out) = problem.outer_value_grad(inner_var, outer_var)
        return OuterGradient(inner_var, value, grad_out)

    def estimate(self, problem, n_steps):
        start = problem.outer_var0, problem.inner_var0
        gradient = self.analytic(problem, *start, 0.0, n_steps)
        return gradient.inner_var, gradient.hypergradient

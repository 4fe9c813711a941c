from benchmark_utils.full_batch_solver import FullBatchSolver
from benchmark_utils.validation import either, integer, one_of, positive


class Solver(FullBatchSolver):
    """Unrolled differentiation: gradient descent through N steps of gradient descent.

    At each outer iteration theta_0 is where the last iteration ended (``warm_start``) or the
    starting point, and

        theta_{k+1} = theta_k - rho grad_theta G(lambda, theta_k),      k < N = ``n_inner_steps``.

    The gradient of F(lambda, theta_N(lambda)) is accumulated backwards through the last
    K = ``truncation`` steps, all of them by default: from g = grad_theta F, r = grad_lambda F,

        r <- r - rho hessian_lambda,theta G(theta_k) g
        g <- g - rho hessian_theta,theta  G(theta_k) g

    for k = N-1, ..., N-K, and lambda <- lambda - gamma r, with gamma = ``outer_step_size``.
    rho = ``step_size`` may be ``auto``: one over a bound of the Hessian's largest eigenvalue.
    """

    name = "Unrolled"
    references = [
        "A. Shaban, C.-A. Cheng, N. Hatch, B. Boots, 'Truncated back-propagation for bilevel "
        "optimization', AISTATS 2019.",
        "L. Franceschi, M. Donini, P. Frasconi, M. Pontil, 'Forward and reverse gradient-based "
        "hyperparameter optimization', ICML 2017.",
    ]
    parameters = {
        "n_inner_steps": [50],
        "truncation": ["full"],
        "warm_start": [True],
        "step_size": ["auto"],
        "outer_step_size": [1.0],
    }
    allowed = {
        "n_inner_steps": integer(1),
        "truncation": either(integer(1), one_of("full")),
        "warm_start": one_of(True, False),
        "step_size": either(positive, one_of("auto")),
        "outer_step_size": positive,
    }

    def refuse(self, problem):
        if self.truncation != "full" and self.truncation > self.n_inner_steps:
            return (
                f"Unrolled: truncation={self.truncation} is larger than n_inner_steps="
                f"{self.n_inner_steps}; give at most that, or full."
            )
        return None

    def iterates(self, problem):
        inner_var, outer_var = problem.inner_var0, problem.outer_var0
        while True:
            yield inner_var, outer_var
            start = inner_var if self.warm_start else problem.inner_var0
            inner_var, hypergradient = self.unroll(problem, start, outer_var)
            outer_var = problem.project(outer_var - self.outer_step_size * hypergradient)

    def unroll(self, problem, inner_var, outer_var):
        """theta_N, and the gradient of F(lambda, theta_N(lambda)) through the last K steps."""
        step_size = self.step_size
        if step_size == "auto":
            step_size = 1 / problem.inner_smoothness(outer_var)
        path = [inner_var]
        for _ in range(self.n_inner_steps):
            _, grad = problem.inner_value_grad(path[-1], outer_var)
            path.append(path[-1] - step_size * grad)
        _, (grad_in, hypergradient) = problem.outer_value_grad(path[-1], outer_var)
        depth = self.n_inner_steps if self.truncation == "full" else self.truncation
        for inner_var in reversed(path[-1 - depth : -1]):
            hypergradient = hypergradient - step_size * problem.cross(inner_var, outer_var, grad_in)
            grad_in = grad_in - step_size * problem.hvp(inner_var, outer_var, grad_in)
        return path[-1], hypergradient

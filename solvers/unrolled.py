from itertools import islice

from benchmark_utils.algorithms.estimator import Estimator
from benchmark_utils.algorithms.search_space import Choice, LogUniform
from benchmark_utils.numerics.inner_solvers import gradient_steps
from benchmark_utils.numerics.outer_descent import OuterGradient, outer_descent, outer_step_sizes
from benchmark_utils.validation import any_of, integer, one_of, positive, too_large


class Solver(Estimator):
    """Unrolled differentiation: gradient descent through N steps of gradient descent.

    At each outer iteration theta_0 is where the last iteration ended (``warm_start``) or the
    starting point, and

        theta_{k+1} = prox(y_k - rho grad_theta G(lambda, y_k)),      k < N = ``n_inner_steps``,

    with y_k = theta_k for ``inner_algorithm="gradient_descent"``, which is ISTA where G has a
    non-smooth part (``prox`` its proximal operator, ``grad`` the gradient of the rest), and
    y_k = theta_k + beta_k (theta_k - theta_{k-1}) for ``"fista"``.

    The gradient of F(lambda, theta_N(lambda)) is accumulated backwards through the last
    K = ``truncation`` steps, all of them by default. For gradient descent, from
    g = grad_theta F, r = grad_lambda F,

        r <- r - rho hessian_lambda,theta G(theta_k) g
        g <- g - rho hessian_theta,theta  G(theta_k) g

    for k = N-1, ..., N-K, after g is set to 0 where the proximal operator set theta_{k+1} to 0. And
    lambda <- lambda - gamma r, with gamma from ``outer_step_size``: a number, ``adaptive`` or
    ``lbfgs`` (see ``outer_descent``). rho = ``step_size`` may be ``auto``: one over a bound of the
    Hessian's largest eigenvalue. rho and beta_k are constants of the differentiation. If the inner
    problem is a root, the steps are theta_{k+1} = theta_k - rho g(lambda, theta_k), fixed-point
    iterations with ``auto``.

    Estimates: g_2 = r, for the N of benchopt's budget instead of ``n_inner_steps``, through the
    last min(K, N) steps; on sparse codes and with ISTA also the Jacobian of the codes in the
    dictionary.
    """

    name = "Unrolled"
    references = [
        "A. Shaban, C.-A. Cheng, N. Hatch, B. Boots, 'Truncated back-propagation for bilevel "
        "optimization', AISTATS 2019.",
        "L. Franceschi, M. Donini, P. Frasconi, M. Pontil, 'Forward and reverse gradient-based "
        "hyperparameter optimization', ICML 2017.",
        "B. Malezieux, T. Moreau, M. Kowalski, 'Understanding approximate and unrolled dictionary "
        "learning for pattern recovery', ICLR 2022.",
    ]
    parameters = {
        "n_inner_steps": [50],
        "truncation": ["full"],
        "inner_algorithm": ["gradient_descent"],
        "warm_start": [True],
        "step_size": ["auto"],
        "outer_step_size": ["adaptive"],
    }
    allowed = {
        "n_inner_steps": integer(1),
        "truncation": any_of(integer(1), one_of("full")),
        "inner_algorithm": one_of("gradient_descent", "fista"),
        "warm_start": one_of(True, False),
        "step_size": any_of(positive, one_of("auto")),
        "outer_step_size": outer_step_sizes,
    }
    search_space = {"n_inner_steps": Choice(10, 50), "outer_step_size": LogUniform(0.3, 1e5)}
    takes_non_smooth = True
    takes_root = True

    def refuse(self, problem):
        if problem.inner_is_root and self.inner_algorithm == "fista":
            return (
                "Unrolled: inner_algorithm=fista needs an inner problem that is a minimum; this "
                "one is a root; give inner_algorithm=gradient_descent."
            )
        # Each step keeps its point, and the one that momentum leads to.
        return too_large(self, ["n_inner_steps"], 2 * self.n_inner_steps * problem.inner_dim)

    def skip(self, problem, question="minimise"):
        skip, reason = super().skip(problem, question)
        # Estimates take their number of steps from benchopt's budget.
        checked = not skip and question == "minimise" and self.truncation != "full"
        if checked and self.truncation > self.n_inner_steps:
            return True, (
                f"Unrolled: truncation={self.truncation} is larger than n_inner_steps="
                f"{self.n_inner_steps}; give at most that, or full."
            )
        return skip, reason

    def iterates(self, problem):
        def gradient(t, outer_var, inner_var):
            start = inner_var if self.warm_start else problem.inner_var0
            return self.unroll(problem, start, outer_var, self.n_inner_steps)

        return outer_descent(problem, self.outer_step_size, gradient)

    def steps(self, problem, inner_var, outer_var, n_steps):
        step_size = self.chosen_step_size(problem, outer_var)
        accelerated = self.inner_algorithm == "fista"
        path = gradient_steps(problem, outer_var, inner_var, step_size, accelerated)
        return islice(path, n_steps)

    def chosen_step_size(self, problem, outer_var):
        automatic = self.step_size == "auto"
        return 1 / problem.inner_smoothness(outer_var) if automatic else self.step_size

    def unroll(self, problem, inner_var, outer_var, n_steps):
        """theta_N, and F(lambda, theta_N(lambda)) with its gradient through the last K steps."""
        step_size = self.chosen_step_size(problem, outer_var)
        steps = list(self.steps(problem, inner_var, outer_var, n_steps))
        inner_var = steps[-1].inner_var if steps else inner_var
        value, (grad, hypergradient) = problem.outer_value_grad(inner_var, outer_var)
        depth = n_steps if self.truncation == "full" else min(self.truncation, n_steps)
        # The derivative of theta_k by y_{k+1} = theta_{k+1} + momentum (theta_{k+1} - theta_k).
        pending = 0.0
        for step in reversed(steps[n_steps - depth :]):
            in_point, in_outer = problem.step_vjp(
                step.point, step.inner_var, outer_var, step_size, grad
            )
            hypergradient = hypergradient + in_outer
            grad = pending + (1 + step.momentum) * in_point
            pending = -step.momentum * in_point
        return OuterGradient(inner_var, value, hypergradient)

    def estimate(self, problem, n_steps):
        start = problem.inner_var0, problem.outer_var0
        gradient = self.unroll(problem, *start, n_steps)
        return gradient.inner_var, gradient.hypergradient

    def set_objective(self, *args, **kwargs):
        super().set_objective(*args, **kwargs)
        self.propagated = None

    def estimated_jacobians(self):
        if not hasattr(self.problem, "jacobians") or self.inner_algorithm == "fista":
            return {}
        if self.propagated is None:
            self.propagated = self.problem.ista_jacobians()
        depth = 0 if self.truncation == "full" else self.truncation
        propagated = self.propagated
        # Truncated: the codes of N - K steps, then K steps with Jacobians.
        propagated.advance(max(self.iterations - depth, 0) - propagated.n_steps)
        if depth:
            propagated = self.problem.ista_jacobians(propagated.codes)
            propagated.advance(min(depth, self.iterations))
        return dict(jacobians=propagated.jacobians)

"""The base of full-batch solvers: the problem's oracles, counted, and the talk with benchopt."""

from benchmark_utils.algorithms.base import BilevelSolver
from benchmark_utils.algorithms.counting import ORACLE_NAMES


class CountedProblem:
    """A problem's full-batch oracles in float64, which count one-sample calls.

    A value is never asked for without its gradient, and counts as that.

    Parameters
    ----------
    problem : Problem
    """

    def __init__(self, problem):
        self._problem = problem
        self.counts = dict.fromkeys(ORACLE_NAMES, 0)

    def __getattr__(self, name):
        return getattr(self._problem, name)

    def inner_value_grad(self, inner_var, outer_var):
        self.counts["inner_grad"] += self.n_inner_samples
        return self._problem.inner_value_grad(inner_var, outer_var)

    def hvp(self, inner_var, outer_var, v):
        self.counts["hvp"] += self.n_inner_samples
        return self._problem.hvp(inner_var, outer_var, v)

    def cross(self, inner_var, outer_var, v):
        self.counts["cross"] += self.n_inner_samples
        return self._problem.cross(inner_var, outer_var, v)

    def step(self, inner_var, outer_var, step_size):
        self.counts["inner_grad"] += self.n_inner_samples
        return self._problem.step(inner_var, outer_var, step_size)

    def step_vjp(self, inner_var, next_var, outer_var, step_size, u):
        self.counts["hvp"] += self.n_inner_samples
        self.counts["cross"] += self.n_inner_samples
        return self._problem.step_vjp(inner_var, next_var, outer_var, step_size, u)

    def outer_value_grad(self, inner_var, outer_var):
        self.counts["outer_grad"] += self.n_outer_samples
        return self._problem.outer_value_grad(inner_var, outer_var)


class FullBatchSolver(BilevelSolver):
    """Base class of full-batch solvers.

    A solver defines ``iterates(problem)``, a generator over its outer iterations that yields
    ``(inner_var, outer_var)``, the starting point first; ``problem`` is a :class:`CountedProblem`.

    One that estimates defines ``estimate(problem, n_steps)`` too, which returns theta^N, (p,), and
    the estimate of the hypergradient, (d,), for N = ``n_steps`` inner iterations at the problem's
    starting point. Every estimate is made anew, when it is judged: its oracle calls are those of
    this N alone, and benchopt's clock does not see it.
    """

    requirements = ["scipy"]

    def set_objective(self, problem, question="minimise"):
        self.problem = problem

    def run(self, callback):
        if self.question == "estimate":
            self.iterations = 0
            while callback():
                self.iterations += 1
            return
        self.counted = CountedProblem(self.problem)
        iterates = self.iterates(self.counted)
        self.iterations = -1
        for self.point in iterates:
            self.iterations += 1
            if not callback():
                break

    def estimated_jacobians(self):
        """``jacobians`` of the codes, if the problem has them and the solver estimates them."""
        return {}

    def get_result(self):
        estimated = {}
        if self.question == "estimate":
            self.counted = CountedProblem(self.problem)
            inner_var, hypergradient = self.estimate(self.counted, self.iterations)
            self.point = inner_var, self.problem.outer_var0
            estimated = dict(hypergradient=hypergradient, **self.estimated_jacobians())
        inner_var, outer_var = self.point
        return dict(
            **estimated,
            inner_var=inner_var,
            outer_var=outer_var,
            iterations=self.iterations,
            calls=dict(self.counted.counts),
        )

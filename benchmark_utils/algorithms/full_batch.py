"""The base of full-batch solvers: the problem's oracles, counted, and the talk with benchopt."""

from benchmark_utils.algorithms.base import BilevelSolver
from benchmark_utils.algorithms.counting import CountedProblem


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

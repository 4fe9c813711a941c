"""The base of full-batch solvers: the problem's oracles, counted, and the talk with benchopt."""

from benchmark_utils.algorithms.base import BilevelSolver
from benchmark_utils.algorithms.counting import CountedProblem


class FullBatchSolver(BilevelSolver):
    """Base class of full-batch solvers.

    A solver defines ``iterates(problem)``, a generator over its outer iterations that yields
    ``(inner_var, outer_var)``, the starting point first; ``problem`` is a :class:`CountedProblem`.
    """

    requirements = ["scipy"]

    def set_objective(self, problem):
        self.problem = problem

    def run(self, callback):
        self.counted = CountedProblem(self.problem)
        iterates = self.iterates(self.counted)
        self.iterations = -1
        for self.point in iterates:
            self.iterations += 1
            if not callback():
                break

    def get_result(self):
        inner_var, outer_var = self.point
        return dict(
            inner_var=inner_var,
            outer_var=outer_var,
            iterations=self.iterations,
            calls=dict(self.counted.counts),
        )

"""The base of full-batch solvers: the problem's oracles, counted, and the talk with benchopt."""

from benchmark_utils.algorithms.base import BilevelSolver
from benchmark_utils.algorithms.counting import CountedProblem
from benchmark_utils.algorithms.limits import Clock, OutOfBudget, finish


class FullBatchSolver(BilevelSolver):
    """Base class of full-batch solvers.

    A solver defines ``iterates(problem)``, a generator over its outer iterations that yields
    ``(inner_var, outer_var)``, the starting point first; ``problem`` is a :class:`CountedProblem`,
    which ends the run in the middle of an iteration if the budget ends there.
    """

    requirements = ["scipy"]

    def set_objective(self, problem):
        self.problem = problem

    def follow(self, callback):
        clock = Clock(callback)
        problem = CountedProblem(self.problem, clock)
        self.counts, self.iterations = problem.counts, -1
        try:
            for point in self.iterates(problem):
                self.point = point
                self.iterations += 1
                if not callback():
                    return
                if clock.has_run_out():
                    break
            else:
                return
        except OutOfBudget:
            pass
        finish(callback, self.iterations)

    def get_result(self):
        inner_var, outer_var = self.point
        return dict(
            inner_var=inner_var,
            outer_var=outer_var,
            iterations=self.iterations,
            calls=dict(self.counts),
        )

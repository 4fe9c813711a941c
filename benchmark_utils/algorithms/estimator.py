"""The base of solvers that can estimate the hypergradient at a fixed lambda, too."""

import numpy as np

from benchmark_utils.algorithms.counting import CountedProblem
from benchmark_utils.algorithms.full_batch import FullBatchSolver
from benchmark_utils.algorithms.limits import OutOfBudget, Stopwatch
from benchmark_utils.oracle import ORACLE_NAMES


class Estimator(FullBatchSolver):
    """Base class of full-batch solvers that minimise h, or estimate its gradient at a fixed lambda.

    Besides what :class:`FullBatchSolver` asks for, a solver defines ``estimate(problem, n_steps)``,
    which returns theta^N, (p,), and the estimate of the hypergradient, (d,), for N = ``n_steps``
    inner iterations at the problem's starting point. Every estimate is made anew, when it is
    judged: its oracle calls are those of this N only, and benchopt's clock does not see it. The
    run ends when all estimates together have taken the timeout; the last complete one is kept.
    """

    estimates = True

    def set_objective(self, problem, question="minimise"):
        super().set_objective(problem)
        self.estimating = question == "estimate"
        self.stopwatch = Stopwatch()

    def follow(self, callback):
        if not self.estimating:
            super().follow(callback)
            return
        self.iterations, self.stopwatch = 0, Stopwatch(callback)
        # Before the first estimate nothing is known.
        self.point = self.problem.inner_var0, self.problem.outer_var0
        self.counts = dict.fromkeys(ORACLE_NAMES, 0)
        self.estimated = dict(
            **super().get_result(), hypergradient=np.zeros(self.problem.outer_dim)
        )
        while callback() and not self.stopwatch.has_run_out():
            self.iterations += 1

    def estimate(self, problem, n_steps):
        """theta^N and the estimate of the hypergradient that belongs to it."""
        raise NotImplementedError

    def estimated_jacobians(self):
        """``jacobians`` of the codes, if the problem has them and the solver estimates them."""
        return {}

    def get_result(self):
        if not self.estimating:
            return super().get_result()
        problem = CountedProblem(self.problem, self.stopwatch)
        try:
            with self.stopwatch:
                inner_var, hypergradient = self.estimate(problem, self.iterations)
        except OutOfBudget:
            return self.estimated
        self.point, self.counts = (inner_var, self.problem.outer_var0), problem.counts
        self.estimated = dict(
            **super().get_result(), hypergradient=hypergradient, **self.estimated_jacobians()
        )
        return self.estimated

"""The base of solvers that can estimate the hypergradient at a fixed lambda, too."""

from benchmark_utils.algorithms.counting import CountedProblem
from benchmark_utils.algorithms.full_batch import FullBatchSolver


class Estimator(FullBatchSolver):
    """Base class of full-batch solvers that minimise h, or estimate its gradient at a fixed lambda.

    Besides what :class:`FullBatchSolver` asks for, a solver defines ``estimate(problem, n_steps)``,
    which returns theta^N, (p,), and the estimate of the hypergradient, (d,), for N = ``n_steps``
    inner iterations at the problem's starting point. Every estimate is made anew, when it is
    judged: its oracle calls are those of this N only, and benchopt's clock does not see it.
    """

    estimates = True

    def set_objective(self, problem, question="minimise"):
        super().set_objective(problem)
        self.estimating = question == "estimate"

    def run(self, callback):
        if not self.estimating:
            super().run(callback)
            return
        self.iterations = 0
        while callback():
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
        self.counted = CountedProblem(self.problem)
        inner_var, hypergradient = self.estimate(self.counted, self.iterations)
        self.point = inner_var, self.problem.outer_var0
        return dict(
            **super().get_result(), hypergradient=hypergradient, **self.estimated_jacobians()
        )

"""The bilevel problem that is solved, and how a result is judged."""

from benchopt import BaseObjective
from benchopt.stopping_criterion import SufficientProgressCriterion

from benchmark_utils.counting import ORACLE_NAMES
from benchmark_utils.fingerprint import suite_fingerprint
from benchmark_utils.judge import Judge
from benchmark_utils.problems import PROBLEMS, get_problem
from benchmark_utils.validation import one_of, refusal


class Objective(BaseObjective):
    """Minimise h(lambda) = F(lambda, theta*(lambda)) with theta*(lambda) = argmin G(lambda, .).

    F is the validation loss, G the regularised training loss. At each point of a curve the inner
    problem is solved to the last digits that float64 gives, and h and its gradient are exact.
    """

    name = "bilevel"
    min_benchopt_version = "1.10"
    requirements = ["numba", "scipy", "scikit-learn"]

    parameters = {"problem": ["logreg"], "reg": ["exp"], "n_reg": ["full"]}
    allowed = {
        "problem": one_of(*PROBLEMS),
        "reg": one_of("exp", "lin"),
        "n_reg": one_of("full", 1),
    }

    sampling_strategy = "callback"
    # Ten evaluations without progress, a sixfold number of iterations, are enough to stop.
    stopping_criterion = SufficientProgressCriterion(eps=1e-12, patience=10, strategy="callback")

    def skip(self, unavailable=None, **data):
        reason = unavailable or refusal(self, self.allowed)
        reason = reason or get_problem(self.problem).refuse(**data)
        return reason is not None, reason

    def set_data(self, task, **data):
        self.bilevel_problem = get_problem(self.problem)(
            **data, reg=self.reg, n_reg=self.n_reg, seed=self.get_seed()
        )

    def get_objective(self):
        self.judge = Judge(self.bilevel_problem)
        return dict(problem=self.bilevel_problem)

    def evaluate_result(self, inner_var, outer_var, iterations, calls):
        return dict(
            **self.judge.evaluate(inner_var, outer_var),
            iterations=iterations,
            **{f"{name}_calls": count for name, count in calls.items()},
        )

    def get_one_result(self):
        problem = self.bilevel_problem
        return dict(
            inner_var=problem.inner_var0,
            outer_var=problem.outer_var0,
            iterations=0,
            calls=dict.fromkeys(ORACLE_NAMES, 0),
        )

    def _get_state(self):
        # benchopt hashes this into the key of its cache.
        return dict(suite=suite_fingerprint())

    def __setstate__(self, state):
        """Nothing beside the parameters is kept."""

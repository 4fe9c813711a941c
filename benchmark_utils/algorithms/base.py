"""What every solver of the suite shares: how it is sampled, how it refuses, what it is called."""

import warnings
from contextlib import chdir
from pathlib import Path

import numpy as np
from benchopt import BaseSolver

from benchmark_utils import journal
from benchmark_utils.algorithms.limits import end_in_error
from benchmark_utils.validation import all_values, as_meant, refusal


class BilevelSolver(BaseSolver):
    """Base class of all solvers.

    Attributes
    ----------
    allowed : dict of str to Allowed
        What each parameter may be; a value out of range is refused before any computation.
    estimates : bool
        Whether the solver can estimate the hypergradient at a fixed lambda: an :class:`Estimator`.
    estimating : bool
        Whether this run does that; ``set_objective`` says so.
    takes_non_smooth : bool
        Whether the solver can treat an inner problem with a non-smooth penalty.
    takes_root : bool
        Whether the solver can treat an inner problem that is a root and no minimum.
    takes_non_convex : bool
        Whether the solver can treat an inner problem that is not strongly convex.
    searches_globally : bool
        Whether the solver goes on from a stationary point of h, where others have arrived.
    """

    sampling_strategy = "callback"
    allowed = {}
    estimates = False
    estimating = False
    takes_non_smooth = False
    takes_root = False
    takes_non_convex = False
    searches_globally = False

    @classmethod
    def get_all_parameter_values(cls, name):
        return all_values(cls.allowed.get(name))

    def save_parameters(self, **parameters):
        super().save_parameters(**as_meant(parameters, self.allowed))

    @property
    def parameter_template(self):
        # A name on the result page must be short: what is not the default.
        return ",".join(
            f"{name}={{{name}}}"
            for name, value in self._parameters.items()
            # A key of parameters may be several names: "a, b".
            if [value] != self.parameters.get(name)
        )

    def __repr__(self):
        return super().__repr__().removesuffix("[]")

    def get_next(self, stop_val):
        # As many points a decade late as early, so that judging stays a small part of a run.
        return max(stop_val + 1, int(1.2 * stop_val))

    def run(self, callback):
        try:
            # Back to where the run started. Numbers that overflow end a curve as diverged, and need
            # no warning.
            quiet = np.errstate(all="ignore")
            with chdir(Path.cwd()), quiet, warnings.catch_warnings():
                self.follow(callback)
        # Solvers may call exit(), or raise anything.
        except KeyboardInterrupt:
            raise
        except BaseException:
            journal.raise_if_ended()
            if not end_in_error(self, callback):
                raise

    def follow(self, callback):
        """Make a curve: iterate, and call ``callback`` before each iteration until it is false."""
        raise NotImplementedError(f"{self.name} needs follow(callback).")

    def skip(self, problem, question="minimise"):
        reason = refusal(self, self.allowed)
        if not reason and question == "estimate" and not self.estimates:
            reason = f"{self.name} minimises h and gives no estimates; leave out question=estimate."
        if not reason and not problem.smooth and not self.takes_non_smooth:
            reason = (
                f"{self.name} needs an inner problem that is smooth; this one has an l1 penalty. "
                "Give a solver that takes it: QuasiNewton, GridSearch, HOAG, Implicit, Unrolled, "
                "Analytic, or MEHA, which is stochastic."
            )
        if not reason and problem.inner_is_root and not self.takes_root:
            reason = (
                f"{self.name} needs an inner problem that is a minimum; this one is a root, whose "
                "residual is no gradient. Give a solver that takes it: Unrolled, or Implicit with "
                "inner_solver=broyden and linear_solver=gmres."
            )
        if not reason and not problem.strongly_convex and not self.takes_non_convex:
            reason = (
                f"{self.name} needs an inner problem that is strongly convex; this one is not, as "
                "its strongly_convex says. Give a stochastic solver, such as SOBA."
            )
        reason = reason or self.refuse(problem)
        return reason is not None, reason

    def refuse(self, problem):
        """Say in a sentence why this solver cannot treat a problem; None if it can."""
        return None

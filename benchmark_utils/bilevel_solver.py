"""What every solver of the suite shares: how it is sampled, how it refuses, what it is called."""

from benchopt import BaseSolver

from benchmark_utils.validation import refusal


class BilevelSolver(BaseSolver):
    """Base class of all solvers.

    Attributes
    ----------
    allowed : dict of str to Allowed
        What each parameter may be; a value out of range is refused before any computation.
    settings : dict
        Parameters that do not change the algorithm, with their defaults. A solver's name on the
        result page shows them where they differ from these.
    """

    sampling_strategy = "callback"
    allowed = {}
    settings = {}

    @property
    def parameter_template(self):
        shown = [
            name
            for name, value in self._parameters.items()
            if name not in self.settings or value != self.settings[name]
        ]
        return ",".join(f"{name}={{{name}}}" for name in shown)

    def get_next(self, stop_val):
        # As many points a decade late as early, so that judging stays a small part of a run.
        return max(stop_val + 1, int(1.2 * stop_val))

    def skip(self, problem):
        reason = refusal(self, self.allowed) or self.refuse(problem)
        return reason is not None, reason

    def refuse(self, problem):
        """Say in a sentence why this solver cannot treat a problem; None if it can."""
        return None

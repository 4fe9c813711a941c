"""When a curve ends: at its budget, or where nothing is left to gain; never for want of progress.

A method may stay on a plateau for most of a run, so the last points of a curve say nothing of the
next. The budget is a number of seconds of the solver's own time, of oracle calls, or of points.
"""

import numpy as np
from benchopt.stopping_criterion import StoppingCriterion
from benchopt.utils.terminal_output import RED, STATUS

from benchmark_utils import journal
from benchmark_utils.oracle import ORACLE_NAMES
from benchmark_utils.validation import as_integer, as_number

# Below this fraction of its first norm, the projected gradient of h is rounding.
ROUNDING = 1e-13
# benchopt drops the points of a curve with its own status; the terminal shows this one.
DIVERGED = "diverged, points kept"
STATUS[DIVERGED] = (DIVERGED, RED)


class Budget(StoppingCriterion):
    """End a curve at its budget, where it diverges, or at a stationary point.

    The points of a curve that diverges are kept, unlike those of benchopt's own criteria.
    """

    def get_runner_instance(self, solver=None, timeout=None, max_runs=1, **options):
        # In a configuration, YAML takes 1e3 for a text.
        max_runs, timeout = as_integer(max_runs), as_number(timeout)
        if not (isinstance(max_runs, int) and max_runs >= 0):
            # All curves of a run have this budget.
            raise SystemExit(
                f"max-runs={max_runs!r} is not allowed; give an integer of at least 0."
            )
        if timeout is not None and not timeout > 0:
            raise SystemExit(
                f"timeout={timeout!r} is not allowed; give a time above 0. benchopt cuts "
                "fractions of seconds off, so write 800ms for 0.8."
            )
        # benchopt's deadline counts the time of the judge, too.
        criterion = super().get_runner_instance(solver=solver, max_runs=max_runs, **options)
        criterion.timeout = timeout
        return criterion

    def should_stop(self, stop_val, objective_list):
        stop, status, next_stop_val = super().should_stop(stop_val, objective_list)
        last = objective_list[-1]
        if last["objective_status"] == "diverged":
            stop, status = True, DIVERGED
        elif not stop and last["time"] >= (np.inf if self.timeout is None else self.timeout):
            stop, status = True, "timeout"
        journal.note(objective_list, stop)
        return stop, status, next_stop_val

    def check_convergence(self, objective_list):
        last = objective_list[-1]
        n_calls = sum(last[f"objective_{name}_calls"] for name in ORACLE_NAMES)
        spent = n_calls / self.solver._objective.max_calls
        stop = spent >= 1 or self.arrived(objective_list)
        return stop, max(spent, last["time"] / (self.timeout or np.inf))

    def arrived(self, objective_list):
        """Whether a method that follows gradients is at a stationary point, up to rounding."""
        if any(getattr(self.solver, name, False) for name in ("searches_globally", "estimating")):
            return False
        first, last = (objective_list[k]["objective_grad_norm"] for k in (0, -1))
        return last <= ROUNDING * first

"""How a run ends where its budget does, in the middle of an iteration if that is long.

benchopt looks at the clock only at the points of a curve, and judges in between, which is not the
solver's time.
"""

import math
import traceback
from time import perf_counter

from benchopt.config import DEBUG, RAISE_ON_ERROR
from benchopt.utils.terminal_output import RED, STATUS

from benchmark_utils import journal

# benchopt drops the points of a curve with its own status; the terminal shows this one.
FAILED = "error, points kept"
STATUS[FAILED] = (FAILED, RED)


class OutOfBudget(Exception):
    """Raised by the first oracle call after the end of the budget; it ends the run."""


def timeout_of(callback):
    """The seconds that a run may take; infinite if they are not limited.

    Parameters
    ----------
    callback : callable
        What benchopt gives to ``run``. Any other function sets no limit.
    """
    timeout = getattr(getattr(callback, "stopping_criterion", None), "timeout", None)
    return math.inf if timeout is None else timeout


class Clock:
    """The time that benchopt leaves to a run, see :func:`timeout_of`."""

    def __init__(self, callback):
        self.callback, self.timeout = callback, timeout_of(callback)

    def has_run_out(self):
        journal.raise_if_ended()
        if self.timeout == math.inf:
            return False
        since = perf_counter() - self.callback.time_callback
        return self.callback.time_iter + since >= self.timeout


class Stopwatch:
    """The same for what is computed while benchopt judges: it runs in a ``with`` only."""

    def __init__(self, callback=None):
        self.timeout, self.spent, self.started = timeout_of(callback), 0.0, None

    def __enter__(self):
        self.started = perf_counter()

    def __exit__(self, *error):
        self.spent += perf_counter() - self.started
        self.started = None

    def has_run_out(self):
        running = 0.0 if self.started is None else perf_counter() - self.started
        return self.spent + running >= self.timeout


def finish(callback, iterations):
    """Call benchopt's callback up to the next point of the curve, which it then ends.

    Points are at most 1.2 times, or one, further each time, see ``BilevelSolver.get_next``.
    """
    for _ in range(iterations + 2):
        if not callback():
            break


def end_in_error(solver, callback):
    """End a curve at an exception, with the points that it has; the last says ``error``.

    Returns
    -------
    ended : bool
        False if the exception should go on: the curve has no point yet, or a debugger waits.
    """
    curve = getattr(callback, "curve", None)
    # That of benchopt's run_once is nobody's.
    kept = bool(curve) and "objective_status" in curve[-1]
    if not kept or DEBUG or RAISE_ON_ERROR or solver._run_context.pdb:
        return False
    print(flush=True)
    traceback.print_exc()
    print(
        f"{solver.name}: its curve ends here, and keeps its points. The next run computes it again."
    )
    journal.set_status(curve, "error")
    journal.note(curve, ended=True)
    callback.objective.note_error()
    callback.status = FAILED
    return True

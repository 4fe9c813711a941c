"""What benchopt's cache should not serve: damage that would end a run, and curves of errors."""

import hashlib
from contextlib import suppress

from benchopt.benchmark import get_running_benchmark


def drop_damaged_marks():
    """Delete the files that tell joblib what code it has cached, where they are no text.

    Joblib computes again what is missing or damaged otherwise, but stops where it cannot decode one
    of these.
    """
    folder = get_running_benchmark().get_cache_location()
    if folder is None:
        return
    for path in folder.glob("benchopt/*/*/func_code.py"):
        try:
            path.read_text("utf-8")
        except UnicodeDecodeError:
            with suppress(OSError):
                path.unlink()


def note_error(context):
    """Remember that the curve of a run has ended in an exception.

    Parameters
    ----------
    context : RunContext
        Of the run.
    """
    mark = error_mark(context)
    # Where nothing can be written, the curve is not in the cache either.
    with suppress(OSError):
        if mark is not None:
            mark.parent.mkdir(parents=True, exist_ok=True)
            mark.touch()


def last_error(context):
    """When the curve of a run last ended in an exception, in nanoseconds; 0 if it has not.

    As part of a curve's key it has the curve computed again, until it ends well.
    """
    mark = error_mark(context)
    return mark.stat().st_mtime_ns if mark is not None and mark.exists() else 0


def error_mark(context):
    """The file that says so of a run; None without a cache."""
    folder = get_running_benchmark().get_cache_location()
    if folder is None:
        return None
    names = context.dataset_name, context.objective_name, context.solver_name
    run = repr((*names, context.repetition, context.base_seed))
    return folder / "errors" / hashlib.sha256(run.encode()).hexdigest()

"""What benchopt's cache should not serve: damaged files, and curves of errors."""

import hashlib
import shutil
from contextlib import suppress

from benchopt.benchmark import get_running_benchmark
from joblib.memory import extract_first_line


def mend():
    """Have damage in benchopt's cache cost a computation, and no run or wrong curve.

    Joblib computes again what is missing or cannot be read. It stops where it cannot read the file
    that tells which code it has cached, and does not notice a flipped bit in a number of a result;
    compressed files end in a checksum.
    """
    benchmark = get_running_benchmark()
    folder = benchmark.get_cache_location()
    if folder is None:
        return
    benchmark.mem.store_backend.compress = True
    for path in folder.glob("benchopt/*/*/func_code.py"):
        try:
            extract_first_line(path.read_text("utf-8"))
        except (OSError, ValueError):
            with suppress(OSError):
                shutil.rmtree(path) if path.is_dir() else path.unlink()


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

"""Damage in benchopt's cache that would end a run."""

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

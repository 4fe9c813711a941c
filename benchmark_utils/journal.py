"""What a run tells the process that watches it: every point of its curves, as they come.

``scripts/safe_run.py`` sets the two variables below for the processes that it starts. A process
that then makes no point for as long as its deadline is ended, wherever it hangs: Python's
faulthandler does it, from a thread that needs nothing of Python, so compiled code is ended as well.
"""

import faulthandler
import json
import os
import threading
from contextlib import suppress
from itertools import chain
from pathlib import Path

# The folder to write to, and the seconds between two points.
FOLDER, DEADLINE = "BILEVEL_JOURNAL", "BILEVEL_DEADLINE"
POINTS, PLACES = "points", "places"

# Set where a user has ended the run. Compiled code and careless solvers swallow the exception.
ENDED = threading.Event()

# faulthandler needs the file that it writes to, open, at the end.
_places = None


def raise_if_ended():
    """Raise KeyboardInterrupt if a user has ended the run."""
    if ENDED.is_set():
        raise KeyboardInterrupt


def expect_a_point(besides=0):
    """Start the deadline of the next point anew, if this process has one.

    Parameters
    ----------
    besides : float
        Seconds for what comes before a solver can make points.
    """
    global _places
    raise_if_ended()
    if DEADLINE not in os.environ:
        return
    if _places is None:
        _places = path(PLACES).open("w")
    # For who watches this process from outside.
    os.utime(_places.fileno())
    seconds = besides + float(os.environ[DEADLINE])
    faulthandler.dump_traceback_later(seconds, exit=True, file=_places)


def path(kind):
    """This process's file of points, or of places where it hung."""
    return Path(os.environ[FOLDER], f"{os.getpid()}.{kind}")


def note(curve, ended):
    """Write the last point of a curve, if somebody reads it; again if it has changed.

    Parameters
    ----------
    curve : list of dict
        The rows of all points so far, as benchopt has them.
    ended : bool
        Whether the curve ends with this point.
    """
    expect_a_point()
    if FOLDER not in os.environ:
        return
    # A full disk ends no curve.
    with suppress(OSError), path(POINTS).open("a", encoding="utf-8", errors="replace") as file:
        point = [last_point(curve), ended]
        # Half a surrogate pair in a name is replaced: no table holds it.
        file.write(json.dumps(point, default=as_json, ensure_ascii=False) + "\n")


def as_json(value):
    """NumPy's numbers as Python's; anything else as a text."""
    return value.item() if hasattr(value, "item") else str(value)


def read(folder, names):
    """The rows of all processes that wrote to a folder, curve by curve.

    Parameters
    ----------
    folder : Path
    names : list of str
        The columns that tell curves apart.

    Returns
    -------
    curves : list of (list of dict, bool)
        The rows of each curve, and whether it ended as it should.
    """
    return [
        curve
        for file in sorted(Path(folder).glob(f"*.{POINTS}"))
        for curve in curves_of(file, names)
    ]


def curves_of(file, names):
    """The same for the file of one process, which made one curve after the other."""
    curves, last, last_ended = {}, None, True
    for line in file.read_text("utf-8", errors="replace").split("\n"):
        try:
            rows, ended = json.loads(line)
            curve, point = tuple(rows[0][name] for name in names), rows[0]["stop_val"]
        # The process ended within this line, or wrote something else.
        except (ValueError, TypeError, LookupError):
            break
        curves.setdefault(curve, {})[point] = rows
        last, last_ended = curve, ended
    # Solvers may end a curve themselves; only the last can have been cut.
    return [
        (list(chain.from_iterable(points.values())), curve != last or last_ended)
        for curve, points in curves.items()
    ]


def set_status(rows, status):
    """Say at the last point of a curve how it ended."""
    for row in last_point(rows):
        row["objective_status"] = status


def last_point(rows):
    """The rows of the last point: it has one, or one per signal."""
    return [row for row in rows if row["stop_val"] == rows[-1]["stop_val"]]


def last_sign(folder):
    """When processes last wrote to a folder, or started a deadline anew, in seconds since 1970."""
    return max(file.stat().st_mtime for file in Path(folder).iterdir())


def place(folder, near):
    """Where processes that reached their deadline were, such as ``line 5 of soba.py (step)``.

    Parameters
    ----------
    folder : Path
    near : str
        The name of a file; a line of it is told if there is one.

    Returns
    -------
    place : str or None
        None if no process reached its deadline.
    """
    for file in Path(folder).glob(f"*.{PLACES}"):
        lines = [line.split('"') for line in file.read_text().splitlines() if line.count('"') == 2]
        if lines:
            _, name, rest = next((line for line in lines if Path(line[1]).name == near), lines[0])
            number, function = rest.removeprefix(", line ").split(" in ")
            return f"line {number} of {Path(name).name} ({function})"
    return None

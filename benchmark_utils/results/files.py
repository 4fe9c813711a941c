"""Files of results: read with a sentence where that fails, and written whole or not at all."""

import os
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow
from benchopt.results import read_results
from benchopt.results.files_utils import uniquify_fname
from benchopt.results.parquet import pack, to_parquet, unpack

from benchmark_utils.results.curves import CALLS, MEASURES, TASK, told_apart

NUMBERS = ("idx_rep", "stop_val", "time", "objective_value")
COUNTS = ("objective_iterations", *(f"objective_{kind}_calls" for kind in CALLS[1:]))
NEEDED = (*TASK, "solver_name", *NUMBERS, *COUNTS)
# What ``final_results`` say of a curve. In a CSV file they are a text, which nobody reads.
FINAL = {"outer_var", "packages", "commit", "python"}


class Unreadable(SystemExit):
    """A file cannot be used; the message says which, why, and what to do, and ends a script."""


class Elsewhere(Exception):
    """A results file has been written to another folder; the message says which, and why."""


def read(path):
    """Read a results file.

    Parameters
    ----------
    path : Path

    Returns
    -------
    results : pandas.DataFrame
        One row per point of a curve, as benchopt writes it.

    Raises
    ------
    Unreadable
        If there is no such file, or only part of one, or it is of something else.
    """
    again = "run again, and curves that were finished come from benchopt's cache"
    if not path.exists():
        raise Unreadable(f"{path} does not exist; give a results file that benchopt wrote.")
    with as_sentence(
        path, f"A run that is killed while it writes leaves part of a file: delete it, and {again}."
    ):
        results = read_results(path)
    missing = [name for name in NEEDED if name not in results]
    if missing:
        raise Unreadable(
            f"{path} has no column {missing[0]}; give a results file that this suite wrote."
        )
    if results.empty:
        raise Unreadable(f"{path} has no curves; {again}.")
    if "final_results" in results:
        told = [
            isinstance(final, dict) and set(final) >= FINAL for final in results["final_results"]
        ]
        results["final_results"] = results["final_results"].astype(object).where(told, None)
    for name in (*TASK, "solver_name"):
        results[name] = results[name].map(str)
    measures = [column for column, _ in MEASURES.values()]
    for name in results.columns.intersection([*NUMBERS, *COUNTS, *measures]):
        results[name] = as_numbers(results[name], path)
    return results


def as_numbers(column, path):
    """A column of numbers; Unreadable is raised if it has a text that is none."""
    try:
        return column if pd.api.types.is_numeric_dtype(column) else column.astype(float)
    except (TypeError, ValueError) as error:
        raise Unreadable(
            f"{path} has no numbers in its column {column.name} ({error}); give a results file "
            "that this suite wrote."
        ) from error


@contextmanager
def as_sentence(path, advice):
    """Raise Unreadable if a file cannot be read here."""
    try:
        yield
    # A reader may raise any exception of a decompressor or parser.
    except Exception as error:
        raise Unreadable(
            f"{path} cannot be read ({type(error).__name__}: {' '.join(str(error).split())[:150]})."
            f" {advice}"
        ) from error


def new_path(path):
    """As benchopt names a results file: a Parquet file unless the name ends in .csv, with a number
    if there is one already."""
    return uniquify_fname(path.with_suffix(".csv" if path.suffix == ".csv" else ".parquet"))


def save(path, results):
    """Write a results file, or where that fails, one in the folder of temporary files.

    Curves of the same name are told apart, with a sentence in the terminal.

    Raises
    ------
    Elsewhere
    OSError
        If that cannot be written either.
    """
    results, renamed = told_apart(results)
    if renamed:
        print(
            f"Two files give the same name to their solver or data set, so here is another: "
            f"{', '.join(renamed)}. Rename one of them.",
            file=sys.stderr,
        )
    try:
        write(path, results)
    except OSError as error:
        elsewhere = Path(tempfile.mkdtemp(prefix="benchopt_"), path.name)
        write(elsewhere, results)
        raise Elsewhere(
            f"{path} cannot be written ({error.strerror or error}). All its curves are in "
            f"{elsewhere}: move that file when there is room."
        ) from error


def write(path, results):
    """Write a results file as benchopt does, whole or not at all; CSV if its name ends so.

    What no file can hold, or what cannot be read from one again, is written as a text: a parameter
    may be any object.
    """
    with replaced(path) as draft:
        try:
            write_readable(draft, results)
        except OSError:
            raise
        # Of what holds the values, any exception.
        except Exception:
            write_readable(draft, results.map(as_readable))


def write_readable(path, results):
    """Write a results file, and raise what a reader would."""
    if path.suffix == ".csv":
        results.to_csv(path, index=False)
    else:
        to_parquet(results, path)
    read_results(path)


def as_readable(value):
    """A value, or a text for it if a file cannot hold it."""
    try:
        packed = pack(value)
        pyarrow.array([packed])
        unpack(packed)
    except Exception:
        return str(value).encode(errors="replace").decode()
    return value


def write_text(path, text):
    """Write a text file, whole or not at all."""
    with replaced(path) as draft:
        draft.write_text(text)


@contextmanager
def replaced(path):
    """A temporary path beside this one, whose file takes its place at the end.

    So the file is whole whenever the process is killed. After an exception it is as before.
    """
    draft = path.with_name(f".{os.getpid()}.{path.name}")
    try:
        yield draft
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def put_between_marks(page, marks, text):
    """Replace what stands between two marks of a page, comments that each stand there once."""
    begin, end = marks
    before, rest = page.read_text().split(begin)
    _, after = rest.split(end)
    write_text(page, f"{before}{begin}\n{text}\n{end}{after}")

"""A bad solver harms itself only, in the suite's own command."""

import re
import subprocess
import sys

import pytest
import watched_process
from benchopt.results import read_results
from solver_files import Unparsable, as_list, files_of, name_of
from solver_process import Part

from helpers import ROOT, SMALL, command

# What is done after two points, or instead of an import.
SOLVER = '''
{first}
from benchmark_utils.algorithms.full_batch import FullBatchSolver


class Solver(FullBatchSolver):
    """Careless."""

    name = "{name}"
    parameters = {{"way": {ways}}}

    def iterates(self, problem):
        yield problem.inner_var0, problem.outer_var0
        yield problem.inner_var0, problem.outer_var0 - 0.1
        {then}
        for k in range(20):
            yield problem.inner_var0, problem.outer_var0 - 0.1 * k
'''
# What ends a curve, and no process.
WAYS = {
    "raise": "raise RuntimeError('no luck')",
    "leave": "sys.exit(0)",
    "base": "raise BaseException('none of the usual')",
    "shape": "yield np.zeros(()), problem.outer_var0",
    "nan": "yield problem.inner_var0, problem.outer_var0 * float('nan')",
    "well": "pass",
}
SOME_WAY = "\n        ".join(f"if self.way == {way!r}: {then}" for way, then in WAYS.items())
HARMLESS = (
    "import os, subprocess, threading, time; os.chdir('/')",
    "os.chdir('/tmp'); os.remove(__file__); print('x' * 5_000_000); "
    "threading.Thread(target=time.sleep, args=(600,)).start(); subprocess.Popen(['sleep', '600'])",
)
CARELESS = {
    "Segfault": ("import ctypes", "ctypes.string_at(0)"),
    "Exit": ("import os", "os._exit(3)"),
    "Loop": ("", "while True: pass"),
    "Bad": ("import sys; import numpy as np", SOME_WAY),
    "Harmless": HARMLESS,
    "LeaveAtOnce": ("import sys; sys.exit(0)", ""),
    "Missing": ("import no_such_module", ""),
    "Broken": ("clas Solver:", ""),
}
# Data sets whose failure would be that of every solver.
DATASETS = {
    "crashing": """
import ctypes
from benchopt import BaseDataset


class Dataset(BaseDataset):
    name = "crashing"

    def get_data(self):
        ctypes.string_at(0)
""",
    "unparsable": "clas Dataset:",
}
# How curves end, and after how many points.
ENDS = {
    **dict.fromkeys(("Segfault", "Exit"), ("error", 1)),
    "Loop": ("timeout", 1),
    **{f"Bad[way={way}]": ("error", 1) for way in ("raise", "leave", "base", "shape")},
    "Bad[way=nan]": ("diverged", 2),
    **dict.fromkeys(("Bad[way=well]", "Harmless", "HOAG"), ("ok", 5)),
}


def write_solvers(folder):
    """The paths of careless solvers."""
    paths = {name: folder / f"{name.lower()}.py" for name in CARELESS}
    for name, (first, then) in CARELESS.items():
        ways = list(WAYS) if name == "Bad" else ["one"]
        paths[name].write_text(SOLVER.format(name=name, first=first, then=then, ways=ways))
    return paths


@pytest.fixture(scope="module")
def solvers(tmp_path_factory):
    return write_solvers(tmp_path_factory.mktemp("careless"))


def write_datasets(folder):
    paths = [folder / f"{name}.py" for name in DATASETS]
    for path in paths:
        path.write_text(DATASETS[path.stem])
    return paths


def options(letter, values):
    return [option for value in values for option in (letter, str(value))]


@pytest.fixture(scope="module")
def run(solvers, tmp_path_factory):
    """What the suite's command prints, its results, and its folder."""
    folder = tmp_path_factory.mktemp("safe")
    output = folder / "results.parquet"
    log = command(
        sys.executable, "scripts/safe_run.py", ".", "-n", "5", "--no-plot", "--deadline", "10",
        *options("-d", [SMALL, *write_datasets(folder)]),
        *options("-s", ["HOAG", *solvers.values()]),
        "--output", str(output), check=False, BENCHOPT_CACHE=str(folder / "cache"),
    )  # fmt: skip
    return log, read_results(output), folder


@pytest.mark.slow
def test_every_failure_is_told_in_a_sentence(run):
    log, _, _ = run
    for sentence in (
        "Segfault crashed while it ran (signal SIGSEGV).",
        "Exit ended the process while it ran (exit code 3).",
        "Loop made no point for 10 s, in line 15 of loop.py (iterates), and was ended while it ran",
        "LeaveAtOnce could not be imported (SystemExit: 0).",
        "Missing could not be imported (ModuleNotFoundError: No module named 'no_such_module').",
        "broken.py does not parse (invalid syntax in line 2).",
        "crashing crashed while it ran (signal SIGSEGV); this data set is left out.",
        "unparsable could not be imported (SyntaxError: invalid syntax",
        "error: 1 of 1 curves",
        "timeout: 1 of 1 curves",
        "diverged: 1 of 1 curves",
    ):
        assert sentence in log
    assert "HOAG crashed" not in log
    assert "inner_var has the shape () and dtype float64; return real numbers of shape (4,)." in log


@pytest.mark.slow
def test_every_solver_keeps_the_points_that_it_had(run):
    _, results, _ = run
    assert ends(results) == ENDS


def ends(results):
    """The status of the last point of each curve, and its number."""
    last = results.sort_values("stop_val").groupby("solver_name").last()
    return {name: (row["objective_status"], row["stop_val"]) for name, row in last.iterrows()}


@pytest.mark.slow
def test_the_others_have_the_curves_of_an_ordinary_run_and_its_cache(run):
    _, results, folder = run
    output = folder / "ordinary.parquet"
    log = command(
        "benchopt", "run", ".", "-d", SMALL, "-n", "5", "--no-plot", "-s", "HOAG",
        "--output", str(output), BENCHOPT_CACHE=str(folder / "cache"),
    )  # fmt: skip
    assert "(cached)" in log
    ordinary = read_results(output)
    safe = results[results["solver_name"] == "HOAG"]
    assert len(safe) == 6
    assert list(safe["objective_value"]) == list(ordinary["objective_value"])
    assert list(safe["time"]) == list(ordinary["time"])


@pytest.mark.slow
def test_an_ordinary_run_keeps_the_points_of_a_solver_that_raises(tmp_path):
    solvers, output = write_solvers(tmp_path), tmp_path / "results.parquet"
    log = command(
        "benchopt", "run", ".", "-d", SMALL, "-n", "5", "--no-plot",
        *options("-s", [solvers["Bad"], "HOAG"]),
        "--output", str(output), BENCHOPT_CACHE=str(tmp_path / "cache"),
    )  # fmt: skip
    assert "RuntimeError: no luck" in log
    assert "Bad: its curve ends here, and keeps its points. The next run computes it again." in log
    expected = {name: end for name, end in ENDS.items() if name.startswith(("Bad", "HOAG"))}
    assert ends(read_results(output)) == expected


WATCHED = """
import sys
sys.path.insert(0, {root!r})
import benchmark_utils.journal as journal
journal.note([dict(name="a", stop_val=0, objective_status="ok")], ended=False)
{then}
"""
# Compiled code that never returns to Python.
ENDLESS = """
import numba
@numba.njit
def endless(x):
    while x > 0:
        x = x + 1.0 - 1.0
    return x
endless(1.0)
"""


@pytest.mark.parametrize("then", ["while True: pass", ENDLESS, "import time; time.sleep(600)"])
def test_whatever_makes_no_point_until_the_deadline_is_ended(tmp_path, then):
    from benchmark_utils import journal

    file = tmp_path / "watched.py"
    file.write_text(WATCHED.format(root=str(ROOT), then=then))
    done = subprocess.run(
        [sys.executable, file], env={journal.FOLDER: str(tmp_path), journal.DEADLINE: "2"},
        capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert re.fullmatch(r"line \d+ of watched.py \(<module>\)", journal.place(tmp_path, file.name))
    point = dict(name="a", stop_val=0, objective_status="ok")
    assert journal.read(tmp_path, ["name"]) == [([point], False)]


def test_a_process_that_has_switched_its_deadline_off_is_ended_from_outside(tmp_path, monkeypatch):
    monkeypatch.setattr(watched_process, "FOR_IMPORTS", 0)
    monkeypatch.setattr(watched_process, "GRACE", 0)
    part = Part(tmp_path / "part", tmp_path / "endless.py", {})
    (part.folder / "7.points").touch()
    process = subprocess.Popen(["sleep", "600"])
    try:
        assert part.wait(process, 0.1) is None
    finally:
        process.kill()
        process.wait()
    assert part.ending(None, "run", 0.1) == "made no point for 0.1 s and was ended while it ran"


def test_a_journal_tells_curves_apart_and_leaves_out_half_a_line(tmp_path, monkeypatch):
    from benchmark_utils import journal

    monkeypatch.setenv(journal.FOLDER, str(tmp_path))
    first, second = (
        [dict(name=name, stop_val=k, objective_status="ok") for k in range(2)] for name in "ab"
    )
    for k in (1, 2):
        journal.note(first[:k], ended=k == 2)
    # One that raises before its first point is noted, and one that was cut.
    failed = [dict(name="raises", stop_val=0, objective_status="error")]
    journal.note(failed, ended=True)
    journal.note(second[:1], ended=False)
    journal.set_status(second[:1], "error")
    journal.note(second[:1], ended=False)
    [file] = tmp_path.iterdir()
    with file.open("ab") as points:
        points.write(b'[[{"name": "b", "stop_val": 2, "obj\xff')
    assert journal.read(tmp_path, ["name"]) == [(first, True), (failed, True), (second[:1], False)]


@pytest.mark.parametrize(("name", "kept"), [("a\ud800", "a?"), ("a\u2028b\nc", "a\u2028b\nc")])
def test_any_name_of_a_solver_comes_through_the_journal(tmp_path, monkeypatch, name, kept):
    from benchmark_utils import journal

    monkeypatch.setenv(journal.FOLDER, str(tmp_path))
    journal.note([dict(name=name, stop_val=0)], ended=True)
    assert journal.read(tmp_path, ["name"]) == [([dict(name=kept, stop_val=0)], True)]


@pytest.mark.parametrize("line", ["3", "[[], true]", "[[{}], true]", "[null, true]", "\0\xff"])
def test_what_a_solver_writes_into_its_journal_ends_nothing(tmp_path, line):
    from benchmark_utils import journal

    (tmp_path / f"7.{journal.POINTS}").write_text(line, encoding="latin-1")
    assert journal.read(tmp_path, ["name"]) == []


def test_names_are_read_without_an_import(solvers):
    assert name_of(solvers["LeaveAtOnce"]) == "LeaveAtOnce"
    with pytest.raises(Unparsable, match=r"does not parse \(invalid syntax in line 2\)"):
        name_of(solvers["Broken"])


def test_patterns_mean_files(solvers):
    saba = {"SABA": {"step_size": [0.1, 1]}}
    given = as_list([{**saba, "hoag": None}, "S.BA[batch_size=16]", f"{solvers['Exit']}[a=1]"])
    files = files_of(given)
    assert {file.stem: patterns for file, patterns in files.items()} == {
        "saba": [saba, "S.BA[batch_size=16]"],
        "hoag": ["hoag"],
        "soba": ["S.BA[batch_size=16]"],
        "srba": ["S.BA[batch_size=16]"],
        "exit": [f"{solvers['Exit']}[a=1]"],
    }
    assert {file.name for file in files_of([])} == {
        file.name for file in (ROOT / "solvers").glob("*.py")
    }
    with pytest.raises(ValueError, match=r"Nobody is no solver; give one of AccBO,"):
        files_of(["Nobody"])

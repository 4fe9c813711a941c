"""A run that ends before its time says what is kept, and leaves no process that computes."""

import errno
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pandas as pd
import psutil
import pytest
from benchopt.benchmark import Benchmark
from benchopt.results import read_results

from benchmark_utils import ends, journal
from benchmark_utils.results import files
from benchmark_utils.results.files import replaced
from helpers import MONTHLY, ROOT, SMALL, make_problem, make_solver
from helpers import run as run_solver

# Notes its process, and waits to be ended, whatever is raised.
WAITING = '''
import os
import time
from contextlib import suppress

from benchmark_utils.algorithms.full_batch import FullBatchSolver


class Solver(FullBatchSolver):
    """Waits."""

    name = "Waiting"

    def iterates(self, problem):
        yield problem.inner_var0, problem.outer_var0
        with open({notes!r}, "a") as notes:
            notes.write(f"{{os.getpid()}}\\n")
        while True:
            with suppress(BaseException):
                time.sleep(0.1)
            yield problem.inner_var0, problem.outer_var0
'''


def waiting_run(folder, command, n_processes):
    """A run in which so many processes wait, and the numbers of these."""
    solver, notes = folder / "waiting.py", folder / "notes"
    solver.write_text(WAITING.format(notes=str(notes)))
    notes.touch()
    run = subprocess.Popen(
        [
            *command, ".", "-d", SMALL, "-s", str(solver), "-r", str(n_processes), "-n", "100000",
            "--no-plot", "--no-timeout", "--output", str(folder / "results.parquet"),
        ],
        # Under nohup a closed terminal would end nothing.
        preexec_fn=partial(signal.signal, signal.SIGHUP, signal.SIG_DFL),
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=os.environ | {
            "BENCHOPT_CACHE": str(folder / "cache"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        },
    )  # fmt: skip
    limit = time.monotonic() + 300
    while len(notes.read_text().split()) < n_processes:
        assert run.poll() is None, run.communicate()[0]
        assert time.monotonic() < limit
        time.sleep(0.1)
    return run, [int(number) for number in notes.read_text().split()]


def ended(number):
    return not psutil.pid_exists(number) or psutil.Process(number).status() == "zombie"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "n_jobs"),
    [
        (signal.SIGINT, 2),
        pytest.param(signal.SIGTERM, 2, marks=MONTHLY),
        pytest.param(signal.SIGHUP, 1, marks=MONTHLY),
    ],
)
def test_an_interrupt_says_what_is_kept_and_leaves_no_worker(number, n_jobs, tmp_path):
    run, workers = waiting_run(tmp_path, ["benchopt", "run", "-j", str(n_jobs)], n_jobs)
    run.send_signal(number)
    log, _ = run.communicate(timeout=300)
    assert f"{number.name}: the run ends. Finished curves are kept in {tmp_path}" in log
    assert "Give the same command again to go on, or with --collect" in log
    assert run.returncode != 0
    assert all(map(ended, workers))


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_safe_run_writes_what_it_has(tmp_path, number):
    run, workers = waiting_run(tmp_path, [sys.executable, "scripts/safe_run.py"], 1)
    run.send_signal(number)
    log, _ = run.communicate(timeout=300)
    assert "Interrupted with 1 of 1 solvers left. Give the same command to go on" in log
    assert run.returncode == 1
    assert all(map(ended, workers))
    results = read_results(tmp_path / "results.parquet")
    assert results["objective_status"].iloc[-1] == "interrupted"
    assert {path.name for path in tmp_path.iterdir()} == {
        "waiting.py", "notes", "cache", "results.parquet",
    }  # fmt: skip


def test_a_closed_terminal_ends_no_run_that_is_told_to_go_on():
    before = signal.getsignal(signal.SIGHUP)
    try:
        for given, kept in ((signal.SIG_IGN, signal.SIG_IGN), (signal.SIG_DFL, ends.interrupt)):
            signal.signal(signal.SIGHUP, given)
            ends.on_hang_up(ends.interrupt)
            assert signal.getsignal(signal.SIGHUP) == kept
    finally:
        signal.signal(signal.SIGHUP, before)


def test_an_interrupt_in_compiled_code_ends_the_run_and_no_curve_in_error(monkeypatch):
    ended = threading.Event()
    monkeypatch.setattr(journal, "ENDED", ended)
    problem = make_problem()
    solver = make_solver("SOBA", problem, framework="python", batch_size=16, eval_freq=4)

    def interrupted(state, arrays, draws):
        # As numba turns the exception that the handler of the signal raises into another.
        ended.set()
        raise SystemError("returned a result with an exception set")

    solver.iterate = interrupted
    with pytest.raises(KeyboardInterrupt):
        run_solver(solver, 3)
    # Nor does another curve start.
    with pytest.raises(KeyboardInterrupt):
        journal.expect_a_point()


RESULTS = pd.DataFrame({"objective_value": [1.0, 0.5]})


@pytest.mark.parametrize("name", ["results.parquet", "results.csv"])
def test_a_results_file_that_finds_no_room_is_written_elsewhere(
    name, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    output = tmp_path / "full" / name

    @contextmanager
    def full(path):
        with replaced(path) as draft:
            yield draft
            if path == output:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    output.parent.mkdir()
    monkeypatch.setattr(files, "replaced", full)
    with pytest.raises(files.Elsewhere) as end:
        ends.save_results(RESULTS, output)
    ends.say_what_is_kept(end.type, end.value, end.tb)
    [elsewhere] = (tmp_path / "temporary").glob(f"*/{name}")
    assert capsys.readouterr().err == (
        f"{output} cannot be written (No space left on device). All its curves are in {elsewhere}: "
        "move that file when there is room.\n"
    )
    assert list(read_results(elsewhere)["objective_value"]) == [1.0, 0.5]
    assert list(output.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("given", "written"),
    [("results", "results.parquet"), ("a.b", "a.parquet"), ("results.csv", "results.csv")],
)
def test_results_are_written_as_benchopt_names_them(given, written, tmp_path):
    from benchopt.results import save_results

    assert ends.save_results(RESULTS, tmp_path / given) == tmp_path / written
    stem, suffix = written.split(".")
    again = tmp_path / f"{stem}_1.{suffix}"
    assert ends.save_results(RESULTS, tmp_path / given) == again
    columns = list(read_results(again).columns)
    assert columns == list(read_results(save_results(RESULTS.copy(), tmp_path / "plain.parquet")))


def test_a_run_that_is_killed_while_it_writes_leaves_no_part_of_a_file(tmp_path, monkeypatch):
    def killed(results, path):
        path.write_bytes(b"PAR1")
        raise KeyboardInterrupt

    monkeypatch.setattr(files, "to_parquet", killed)
    with pytest.raises(KeyboardInterrupt):
        ends.save_results(RESULTS, tmp_path / "results.parquet")
    assert not (tmp_path / "results.parquet").exists()


@pytest.mark.slow
def test_where_nothing_can_be_written_a_run_ends_in_a_sentence(tmp_path):
    done = subprocess.run(
        [
            "benchopt", "run", ".", "-d", SMALL, "-s", "HOAG", "-n", "1", "--no-plot",
            "--output", str(tmp_path / "results.parquet"),
        ],
        cwd=ROOT, capture_output=True, text=True, check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)),
        env=os.environ | {
            "BENCHOPT_CACHE": str(tmp_path / "cache"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        },
    )  # fmt: skip
    assert done.returncode == 1
    assert "cannot be written (" in done.stderr
    assert "Finished curves are kept in" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_disk_that_cannot_be_written_is_told_in_a_sentence(number, capsys):
    error = OSError(number, os.strerror(number), "/results.parquet")
    ends.say_what_is_kept(OSError, error, None)
    told = capsys.readouterr().err
    assert told.startswith(f"/results.parquet cannot be written ({os.strerror(number)}). Finished")
    assert "Make room first, or give --output and BENCHOPT_CACHE folders" in told


def test_a_cache_on_a_disk_that_is_not_there_is_told_in_a_sentence(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(Benchmark, "get_cache_location", lambda self: tmp_path)
    error = FileNotFoundError(errno.ENOENT, "No such file or directory", str(tmp_path / "benchopt"))
    ends.say_what_is_kept(type(error), error, None)
    assert capsys.readouterr().err.startswith(
        f"{tmp_path}/benchopt cannot be written (No such file or directory). Finished curves"
    )


def test_other_errors_keep_their_tracebacks(capsys):
    for error in (ValueError("no"), OSError(errno.ENOENT, "no such file")):
        ends.say_what_is_kept(type(error), error, None)
        told = capsys.readouterr().err
        assert type(error).__name__ in told
        assert "The command has ended with the error above. Finished curves are kept in " in told


@pytest.mark.slow
def test_a_dataset_that_exits_without_a_word_is_not_passed_over(tmp_path):
    (tmp_path / "leaves.py").write_text("raise SystemExit(0)")
    done = subprocess.run(
        ["benchopt", "run", ".", "-d", str(tmp_path / "leaves.py"), "-s", "HOAG"],
        cwd=ROOT, capture_output=True, text=True, check=False,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
    )  # fmt: skip
    assert "The run ended before it began" in done.stderr
    assert "`make safe-run`, with the same options, says which." in done.stderr


@pytest.mark.slow
def test_a_folder_that_is_none_is_told_by_both_commands(tmp_path):
    (tmp_path / "file").touch()
    output = tmp_path / "file" / "results.parquet"
    for command in (["benchopt", "run"], [sys.executable, "scripts/safe_run.py"]):
        done = subprocess.run(
            [*command, ".", "-d", SMALL, "-s", "HOAG", "-n", "1", "--output", str(output)],
            cwd=ROOT, capture_output=True, text=True, check=False,
            env=os.environ | {
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
            },
        )  # fmt: skip
        assert done.returncode == 1
        assert "Traceback" not in done.stderr
        assert "cannot be written (" in done.stderr

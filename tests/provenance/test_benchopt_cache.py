"""A damaged file in benchopt's cache costs a computation, and ends no run."""

import warnings

import pytest
from benchopt.benchmark import Benchmark
from benchopt.results import read_results

from benchmark_utils.provenance.benchopt_cache import mend
from helpers import ROOT, SMALL, command


def test_only_marks_that_cannot_be_read_are_dropped(tmp_path, monkeypatch):
    monkeypatch.setattr(Benchmark, "get_cache_location", lambda self: tmp_path)
    Benchmark(ROOT)
    marks = {
        b"# first line: 1\n": True,
        b"def f():\n": True,
        b"# first line: \xff\n": False,
        b"# first line: 1x\n": False,
    }
    paths = [tmp_path / "benchopt" / "runner" / str(k) / "func_code.py" for k in range(len(marks))]
    for path, content in zip(paths, marks, strict=True):
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    folder = tmp_path / "benchopt" / "runner" / "folder" / "func_code.py"
    folder.mkdir(parents=True)
    mend()
    assert [path.exists() for path in (*paths, folder)] == [*marks.values(), False]
    monkeypatch.setattr(Benchmark, "get_cache_location", lambda self: None)
    mend()


def numbers(n):
    return [dict(objective_value=1 / (k + 1)) for k in range(n)]


def test_a_flipped_bit_in_a_cached_result_costs_a_computation(tmp_path, monkeypatch):
    monkeypatch.setattr(Benchmark, "get_cache_location", lambda self: tmp_path)
    benchmark = Benchmark(ROOT)
    cached = benchmark.cache(numbers)
    mend()
    expected = cached(n=50)
    [path] = tmp_path.rglob("output.pkl")
    content = path.read_bytes()
    for place in range(len(content)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with warnings.catch_warnings(action="ignore"):
            assert cached(n=50) == expected, place


@pytest.mark.slow
def test_a_run_goes_on_after_its_cache_is_damaged(tmp_path):
    def run(name):
        output = tmp_path / f"{name}.parquet"
        command(
            "benchopt", "run", ".", "-d", SMALL, "-s", "HOAG", "-n", "3", "--no-plot",
            "--no-display", "--output", str(output), BENCHOPT_CACHE=str(tmp_path / "cache"),
        )  # fmt: skip
        return read_results(output)["objective_value"].tolist()

    expected = run("first")
    for name, damage in {
        "func_code.py": b"\xff",
        "output.pkl": b"",
        "metadata.json": b"{",
    }.items():
        damaged = list((tmp_path / "cache").rglob(name))
        assert damaged
        for path in damaged:
            path.write_bytes(path.read_bytes()[:10] + damage)
        assert run(name) == expected


CHANGING = '''
from pathlib import Path

from factors_of_a_user import FACTOR

from benchmark_utils.algorithms.full_batch import FullBatchSolver


class Solver(FullBatchSolver):
    """Raises while there is a file that says so, and notes each start."""

    name = "Changing"

    def iterates(self, problem):
        folder = Path({folder!r})
        with (folder / "starts").open("a") as starts:
            starts.write("*")
        yield problem.inner_var0, problem.outer_var0
        if (folder / "broken").exists():
            raise RuntimeError("for a while")
        for _ in range(3):
            yield problem.inner_var0, problem.outer_var0 + FACTOR
'''


@pytest.mark.slow
def test_a_curve_is_computed_again_after_an_error_and_a_change_of_a_users_module(tmp_path):
    (tmp_path / "changing.py").write_text(CHANGING.format(folder=str(tmp_path)))
    module, broken, starts = (
        tmp_path / name for name in ("factors_of_a_user.py", "broken", "starts")
    )

    def ends(name, *options):
        output = tmp_path / f"{name}.parquet"
        command(
            "benchopt", "run", ".", "-d", SMALL, "-s", str(tmp_path / "changing.py"), "-n", "3",
            "--no-plot", "--output", str(output), *options,
            BENCHOPT_CACHE=str(tmp_path / "cache"), PYTHONPATH=str(tmp_path),
        )  # fmt: skip
        last = read_results(output).iloc[-1]
        return last["objective_status"], last["objective_outer_var"], len(starts.read_text())

    module.write_text("FACTOR = 1.0")
    broken.touch()
    status, start, _ = ends("broken", "-o", "bilevel[n_reg=1]")
    assert status == "error"
    broken.unlink()
    assert ends("mended", "-o", "bilevel[n_reg=1]") == ("ok", start + 1, 2)
    assert ends("cached", "-o", "bilevel[n_reg=1]") == ("ok", start + 1, 2)
    module.write_text("FACTOR = 2.0")
    assert ends("changed", "-o", "bilevel[n_reg=1]") == ("ok", start + 2, 3)

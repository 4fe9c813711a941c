"""A damaged file in benchopt's cache costs a computation, and ends no run."""

import pytest
from benchopt.benchmark import Benchmark
from benchopt.results import read_results

from benchmark_utils.provenance.benchopt_cache import drop_damaged_marks
from helpers import ROOT, SMALL, command


def test_only_marks_that_are_no_text_are_dropped(tmp_path, monkeypatch):
    monkeypatch.setattr(Benchmark, "get_cache_location", lambda self: tmp_path)
    Benchmark(ROOT)
    marks = [tmp_path / "benchopt" / "runner" / name / "func_code.py" for name in ("a", "b")]
    for path, content in zip(marks, (b"# first line: 1\n", b"# first line: \xff\n"), strict=True):
        path.parent.mkdir(parents=True)
        path.write_bytes(content)
    drop_damaged_marks()
    assert [path.exists() for path in marks] == [True, False]
    monkeypatch.setattr(Benchmark, "get_cache_location", lambda self: None)
    drop_damaged_marks()


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

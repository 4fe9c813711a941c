"""The archive is filled, taken up, checked and compared with, by the commands that users give."""

import importlib
import json
import re

import numpy as np
import pandas as pd
import pytest

from helpers import documented_code

pytestmark = pytest.mark.slow

DATASET = "simulated[n_samples=600,n_features=5]"


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    """A task of its own, its stored optimum and the parameters that tuning chose for SOBA."""
    import compare
    import optima
    from suite import TASKS, parts_of

    import archive

    task = dict(dataset=DATASET, objective=dict(problem="logreg"), max_calls=300_000, timeout=5)
    monkeypatch.setitem(TASKS, "tiny", task)
    row = optima.optimum(*parts_of("tiny"))
    store(row, monkeypatch)
    for module, name in ((archive, "archive"), (compare, "compare")):
        monkeypatch.setattr(module, "OUTPUTS", tmp_path / "outputs" / name)
    monkeypatch.setattr(archive, "FOLDER", tmp_path / "tuning")
    (tmp_path / "tuning" / "tiny").mkdir(parents=True)
    chosen = "SOBA: {step_size: 0.3, outer_step_size: 1, decay: 0, outer_decay: 0}"
    (tmp_path / "tuning" / "tiny" / "chosen.yml").write_text(chosen)
    return row


def store(row, monkeypatch):
    # benchopt makes the package anew, without its modules as attributes.
    module = importlib.import_module("benchmark_utils.optima")
    monkeypatch.setattr(module, "stored_optima", lambda: [row])


def fill(root, *solvers, variant=""):
    import final_runs

    import archive

    return archive.fill(archive.Archive(final_runs.Task("tiny"), root), solvers, variant)


def manifest_of(root):
    return json.loads((root / "tiny" / "manifest.json").read_text())


def ma_soba(folder):
    """The README's solver in a file."""
    path = folder / "ma_soba.py"
    path.write_text(documented_code('name = "MA-SOBA"'))
    return path


def tunings(folder):
    """The tables of the tuning of the README's solver."""
    paths = (folder / "outputs" / "compare" / "tiny" / "MA-SOBA").glob("tuning_*.csv")
    return [pd.read_csv(path) for path in paths]


def test_the_archive_has_ten_seeds_of_what_was_tuned_and_three_of_what_has_no_seeds(tiny, tmp_path):
    from benchmark_utils.results.archive import read_archive

    root = tmp_path / "archive"
    assert fill(root, "SOBA", "SABA", "HOAG") == []
    points, _ = read_archive(root)
    assert points.groupby("method")["repetition"].nunique().to_dict() == {"HOAG": 3, "SOBA": 10}
    assert points.groupby("method")["tuned"].first().to_dict() == {"HOAG": False, "SOBA": True}
    manifest = manifest_of(root)
    assert manifest["optimum"] == tiny.value
    assert manifest["curves"]["SOBA"]["parameters"]["step_size"] == 0.3
    assert manifest["curves"]["SOBA"]["status"] == {"ok": 10}
    assert manifest["environments"][0]["packages"]["benchopt"]
    ends = points[points["method"] == "SOBA"].groupby("repetition")["value"].last()
    assert ends.nunique() == 10
    assert np.isclose(
        points.groupby(["method", "repetition"])["value"].first(), tiny.start_value
    ).all()


def test_the_archive_is_taken_up_where_it_was_and_knows_other_data(tiny, tmp_path, monkeypatch):
    import final_runs
    from suite import TASKS

    root = tmp_path / "archive"
    fill(root, "HOAG")
    made = (root / "tiny" / "HOAG.parquet").stat().st_mtime_ns
    monkeypatch.setattr(final_runs, "run", lambda *_, **__: pytest.fail("Nothing was missing."))
    fill(root, "HOAG")
    assert (root / "tiny" / "HOAG.parquet").stat().st_mtime_ns == made
    monkeypatch.setitem(TASKS["tiny"], "max_calls", 1000)
    with pytest.raises(SystemExit, match="curves of another budget"):
        fill(root, "HOAG")


def test_a_curve_below_the_stored_optimum_is_not_kept_and_fails(tiny, tmp_path, monkeypatch):
    wrong = tiny._replace(value=tiny.value + 0.5 * (tiny.start_value - tiny.value))
    store(wrong, monkeypatch)
    [sentence] = fill(tmp_path, "HOAG")
    assert "HOAG on tiny" in sentence
    assert "below the stored h*" in sentence
    assert not (tmp_path / "tiny" / "HOAG.parquet").exists()


def test_the_readmes_solver_is_tuned_and_compared_without_running_the_archive(
    tiny, tmp_path, capsys
):
    import compare

    root = tmp_path / "archive"
    fill(root, "SOBA", "HOAG")
    files = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    points = compare.compare(ma_soba(tmp_path), "tiny", ("SOBA", "HOAG"), root=root)
    assert {path: path.read_bytes() for path in root.rglob("*") if path.is_file()} == files
    assert set(points["method"]) == {"SOBA", "HOAG", "MA-SOBA (new)"}
    output = capsys.readouterr().out
    ratio = float(output.split("are divided by ")[1].split()[0].rstrip("."))
    assert 0.1 < ratio < 10
    own = pd.read_parquet(tmp_path / "outputs" / "compare" / "tiny" / "MA-SOBA" / "curves.parquet")
    new = points[points["method"] == "MA-SOBA (new)"]
    # Two decimals are printed.
    ratios = own["time"] / new["time"].to_numpy()
    np.testing.assert_allclose(ratios, ratio, rtol=0, atol=0.00501)
    assert own["repetition"].nunique() == 10
    [tuning] = tunings(tmp_path)
    assert len(tuning) == 20 + 5 * 2 + 7
    assert (tmp_path / "outputs" / "compare" / "tiny" / "MA-SOBA.png").read_bytes()[1:4] == b"PNG"
    assert len(re.findall(r"^MA-SOBA \(new\)  ", output, re.MULTILINE)) == 2


def changed_ma_soba(folder, old, new):
    """The README's solver in a file, with another text in place of this one."""
    path = ma_soba(folder)
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    return path


@pytest.mark.parametrize("before", ["", "callback(); "])
def test_a_solver_that_raises_gets_no_rank(tiny, tmp_path, capsys, before):
    import compare

    from archive import Raised

    root = tmp_path / "archive"
    fill(root, "HOAG")
    follow = f"def follow(self, callback): {before}raise ValueError\n\n    def schedules("
    path = changed_ma_soba(tmp_path, "def schedules(", follow)
    with pytest.raises(Raised, match="MA-SOBA on tiny ended in an exception, in repetition 0, 1"):
        compare.compare(path, "tiny", (), tuning=False, root=root)
    assert "is number" not in capsys.readouterr().out
    assert not (tmp_path / "outputs" / "compare" / "tiny" / "MA-SOBA.png").exists()


def test_the_curves_of_a_solver_that_diverged_are_counted_above_its_rank(tiny, tmp_path, capsys):
    import compare

    root = tmp_path / "archive"
    fill(root, "HOAG")
    path = changed_ma_soba(tmp_path, "State(inner_var, outer", "State(inner_var, np.nan * outer")
    compare.compare(path, "tiny", (), tuning=False, root=root)
    said = "MA-SOBA (new): 3 of 3 curves diverged.\nMA-SOBA (new) is number 2 of 2 by calls."
    assert said in capsys.readouterr().out


def test_anchors_run_again_and_are_left_out_where_they_reach_no_level(tiny, tmp_path, capsys):
    import compare

    from benchmark_utils.results.archive import write_curves

    root, outputs = tmp_path / "archive", tmp_path / "outputs" / "compare" / "tiny"
    fill(root, "HOAG")
    path = changed_ma_soba(tmp_path, '"MA-SOBA"', '"MA-SOBA v1.5"')
    compare.compare(path, "tiny", ("HOAG", "SOBA"), tuning=False, root=root)
    said = capsys.readouterr().out
    assert "Of the anchors, the archive of tiny has only HOAG." in said
    assert re.search(r"HOAG takes [0-9.]+ times as long here", said)
    # The archive's runs of HOAG are in benchopt's cache.
    assert "cache" not in (outputs / "MA-SOBA v1.5" / "anchors" / "HOAG" / "log.txt").read_text()
    assert (outputs / "MA-SOBA v1.5.png").exists()
    start = pd.read_parquet(root / "tiny" / "HOAG.parquet").groupby("repetition").head(1)
    write_curves(start, root / "tiny" / "HOAG.parquet")
    compare.compare(path, "tiny", ("HOAG",), tuning=False, root=root)
    said = capsys.readouterr().out
    assert "No level was reached both here and in the archive by HOAG" in said
    assert "MA-SOBA v1.5 (new) is number 1 of 2 by calls." in said
    assert "by time" not in said


def test_a_file_that_has_changed_is_tuned_anew(tmp_path):
    from compare import FileTuning, load

    path = ma_soba(tmp_path)
    cls = load(path)
    tables = [FileTuning("simulated", path, cls, tmp_path).path for _ in range(2)]
    path.write_text(path.read_text().replace("momentum", "inertia"))
    tables.append(FileTuning("simulated", path, cls, tmp_path).path)
    assert tables[0] == tables[1] != tables[2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\ndef f(:\n", r"does not parse \(invalid syntax in line 2\)"),
        ("\nimport no_such_module\n\nclass Solver: name = 'A'\n", "'no_such_module', line 2"),
        ("import no_such_module\n", "No module named 'no_such_module', line 1"),
        ("import sys\nsys.exit(3)\n", "could not be imported .SystemExit: 3, line 2"),
        ("x = 1\n", "has no class Solver that is a solver of benchopt"),
        ("class Solver:\n    name = 'A'\n", "has no class Solver that is a solver of benchopt"),
        ("from benchopt import BaseSolver\nclass Solver(BaseSolver): ...\n", "has no name"),
    ],
)
def test_a_file_that_is_no_solver_is_refused_in_a_sentence(tmp_path, text, said):
    from compare import load

    path = tmp_path / "broken.py"
    path.write_text(text)
    with pytest.raises(SystemExit, match=f"^{path}:? .*{said}"):
        load(path)


def test_a_first_look_has_a_tenth_of_the_budget_and_says_the_rank(tiny, tmp_path, capsys):
    import compare

    root = tmp_path / "archive"
    fill(root, "HOAG")
    points = compare.compare(ma_soba(tmp_path), "tiny", root=root, quick=True)
    new = points[points["method"] == "MA-SOBA (new)"]
    assert new["repetition"].nunique() == 3
    assert 30_000 <= new["calls"].max() < 60_000
    [tuning] = tunings(tmp_path)
    assert len(tuning) == 4
    assert set(tuning["max_calls"]) == {30_000}
    output = capsys.readouterr().out
    assert re.search(
        r"About 7 runs: about \d+ s if they take as long as those of the archive", output
    )
    assert re.search(r"MA-SOBA \(new\) is number [12] of 2 by time\.", output)
    assert "This was a first look" in output


def test_oracle_calls_are_compared_without_anchors_and_defaults_without_tuning(tiny, tmp_path):
    import compare

    root = tmp_path / "archive"
    fill(root, "HOAG")
    points = compare.compare(ma_soba(tmp_path), "tiny", (), tuning=False, root=root)
    assert set(points["method"]) == {"HOAG", "MA-SOBA (new)"}


def test_what_cannot_be_compared_is_refused_before_anything_runs(tiny, tmp_path, monkeypatch):
    import compare
    import final_runs

    root = tmp_path / "archive"
    fill(root, "HOAG")
    monkeypatch.setattr(final_runs, "run", lambda *_, **__: pytest.fail("Nothing should run."))
    with pytest.raises(SystemExit, match="no curves of newsgroups; it has tiny"):
        compare.compare(ma_soba(tmp_path), "newsgroups", (), root=root)
    with pytest.raises(SystemExit, match="None of the anchors SOBA is in the archive of tiny"):
        compare.compare(ma_soba(tmp_path), "tiny", ("SOBA",), tuning=False, root=root)
    with pytest.raises(SystemExit, match="There is no file"):
        compare.compare(tmp_path / "missing.py", "tiny", (), root=root)

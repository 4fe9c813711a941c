"""What a curve says of the files that it comes from."""

import copy
import os
import pickle
import subprocess
from dataclasses import replace

import joblib
import numpy as np
import pytest
import summary
from benchopt import BaseDataset
from benchopt.benchmark import Benchmark
from benchopt.utils.run_context import RunContext
from libsvmdata.core import ALL_DATASETS

from benchmark_utils.provenance import files as provenance
from benchmark_utils.provenance.imports import imported_by
from helpers import BENCHMARK, ROOT, component


@pytest.fixture
def git(tmp_path, monkeypatch):
    """git in a new folder that takes the place of the suite's."""
    monkeypatch.setattr(provenance, "ROOT", tmp_path)

    def git(*arguments, folder=tmp_path):
        identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
        return subprocess.run(
            ["git", "-C", folder, *identity, *arguments], capture_output=True, text=True, check=True
        ).stdout.strip()

    return git


@pytest.fixture
def suite(tmp_path, git):
    """A repository with an objective, a solver and a module, committed."""
    for name in ("objective.py", "solvers/soba.py", "benchmark_utils/data/door.py", "README.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text("one")
    git("init")
    git("add", ".")
    git("commit", "-m", "one")
    git("tag", "v1")
    return tmp_path


def origin(folder, *names):
    provenance.content.cache_clear()
    return provenance.origin.__wrapped__(tuple(folder / name for name in names))


FILES = "objective.py", "solvers/soba.py"


def test_files_as_committed_have_the_commit(suite, git):
    told = origin(suite, *FILES)
    assert told["commit"] == git("rev-parse", "HEAD")
    assert told["dirty"] == []
    assert told["no_commit"] == ""


@pytest.mark.parametrize("changed", ["solvers/soba.py", "benchmark_utils/data/door.py"])
def test_a_changed_file_that_took_part_is_named(suite, git, changed):
    before = origin(suite, *FILES)
    (suite / changed).write_text("two")
    told = origin(suite, *FILES)
    assert told["commit"] == git("rev-parse", "HEAD") + "-dirty"
    assert told["dirty"] == [changed]
    # The hash of the suite's own modules is that of this repository here.
    assert (told["files"] != before["files"]) == changed.startswith("solvers")


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_a_change_that_gits_index_overlooks_is_named(suite, git, flag):
    git("update-index", flag, "solvers/soba.py")
    (suite / "solvers" / "soba.py").write_text("two")
    assert git("status", "--porcelain") == ""
    assert origin(suite, *FILES)["dirty"] == ["solvers/soba.py"]


def test_a_module_that_was_deleted_is_named(suite):
    (suite / "benchmark_utils" / "data" / "door.py").unlink()
    assert origin(suite, *FILES)["dirty"] == ["benchmark_utils/data/door.py"]


def test_git_that_does_not_answer_is_not_waited_for(suite, tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("bin")
    (folder / "git").write_text("#!/bin/sh\nexec sleep 600\n")
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(provenance, "PATIENCE", 0.1)
    told = origin(suite, *FILES)
    assert (told["commit"], told["no_commit"]) == (None, "git gave no answer within 0.1 s")


@pytest.mark.parametrize("ignored", [False, True])
def test_a_solver_that_is_not_in_the_commit_is_not_of_the_commit(suite, git, ignored):
    (suite / "solvers" / "mine.py").write_text("mine")
    if ignored:
        (suite / ".git" / "info" / "exclude").write_text("mine.py\n")
    assert origin(suite, *FILES)["dirty"] == []
    told = origin(suite, *FILES, "solvers/mine.py")
    assert told["commit"] == git("rev-parse", "HEAD") + "-dirty"
    assert told["dirty"] == ["solvers/mine.py"]


def test_a_file_of_elsewhere_is_not_of_the_commit(suite, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "solver.py"
    elsewhere.write_text("mine")
    told = origin(suite, *FILES, elsewhere)
    assert told["dirty"] == [str(elsewhere)]
    assert told["commit"].endswith("-dirty")


def test_files_that_take_no_part_make_nothing_dirty(suite):
    (suite / "README.md").write_text("two")
    (suite / "notes.txt").write_text("notes")
    assert origin(suite, *FILES)["dirty"] == []


def test_a_repository_around_the_suite_that_does_not_have_it_is_not_its_own(
    tmp_path, git, monkeypatch
):
    git("init")
    git("commit", "--allow-empty", "-m", "outer")
    inner = tmp_path / "suite"
    inner.mkdir()
    (inner / "objective.py").write_text("one")
    monkeypatch.setattr(provenance, "ROOT", inner)
    told = origin(inner, "objective.py")
    assert told["commit"] is None
    assert told["no_commit"].startswith("git objective.py: error: pathspec 'objective.py' did not")
    # Once it has it, its commit tells which files these are.
    git("add", ".")
    git("commit", "-m", "vendored")
    assert origin(inner, "objective.py")["commit"] == git("rev-parse", "HEAD")


def test_a_folder_without_a_repository_says_so(tmp_path, git):
    (tmp_path / "objective.py").write_text("one")
    told = origin(tmp_path, "objective.py")
    assert told["commit"] is None
    assert "not a git repository" in told["no_commit"]
    assert len(told["files"]) == 64


def test_without_git_the_reason_is_told(suite, monkeypatch):
    monkeypatch.setenv("PATH", "")
    told = origin(suite, *FILES)
    assert (told["commit"], told["no_commit"]) == (None, "git is not installed")


def test_a_checkout_of_another_user_has_its_commit(suite, git, monkeypatch):
    expected = git("rev-parse", "HEAD")
    # As git's own tests do it.
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    with pytest.raises(subprocess.CalledProcessError):
        git("rev-parse", "HEAD")
    assert origin(suite, *FILES)["commit"] == expected


@pytest.mark.parametrize("name", ["GIT_DIR", "GIT_COMMON_DIR", "GIT_OBJECT_DIRECTORY"])
def test_variables_of_a_hook_of_another_repository_change_nothing(suite, git, monkeypatch, name):
    expected = origin(suite, *FILES)
    monkeypatch.setenv(name, str(suite / "nowhere"))
    assert origin(suite, *FILES) == expected


@pytest.fixture
def objective():
    """The objective of a run of SOBA on simulated data."""
    objective = BENCHMARK.get_benchmark_objective().get_instance()
    dataset = component("dataset", "simulated").get_instance()
    BENCHMARK.get_solvers()
    context = RunContext(
        objective_name="bilevel", dataset_name="simulated", solver_name="SOBA[step_size=1]"
    )
    objective._run_context, objective._dataset = context, dataset
    return objective


def test_the_files_of_a_run_are_those_of_its_objective_dataset_and_solver(objective):
    root = BENCHMARK.benchmark_dir.resolve()
    assert provenance.files_of(objective) == (
        root / "datasets" / "simulated.py",
        root / "objective.py",
        root / "solvers" / "soba.py",
    )


def test_a_change_of_shared_code_is_a_change_for_the_cache(objective, monkeypatch):
    before = joblib.hash(objective)
    assert joblib.hash(copy.copy(objective)) == before
    monkeypatch.setattr(provenance, "suite_fingerprint", lambda: "changed")
    assert joblib.hash(objective) != before


def test_a_curve_whose_optimum_is_stored_anew_is_judged_again(objective):
    before = joblib.hash(objective)
    objective.optimum = 0.25
    assert joblib.hash(objective) != before
    assert copy.copy(objective).optimum == 0.25


def test_a_key_is_that_of_the_run_in_a_worker_too(objective):
    key = objective._get_state()
    # A worker is given the context after it has looked into the cache.
    in_worker = pickle.loads(pickle.dumps(objective))
    assert in_worker._run_context is None
    assert in_worker._get_state() == key


def test_an_error_changes_the_key_of_its_run_only(objective, tmp_path, monkeypatch):
    monkeypatch.setattr(Benchmark, "get_cache_location", lambda self: tmp_path)
    other = copy.copy(objective)
    other._run_context = replace(objective._run_context, repetition=1)
    before, before_other = objective._get_state(), other._get_state()
    assert objective._get_state() == before
    objective.note_error()
    assert objective._get_state() != before
    assert other._get_state() == before_other


class FromFile(BaseDataset):
    """Samples and labels of a CSV file."""

    name = "from_file"

    def get_data(self):
        table = np.loadtxt(self.path, delimiter=",")
        X, y = table[:, :-1], table[:, -1]
        return dict(task="binary", X_train=X[:9], y_train=y[:9], X_val=X[9:], y_val=y[9:])


def from_csv(folder, table):
    np.savetxt(folder / "table.csv", table, delimiter=",")
    dataset = FromFile.get_instance()
    dataset.path = folder / "table.csv"
    return dataset


def from_libsvm(folder, table):
    np.save(folder / "heart_X.npy", table[:, :-1])
    np.save(folder / "heart_y.npy", table[:, -1])
    return component("dataset", "libsvm").get_instance(
        dataset="heart", validation="holdout", verify=False
    )


@pytest.mark.parametrize("write", [from_csv, from_libsvm])
def test_a_change_of_a_data_file_is_a_change_for_the_cache(write, tmp_path, monkeypatch):
    monkeypatch.setattr(ALL_DATASETS["heart"], "dataset_dir", tmp_path)

    def key(table):
        objective = BENCHMARK.get_benchmark_objective().get_instance()
        dataset = write(tmp_path, table)
        RunContext().set_run_context(objective, dataset, "solver", repetition=0, base_seed=0)
        assert objective._set_dataset(dataset) == (False, None)
        return joblib.hash(objective)

    table = np.random.default_rng(0).standard_normal((20, 4))
    table[:, -1] = np.arange(20) % 2 * 2 - 1
    before = key(table)
    assert key(table) == before
    table[3, 1] += 1e-12
    assert key(table) != before


def test_a_file_counts_as_it_was_before_the_run(tmp_path):
    path = tmp_path / "solver.py"
    path.write_text("one")
    before = provenance.files_fingerprint((path,))
    path.unlink()
    assert provenance.files_fingerprint((path,)) == before


def test_own_modules_of_a_file_take_part(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    sources = {
        "solver.py": "import numpy as np, json\nfrom benchmark_utils import judge\nimport near_one",
        "near_one.py": "def f():\n    from near_package.deep import g",
        "near_package/__init__.py": "",
        "near_package/deep.py": "import near_one, not_there",
        "near_other.py": "",
    }
    for name, source in sources.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(source)
    files = imported_by(tmp_path / "solver.py")
    assert {str(path.relative_to(tmp_path)) for path in files} == {
        "near_one.py", "near_package/__init__.py", "near_package/deep.py",
    }  # fmt: skip


def test_the_suites_own_solvers_import_nothing_besides():
    assert {file.name: imported_by(file) for file in (ROOT / "solvers").glob("*.py")} == {
        file.name: frozenset() for file in (ROOT / "solvers").glob("*.py")
    }


def test_the_summary_names_the_commit_what_differs_from_it_or_why_there_is_none():
    final = dict(commit="a1-dirty", dirty=["solvers/my.py"], no_commit="", files="0f",
                 python="3.11", packages=dict(numpy="2.0"))  # fmt: skip
    assert summary.way(final) == (
        "at commit a1-dirty (not as in it: solvers/my.py), with Python 3.11, numpy 2.0"
    )
    none = final | dict(commit=None, dirty=[], no_commit="git is not installed")
    assert summary.way(none).startswith("at no known commit (git is not installed), with P")

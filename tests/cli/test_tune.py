"""Tuning: one that was killed goes on where it was, and its choice becomes a run configuration."""

import os
import re
import signal
import subprocess
import sys

import pandas as pd
import pytest
import yaml

from helpers import MONTHLY, ROOT

pytestmark = pytest.mark.slow

# Tunes SOBA on a tiny quadratic, in a folder of its own. Its n-th run of benchopt is its last.
TUNE = """
import os, signal, sys
from pathlib import Path

import candidates, defaults, suite, tune
from benchmark_utils import optima

folder, last_run, *arguments = sys.argv[1:]
candidates.FOLDER, tune.FOLDER, tune.CONFIGS, defaults.FOLDER = [Path(folder)] * 4
defaults.N_CANDIDATES = 3
candidates.N_WIDE, candidates.N_NEAR, candidates.N_BEST = 2, 1, 2
candidates.CONFIRMING_SEEDS = 1003, 1004
suite.TASKS["tiny"] = dict(
    dataset="quadratic[n_inner_samples=60,n_outer_samples=50,inner_dim=4,outer_dim=3]",
    objective=dict(problem="quadratic"), max_calls=20_000, timeout=60,
    options=dict(framework="python", batch_size=16, eval_freq=10),
)
objective, dataset = suite.parts_of("tiny")
problem = suite.problem_of(objective, dataset)
optimum = optima.Optimum(
    str(dataset), objective.problem_name(), objective.start_value(),
    problem.value(problem.outer_star), 0.0, 1, 1, 0, 0,
)
optima.stored_optima = lambda: [optimum]

n_runs = 0
run = candidates.run

def run_or_die(*arguments, **options):
    global n_runs
    n_runs += 1
    run(*arguments, **options)
    if n_runs == int(last_run):
        os.kill(os.getpid(), signal.SIGKILL)

candidates.run = run_or_die
script = defaults if arguments[0] == "defaults" else tune
sys.argv[1:] = arguments[script is defaults :]
script.main()
print(f"{n_runs} runs of benchopt")
"""


def tune(folder, *arguments, last_run=0):
    """Run the script, and return its exit code and what it printed."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "scripts"),
        "BENCHOPT_CACHE": str(folder / "cache"),
    }
    done = subprocess.run(
        [sys.executable, "-c", TUNE, str(folder), str(last_run), *arguments],
        cwd=ROOT, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode in (0, -signal.SIGKILL), done.stderr
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    code, text = tune(folder, "tiny", "SOBA")
    assert code == 0
    assert "4 runs of benchopt" in text
    return folder, text


def table(folder):
    return pd.read_csv(folder / "tiny" / "SOBA.csv")


def test_all_candidates_are_kept_and_the_best_have_more_seeds(whole):
    runs = table(whole[0])
    candidates = runs.groupby(["step_size", "outer_step_size"])["seed"].agg(list)
    seeds = 1000, 1001, 1002
    assert sorted(map(tuple, candidates)) == [(1000,), seeds, (*seeds, 1003, 1004)]
    assert (runs["max_calls"] == 20_000).all()
    assert set(runs["status"]) <= {"ok", "diverged"}
    # Runs differ in their seed: they draw other minibatches.
    gaps = runs.loc[runs["status"] == "ok", "gap"]
    assert gaps.nunique() == len(gaps) >= 3


@pytest.mark.parametrize(
    "last_run", [pytest.param(n, marks=[] if n == 3 else MONTHLY) for n in (1, 2, 3, 4)]
)
def test_a_tuning_that_was_killed_gives_the_table_of_one_that_was_not(whole, tmp_path, last_run):
    code, _ = tune(tmp_path, "tiny", "SOBA", last_run=last_run)
    assert code == -signal.SIGKILL
    code, text = tune(tmp_path, "tiny", "SOBA")
    assert code == 0
    # What was written before is not run again; the run that was killed was not.
    assert f"{5 - last_run} runs of benchopt" in text
    assert table(tmp_path).drop(columns="seconds").equals(table(whole[0]).drop(columns="seconds"))
    chosen = [(folder / "tiny" / "chosen.yml").read_text() for folder in (whole[0], tmp_path)]
    assert chosen[0] == chosen[1]


def test_a_tuning_that_is_complete_runs_nothing_and_says_the_same(whole):
    folder, text = whole
    _, again = tune(folder, "tiny", "SOBA")
    assert "0 runs of benchopt" in again
    report = text[text.rindex("SOBA on tiny:") :].replace("4 runs of", "0 runs of")
    assert again.endswith(report)


def test_runs_in_one_program_give_the_table_of_runs_by_themselves(whole, tmp_path):
    _, text = tune(tmp_path, "tiny", "SOBA", "--batched")
    assert "0 runs of benchopt" in text
    batched, single = (runs.drop(columns="seconds") for runs in (table(tmp_path), table(whole[0])))
    # Gaps have four digits, of which frameworks may round the last one differently.
    pd.testing.assert_frame_equal(batched, single, check_exact=False, rtol=2e-3)
    costs = [name for name in single if name.startswith("calls_")]
    assert batched[costs].equals(single[costs])


def test_the_costs_of_a_task_are_told(whole):
    folder, _ = whole
    _, output = tune(folder, "--costs")
    row = r"^\| tiny \| 2e\+04 \| 1 \| (\d+) \| (\d+) \| (.*) \|$"
    [(moved, runs, time)] = re.findall(row, output, re.M)
    table = pd.read_csv(folder / "tiny" / "SOBA.csv")
    # The fixture ends after the confirmation, as no edge has moved.
    assert moved == "0"
    assert int(runs) == len(table)
    assert time == f"{table['seconds'].sum():.0f} s"


def test_the_choice_becomes_a_run_configuration(whole):
    folder, _ = whole
    tune(folder, "--config", "tiny")
    config = yaml.safe_load((folder / "tiny.yml").read_text())
    [soba] = [entry["SOBA"] for entry in config["solver"] if "SOBA" in entry]
    chosen = yaml.safe_load((folder / "tiny" / "chosen.yml").read_text())["SOBA"]
    assert soba == chosen | dict(framework="python", batch_size=16, eval_freq=10)
    assert config["objective"] == [{"bilevel": dict(problem="quadratic", max_calls=20_000)}]
    assert "GridSearch" in config["solver"]


def test_the_defaults_are_the_candidate_that_loses_least(tmp_path):
    arguments = "defaults", "SOBA", "--tasks", "tiny"
    _, text = tune(tmp_path, *arguments)
    runs = pd.read_csv(tmp_path / "defaults" / "tiny" / "SOBA.csv")
    assert len(runs) == 3
    assert "1 runs of benchopt" in text
    # With one task, the first candidate is the best on it; the quadratic's G has smoothness 1.
    assert "above the best on each task: tiny 0.00" in text
    ranked = re.findall("SOBA: step_size=([0-9.]+),", text)
    assert sorted(map(float, ranked)) == sorted(runs["step_size"])
    assert "0 runs of benchopt" in tune(tmp_path, *arguments)[1]


def test_a_solver_without_a_search_space_and_a_call_without_task_are_refused():
    for arguments, said in (
        (("simulated", "GridSearch"), "GridSearch has no search space; give one of"),
        ((), "give a task: one of simulated, ijcnn1"),
        (("ridge", "SOBA", "--batched", "-j", "2"), "--batched is one process; leave out -j"),
    ):
        done = subprocess.run(
            [sys.executable, "scripts/tune.py", *arguments],
            cwd=ROOT, capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode != 0
        assert said in done.stderr

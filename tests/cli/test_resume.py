"""A run that was killed goes on where it stopped, and every curve tells with what it was made."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from benchopt.results import read_results

from helpers import ROOT

pytestmark = pytest.mark.slow

# Notes every start of a run, and in its third waits to be killed, the first time.
PROBE = '''
import time
from pathlib import Path

import numpy as np

from benchmark_utils.algorithms.full_batch import FullBatchSolver

STARTS = Path({folder!r}) / "starts"


class Solver(FullBatchSolver):
    """Gradient-free descent towards zero penalty."""

    name = "Probe"
    def iterates(self, problem):
        with STARTS.open("a") as starts:
            starts.write(f"{{problem.inner_dim}}\\n")
        n_starts = len(STARTS.read_text().split())
        yield problem.inner_var0, problem.outer_var0
        if n_starts == 3 and STARTS.with_name("wait").exists():
            time.sleep(600)
        for t in range(5):
            yield problem.inner_var0, problem.outer_var0 / 2**t
'''
TIMINGS = ["time", "run_date"]


def start_run(folder, name):
    probe = folder / "probe.py"
    probe.write_text(PROBE.format(folder=str(folder)))
    environment = {
        **os.environ,
        "BENCHOPT_CACHE": str(folder / f"cache_{name}"),
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }
    return subprocess.Popen(
        [
            "benchopt", "run", ".", "-d", "simulated[n_samples=200,n_features=[4,3]]",
            "-s", "SABA[framework=python,batch_size=16,eval_freq=10]", "-s", "HOAG",
            "-s", str(probe), "-n", "4", "-r", "2", "--no-plot", "--no-timeout",
            "--output", str(folder / f"{name}.parquet"),
        ],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def finish(run):
    log, _ = run.communicate()
    assert run.returncode == 0, log
    return log


@pytest.fixture(scope="module")
def resumed(tmp_path_factory):
    """The results of a run that was never stopped, of one killed and started again, and what the
    latter printed and ran."""
    folder = tmp_path_factory.mktemp("resume")
    finish(start_run(folder, "whole"))
    starts = folder / "starts"
    assert starts.read_text().split() == ["4", "4", "3", "3"]
    starts.unlink()

    (folder / "wait").touch()
    run = start_run(folder, "killed")
    deadline = time.monotonic() + 300
    while not (starts.exists() and len(starts.read_text().split()) == 3):
        assert run.poll() is None, run.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.1)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    assert not (folder / "killed.parquet").exists()
    (folder / "wait").unlink()
    log = finish(start_run(folder, "killed"))
    whole, killed = (read_results(folder / f"{name}.parquet") for name in ("whole", "killed"))
    return whole, killed, log, starts.read_text().split()


def test_a_killed_run_started_again_gives_the_results_of_one_that_was_not(resumed):
    whole, killed, _, _ = resumed
    dropped = [*TIMINGS, "final_results"]
    assert whole.drop(columns=dropped).equals(killed.drop(columns=dropped))
    final = (frame["final_results"].dropna() for frame in (whole, killed))
    for one, other in zip(*final, strict=True):
        assert np.array_equal(one["outer_var"], other["outer_var"])
        # The libraries loaded, whose threads are told, depend on what ran before in the process.
        for key in ("python", "packages", "commit", "devices"):
            assert one[key] == other[key]


def test_no_finished_solver_is_run_again(resumed):
    _, _, log, starts = resumed
    # The third start was killed: it is the only one that comes twice.
    assert starts == ["4", "4", "3", "3", "3"]
    # Those of the first dataset, and none of the second.
    cached = [line for line in log.split("|--") if "(cached)" in line]
    assert [re.match(r"\w+", line)[0] for line in cached] == ["Probe", "SABA", "HOAG"]


def test_every_curve_tells_with_what_it_was_made(resumed):
    from importlib.metadata import version

    results = resumed[0]
    last = read_last(results)
    assert len(last) == 3 * 2 * 2
    for final in last["final_results"]:
        assert final["outer_var"].shape in {(3,), (4,)}
        for package in ("numba", "numpy", "scipy", "benchopt"):
            assert final["packages"][package] == version(package)
        assert final["threads"]["openblas"] >= 1
        assert final["python"].startswith("3.")
    assert results["system-processor"].notna().all()
    assert (results["base_seed"] == 0).all()
    saba = results[results["solver_name"].str.startswith("SABA")]
    assert (saba["p_solver_framework"] == "python").all()
    assert (saba["p_solver_precision"] == "float64").all()


def read_last(results):
    curve = ["dataset_name", "solver_name", "idx_rep"]
    return results.sort_values("stop_val").groupby(curve).tail(1)

"""Threads: parallel jobs keep to their share, and their timings are marked."""

import os

import joblib
import pytest
import summary

from benchmark_utils.provenance import threads
from helpers import probe_threads

pytestmark = pytest.mark.slow

N_CPUS = joblib.cpu_count()


@pytest.fixture(autouse=True)
def no_limit_from_outside(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)


@pytest.mark.skipif(N_CPUS < 2, reason="One processor leaves nothing to share.")
@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="Threads are counted on Linux.")
def test_two_parallel_jobs_have_half_of_the_threads_each(tmp_path):
    counted, results = probe_threads(tmp_path, "-j", "2")
    for job in counted:
        assert max(job["blas"], job["numba"], job["xla"]) <= N_CPUS // 2
    assert set(results["objective_parallel"]) == {1}
    assert set(results["objective_threads"]) == {N_CPUS // 2}
    assert list(summary.marked(results)) == [
        "Times are of jobs that ran in parallel, and depend on the other load of the machine."
    ]


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="Threads are counted on Linux.")
def test_a_run_by_itself_has_all_threads_or_as_many_as_it_is_given(tmp_path):
    counted, results = probe_threads(tmp_path)
    assert [job["xla"] for job in counted] == [N_CPUS, N_CPUS]
    assert set(results["objective_parallel"]) == {0}
    assert list(summary.marked(results)) == []
    assert set(results["objective_threads"]) == {N_CPUS}
    one, results = probe_threads(tmp_path / "one", SLURM_CPUS_PER_TASK="1")
    for job in one:
        assert (job["blas"], job["numba"], job["xla"]) == (1, 1, 1)
    assert set(results["objective_threads"]) == {1}


def test_the_share_is_the_least_of_what_is_given(monkeypatch):
    monkeypatch.setattr(joblib, "cpu_count", lambda: 8)
    for name in threads.VARIABLES:
        monkeypatch.delenv(name, raising=False)
    assert threads.share() == 8
    monkeypatch.setenv("SLURM_CPUS_PER_TASK", "4")
    assert threads.share() == 4
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    assert threads.share() == 2
    monkeypatch.setenv("OMP_NUM_THREADS", "4,2")
    assert threads.share() == 4


def test_a_submitit_job_is_parallel_and_this_test_is_not(monkeypatch):
    assert not threads.runs_in_parallel()
    monkeypatch.setenv("SUBMITIT_EXECUTOR", "slurm")
    assert threads.runs_in_parallel()

"""Parallel back ends: what a cluster computes is what one process computes."""

import numpy as np
import pandas as pd
import pytest
import yaml
from benchopt.results import read_results

from helpers import MONTHLY, ROOT, benchopt_run, probe_threads

pytestmark = pytest.mark.slow

PARALLEL = ROOT / "configs" / "parallel"
# What may differ: when, where and beside what a job ran.
TIMINGS = ["time", "run_date", "objective_threads", "objective_parallel", "final_results"]


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory):
    """The quickstart, cut to one dataset, three solvers and few evaluations."""
    config = yaml.safe_load((ROOT / "configs" / "quickstart.yml").read_text())
    kept = ("HOAG", "SOBA", "SABA")
    config["solver"] = [
        entry for entry in config["solver"]
        if (next(iter(entry)) if isinstance(entry, dict) else entry) in kept
    ]  # fmt: skip
    config |= {"dataset": ["simulated"], "n-repetitions": 1, "max-runs": 4, "timeout": 600}
    path = tmp_path_factory.mktemp("quickstart") / "quickstart.yml"
    path.write_text(yaml.safe_dump(config))
    return path


def results_of(quickstart, name, *arguments):
    """The results in one order; one thread everywhere, so that sums round alike."""
    output = quickstart.parent / f"{name}.parquet"
    benchopt_run(output, "--config", str(quickstart), "--no-plot", *arguments, OMP_NUM_THREADS="1")
    results = read_results(output)
    order = ["solver_name", "idx_rep", "stop_val"]
    return results.sort_values(order, ignore_index=True)


@pytest.fixture(scope="module")
def sequential(quickstart):
    return results_of(quickstart, "sequential")


@pytest.fixture
def cluster():
    """A dask cluster of two worker processes, and its address."""
    distributed = pytest.importorskip("distributed", reason="dask is not installed.")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as cluster:
        yield cluster


def same_results(parallel, sequential):
    assert set(parallel["objective_parallel"]) == {1}
    assert set(sequential["objective_parallel"]) == {0}
    pd.testing.assert_frame_equal(
        parallel.drop(columns=TIMINGS), sequential.drop(columns=TIMINGS), check_like=True,
        check_exact=True,
    )  # fmt: skip
    ends = [results["final_results"].dropna() for results in (parallel, sequential)]
    assert len(ends[0]) == sequential.groupby(["solver_name", "idx_rep"]).ngroups
    for one, other in zip(*ends, strict=True):
        np.testing.assert_array_equal(one["outer_var"], other["outer_var"])


def test_a_dask_cluster_gives_the_results_of_a_sequential_run(
    cluster, quickstart, sequential, tmp_path
):
    config = yaml.safe_load((PARALLEL / "dask_address.yml").read_text())
    config["dask_address"] = cluster.scheduler_address
    path = tmp_path / "dask.yml"
    path.write_text(yaml.safe_dump(config))
    parallel = results_of(quickstart, "dask", "--parallel-config", str(path))
    assert len(sequential) == 15
    same_results(parallel, sequential)


@pytest.mark.parametrize("name", ["joblib", pytest.param("slurm", marks=MONTHLY)])
def test_joblib_and_submitit_give_the_results_of_a_sequential_run(name, quickstart, sequential):
    if name == "slurm":
        pytest.importorskip("submitit", reason="submitit is not installed.")
    config = str(PARALLEL / f"{name}.yml")
    same_results(results_of(quickstart, name, "--parallel-config", config), sequential)


@pytest.mark.monthly
def test_a_local_dask_cluster_runs_jobs_in_two_processes_of_one_thread(tmp_path):
    pytest.importorskip("distributed", reason="dask is not installed.")
    path = PARALLEL / "dask_local.yml"
    assert yaml.safe_load(path.read_text())["dask_n_workers"] == 2
    jobs, _ = probe_threads(tmp_path, "--parallel-config", str(path))
    assert len({job["process"] for job in jobs}) == 2
    assert {(job["blas"], job["numba"], job["xla"]) for job in jobs} == {(1, 1, 1)}

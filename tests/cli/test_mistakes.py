"""Data sets with mistakes, and names as people write them: nobody else's curve is lost."""

import numpy as np
import pytest
from benchopt.results import read_results

from helpers import SMALL, benchopt_run

pytestmark = pytest.mark.slow

# What the second data set of a run does when its data are asked for.
RAISES = {"Raises": 'raise ValueError("line 3 has two numbers")', "Exits": "raise SystemExit(3)"}
FILE = """
from benchopt import BaseDataset


class Dataset(BaseDataset):
    name = "{name}"

    def get_data(self):
        {body}
"""
DUKE = "libsvm[dataset=duke breast-cancer,validation=holdout,verify=false]"


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mistakes")
    rng = np.random.default_rng(0)
    (folder / "libsvm").mkdir()
    np.save(folder / "libsvm" / "duke breast-cancer_X.npy", rng.standard_normal((44, 3)))
    np.save(folder / "libsvm" / "duke breast-cancer_y.npy", np.arange(44.0) % 2)
    files = []
    for name, body in RAISES.items():
        files += ["-d", str(folder / f"{name}.py")]
        (folder / f"{name}.py").write_text(FILE.format(name=name, body=body))
    output = folder / "results.parquet"
    log = benchopt_run(
        output, "-d", SMALL, *files, "-d", "simulated[n_samples=20,positive_fraction=0.04]",
        "-d", DUKE, "-s", "SOBA[framework=python,step_size=1e-1,batch_size=1e1,eval_freq=5]",
        "-n", "2", "--no-plot", LIBSVMDATA_HOME=str(folder),
    )  # fmt: skip
    return log, read_results(output)


def test_data_sets_that_cannot_be_used_are_skipped_with_the_reason(run):
    log, _ = run
    for words in (
        "Raises could not be used (ValueError: line 3 has two numbers)",
        "Exits could not be used (SystemExit: 3)",
        "simulated could not be used (ValueError: class 1.0 has ",
    ):
        assert words in log
    assert "Traceback" not in log


def test_the_curves_before_and_after_them_are_kept(run):
    _, results = run
    last = results.groupby("dataset_name")["objective_value"].agg(["size", "last"])
    assert last["size"].tolist() == [3, 3]
    assert np.isfinite(last["last"]).all()
    duke, simulated = last.index
    assert duke.startswith("libsvm[dataset=duke breast-cancer,")
    assert simulated.startswith("simulated[")


def test_values_are_those_that_were_meant(run):
    _, results = run
    assert results["p_dataset_verify"].dropna().unique().tolist() == [False]
    assert results["p_solver_step_size"].unique().tolist() == [0.1]
    assert results["p_solver_batch_size"].unique().tolist() == [10]

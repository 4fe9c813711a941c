"""Curves made today are those of the stored reference, and a run can be stopped and taken up."""

import re
import subprocess
import sys

import pandas as pd
import pytest
import yaml

from helpers import BENCHMARK, ROOT, STOCHASTIC, component, make_problem, make_solver, run

pytestmark = pytest.mark.slow

REQUIREMENTS = ROOT / "requirements.txt"
CONFIG = ROOT / "configs" / "reproducibility.yml"
CONFIGS = sorted(CONFIG.parent.glob("reproducibility*.yml"))
# Without data small enough for a run of seconds.
NOT_COVERED = {
    "architecture_search", "data_augmentation", "data_cleaning", "data_cleaning_cnn",
    "data_cleaning_mlp", "dictionary_learning", "equilibrium", "multinomial_logreg",
    "representation", "ridge_representation",
    # Its h* is not known, and a grid of it takes minutes.
    "sparse_logreg",
}  # fmt: skip
SMALL = """
dataset: ["simulated[n_samples=200,n_features=4]"]
solver:
  - SOBA: {{batch_size: 16, eval_freq: 10}}
  - SABA: {{batch_size: 16, eval_freq: 10}}
  - HOAG
n-repetitions: 2
max-runs: 4
no-timeout: true
no-cache: true
plot: false
seed: 3
output: {output}
"""


def reproduce(*arguments):
    done = subprocess.run(
        [sys.executable, "scripts/reproduce.py", *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def table(**changes):
    from benchmark_utils.results.reference import POINT

    rows = [
        ("data", "bilevel[]", solver, "step_size=0.1", 0, evaluation, 2.0, 0.5, 64 * evaluation)
        for solver in ("SABA", "SOBA")
        for evaluation in range(3)
    ]
    points = pd.DataFrame(rows, columns=[*POINT, "value", "grad_norm", "hvp_calls"])
    for column, (row, value) in changes.items():
        points.loc[row, column] = value
    return points


def test_every_solver_and_problem_is_in_the_reference():
    from benchmark_utils.problems import find_problems
    from benchmark_utils.results.reference import read_table

    tables = [read_table(path.with_suffix(".csv")) for path in CONFIGS]
    reference = pd.concat(tables, ignore_index=True)
    installed = {re.match(r"[\w-]+", line)[0] for line in REQUIREMENTS.read_text().splitlines()}
    solvers = {
        solver.name
        for solver in BENCHMARK.get_solvers()
        # Solvers on other libraries are there where a user installs these.
        if {package.removeprefix("pip::") for package in solver.requirements} <= installed
    }
    assert set(tables[0]["solver"]) == set(reference["solver"]) == solvers
    for problem in set(find_problems().declared) - NOT_COVERED:
        assert reference["objective"].str.contains(f"problem={problem}[],]").any(), problem
    assert set(reference["repetition"]) == {0, 1}


def test_no_decision_of_the_reproducibility_run_depends_on_time():
    for path in CONFIGS:
        config = yaml.safe_load(path.read_text())
        assert config["no-timeout"]
        assert "seed" in config


def test_equal_tables_have_no_differences():
    from benchmark_utils.results.reference import differences

    assert differences(table(), table(), tolerances={}) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (dict(hvp_calls=(4, 65)), "hvp_calls is 65, the reference 64: off by 1, where 0"),
        (dict(value=(4, 2 + 1e-8)), "value is 2.00000001, the reference 2: off by 1e-08"),
        (dict(grad_norm=(4, float("nan"))), "grad_norm is nan, the reference 0.5: off by nan"),
    ],
)
def test_a_difference_is_told_with_its_solver_evaluation_column_and_size(change, sentence):
    from benchmark_utils.results.reference import differences

    [found] = differences(table(), table(**change))
    assert found.startswith("SOBA[step_size=0.1] on data, bilevel[], repetition 0, evaluation 1: ")
    assert sentence in found


def test_rounding_is_within_the_tolerance():
    from benchmark_utils.results.reference import differences

    rounded = table(value=(1, 2 + 1e-12), grad_norm=(2, 0.5 + 1e-10))
    assert differences(table(), rounded) == []
    assert len(differences(table(), rounded, tolerances={})) == 2


def test_curves_that_one_table_lacks_are_told():
    from benchmark_utils.results.reference import differences

    [missing] = differences(table(), table().head(3))
    assert missing.startswith("SOBA[step_size=0.1] on data")
    assert missing.endswith("3 points of the reference are missing.")
    [new] = differences(table().head(3), table())
    assert new.endswith("3 points are not in the reference.")


def test_two_runs_give_the_same_bits_and_a_changed_reference_exit_code_one(tmp_path):
    config = tmp_path / "small.yml"
    config.write_text(SMALL.format(output=tmp_path / "small.parquet"))
    reference = config.with_suffix(".csv")
    code, log = reproduce("--update", config)
    assert code == 0, log
    first = reference.read_text()
    assert len(first.splitlines()) == 1 + 3 * 2 * 5

    code, log = reproduce("--update", config)
    assert code == 0, log
    assert "Nothing changed." in log
    assert reference.read_text() == first

    header, *rows = first.splitlines()
    column = header.split(",").index("inner_grad_calls") - len(header.split(","))
    tampered = rows[-1].split(",")
    tampered[column] = "7"
    reference.write_text("\n".join([header, *rows[:-1], ",".join(tampered)]))
    code, log = reproduce(config)
    assert code == 1
    assert "evaluation 4: inner_grad_calls is" in log
    assert "the reference 7: off by" in log


@pytest.mark.parametrize("name", STOCHASTIC)
def test_what_is_compiled_on_one_data_set_serves_another(name):
    first, second = make_problem(n=60), make_problem(n=90)
    steps = [name for name in component("solver", name).parameters if name.endswith("step_size")]
    parameters = dict(framework="python", batch_size=8, eval_freq=3) | dict.fromkeys(steps, 0.1)
    used = make_solver(name, first, **parameters)
    step = used.iterate
    used.set_objective(second)
    # The steps of these read all blocks, of which there are as many as the data have.
    assert (used.iterate is step) == (name not in ("SRBA", "SPABA"))
    fresh = make_solver(name, second, **parameters)
    assert (run(used, 2)["outer_var"] == run(fresh, 2)["outer_var"]).all()

"""A problem is one file: it is found, its parameters are the objective's, and a bad file harms no
other."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from benchopt.benchmark import _list_parametrized_classes
from benchopt.results import read_results

from benchmark_utils import problems
from benchmark_utils.problems import find_problems, get_problem
from benchmark_utils.validation import Allowed
from helpers import BENCHMARK, ROOT, documented_code

CODE = documented_code("class PenalisedLogReg")
PROBLEM = """
class MyProblem(Problem):
    parameters = {parameters}
"""


def objectives(pattern):
    """The objectives that benchopt makes of an entry of a command line or a configuration."""
    selected = BENCHMARK.check_objective_filters([pattern])
    return [objective for objective, _ in _list_parametrized_classes(*selected)]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder of problems, whose files may come and go."""
    monkeypatch.setattr(problems, "FOLDER", tmp_path)
    find_problems.cache_clear()
    yield tmp_path
    find_problems.cache_clear()


def faults(path, text):
    path.write_text(text)
    with pytest.warns(UserWarning, match=path.name):
        return find_problems().faults


def test_every_problem_says_what_each_of_its_parameters_may_be():
    for name in find_problems().declared:
        problem = get_problem(name)
        assert list(problem.parameters) == list(problem.allowed), name
        for parameter, [default] in problem.parameters.items():
            allowed = problem.allowed[parameter]
            assert isinstance(allowed, Allowed)
            assert allowed.test(default)


def test_the_table_of_problems_has_all_of_them():
    text = (ROOT / "docs" / "problems.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    assert {row.split("`")[1] for row in rows} == set(find_problems().declared)


@pytest.mark.parametrize(
    "pattern",
    [
        "bilevel[problem=data_cleaning,ridge=[0.01,0.1]]",
        {"bilevel": {"problem": "data_cleaning", "ridge": [0.01, 0.1]}},
    ],
)
def test_a_grid_over_a_problems_parameter_is_one_objective_per_value(pattern):
    names = list(map(str, objectives(pattern)))
    assert names == [f"bilevel[problem=data_cleaning,ridge={ridge}]" for ridge in (0.01, 0.1)]


def test_an_objective_keeps_its_problems_parameters_and_those_given_to_be_refused():
    [plain] = objectives("bilevel[problem=lasso]")
    own = dict(problem="lasso", question="minimise", max_calls=np.inf)
    assert plain._parameters == dict(**own, n_reg="full", box="default")
    assert str(plain) == "bilevel[problem=lasso,n_reg=full]"
    [foreign] = objectives("bilevel[problem=lasso,n_reg=1,width=8]")
    assert str(foreign) == "bilevel[problem=lasso,n_reg=1,width=8]"
    assert foreign.skip(task="regression") == (
        True,
        "bilevel: problem=lasso has no parameter width; leave it out.",
    )


def test_all_problems_are_chosen_by_one_word():
    chosen = [objective.problem for objective in objectives("bilevel[problem=all]")]
    assert chosen == list(find_problems().declared)


def test_problems_may_differ_in_the_default_of_a_parameter(folder):
    (folder / "first.py").write_text(PROBLEM.format(parameters={"width": [16], "ridge": [0.1]}))
    (folder / "second.py").write_text(PROBLEM.format(parameters={"width": [3]}))
    (folder / "helper.py").write_text("WIDTH = 2\n")
    assert problems.parameters_of_all() == {"width": ["default"], "ridge": [0.1]}
    assert problems.default_parameters("second") == {"width": 3}
    assert problems.default_parameters("helper") == {}


def test_a_default_that_problems_do_not_share_is_each_problems_own(folder, monkeypatch):
    (folder / "first.py").write_text(PROBLEM.format(parameters={"width": [16]}))
    (folder / "second.py").write_text(PROBLEM.format(parameters={"width": [3]}))
    objective = BENCHMARK.get_benchmark_objective()
    own = {"problem": ["first"], "question": ["minimise"], "max_calls": [np.inf]}
    monkeypatch.setattr(objective, "parameters", own | problems.parameters_of_all())
    assert objective.get_instance(problem="first").width == 16
    assert objective.get_instance(problem="second").width == 3
    assert objective.get_instance(problem="second", width=16).width == 16


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "class MyProblem(Problem)\n",
            "my_problem.py does not parse (expected ':' (<unknown>, line 1)); fix it.",
        ),
        (
            PROBLEM.format(parameters="dict(width=[3])"),
            "my_problem.py: the parameters of MyProblem are read without running the file; write "
            'them as a literal, each with one default: {"ridge": [0.01]}.',
        ),
        (
            PROBLEM.format(parameters={"width": [3, 4]}),
            "my_problem.py: the parameters of MyProblem are read without running the file; write "
            'them as a literal, each with one default: {"ridge": [0.01]}.',
        ),
        (
            PROBLEM.format(parameters={"seed": [0]}),
            "my_problem.py: a parameter of MyProblem has a name that is reserved, seed; "
            "give it another.",
        ),
        (
            PROBLEM.format(parameters={}) + PROBLEM.format(parameters={}).replace("My", "Other"),
            "my_problem.py: MyProblem and OtherProblem declare parameters; give each problem "
            "its own file.",
        ),
    ],
)
def test_a_faulty_file_is_named_in_a_sentence(folder, text, sentence):
    sentence = f"benchmark_utils/problems/{sentence}"
    assert faults(folder / "my_problem.py", text) == {"my_problem": sentence}
    with pytest.raises(problems.UnusableProblem) as refused:
        get_problem("my_problem")
    assert str(refused.value) == sentence


def test_a_file_without_parameters_is_no_problem_and_says_so_where_it_is_chosen():
    with pytest.raises(
        problems.UnusableProblem, match=r"base\.py declares no problem, because none"
    ):
        get_problem("base")


@pytest.mark.slow
def test_the_objective_is_found_without_jax_and_numba():
    code = (
        "import sys, objective; print([name for name in ('jax', 'numba') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_a_new_file_is_a_new_problem_and_faulty_ones_beside_it_harm_nothing(tmp_path):
    copy = tmp_path / "benchmark"
    for name in ("objective.py", "benchmark_utils", "datasets/simulated.py", "solvers/hoag.py"):
        source, target = ROOT / name, copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    for name, text in {
        "penalised_logreg": CODE,
        "unfinished": "class Unfinished(Problem\n",
        "needy": "import no_such_library\n" + PROBLEM.format(parameters={"floor": [0.0]}),
    }.items():
        (copy / "benchmark_utils" / "problems" / f"{name}.py").write_text(text)
    output = tmp_path / "results.parquet"
    config = tmp_path / "config.yml"
    chosen = dict(problem=["needy", "penalised_logreg", "unfinished"], floor=[0, 0.25])
    config.write_text(
        yaml.safe_dump(
            {
                "dataset": ["simulated[n_samples=200,n_features=4]"],
                "objective": [{"bilevel": chosen}],
                "solver": ["HOAG"],
                "max-runs": 2,
                "plot": False,
                "no-cache": True,
                "output": str(output),
            }
        )
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["benchopt", "run", str(copy), "--config", str(config), "--no-display"],
        capture_output=True, text=True, check=False, env={**os.environ, "PATH": path},
    )  # fmt: skip
    log = done.stdout + done.stderr
    assert done.returncode == 0, log
    assert "problems/unfinished.py does not parse ('(' was never closed" in log
    assert "problems/needy.py cannot be imported (ModuleNotFoundError: No module named" in log
    results = read_results(output)
    names = [f"bilevel[problem=penalised_logreg,floor={floor}]" for floor in (0, 0.25)]
    assert results["objective_name"].unique().tolist() == names
    first = results[results["objective_iterations"] == 0]
    assert first["p_obj_floor"].tolist() == [0, 0.25]
    # The floor reaches the losses: a larger penalty is another h.
    assert np.isfinite(results["objective_value"]).all()
    assert first["objective_value"].nunique() == 2

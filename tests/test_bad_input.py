"""What is out of range is refused before any computation, in a sentence that says what to do."""

import numpy as np
import pytest
from libsvmdata.core import ALL_DATASETS
from scipy.sparse import csr_array

from benchmark_utils.data import libsvm
from benchmark_utils.data.downloads import Unavailable
from benchmark_utils.problems import find_problems
from benchmark_utils.problems.checks import refuse_task
from helpers import (
    BENCHMARK,
    assert_advice,
    logreg_data,
    make_problem,
    make_solver,
    multiclass_data,
    objective_skip,
    raw_data,
)

PROBLEMS = find_problems().declared


def binary(**changes):
    """Samples that the problem logreg takes, unless changes spoil them."""
    return dict(task="binary", **logreg_data()) | changes


def multiclass(**changes):
    return dict(task="multiclass", **multiclass_data()) | changes


def refused(skipped):
    """The reason of a refusal, from what ``skip`` returns."""
    skip, reason = skipped
    assert skip
    return reason


# Whole sentences of each kind; other tests look for what a sentence must name.


@pytest.mark.parametrize(
    ("name", "parameters", "sentence"),
    [
        (
            "SOBA",
            {"step_size": -0.1},
            "SOBA: step_size=-0.1 is not allowed; give a number greater than 0 or auto.",
        ),
        (
            "SABA",
            {"batch_size": 71},
            "SABA: batch_size=71 is larger than the data; give at most 70, or full.",
        ),
        (
            "GridSearch",
            {"n_values": 33, "grid": "product"},
            "GridSearch: a product grid of n_values=33 in 5 dimensions is larger than the 10,000 "
            "points allowed; give fewer values, or grid=shared, or the objective's n_reg=1.",
        ),
    ],
)
def test_a_refusal_says_what_was_given_and_what_is_allowed(name, parameters, sentence):
    assert make_solver(name, **parameters).skip(make_problem()) == (True, sentence)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        *(("SOBA", {"step_size": value}) for value in (0, "fast", np.nan, np.inf, True)),
        ("SOBA", {"decay": -1}),
        ("MRBO", {"momentum": 1.5}),
        ("SABA", {"framework": "cuda"}),
        ("SABA", {"precision": "float16"}),
        *(("SABA", {"batch_size": value}) for value in (0, 2.5, True, "half")),
        ("SABA", {"init_memory": "half"}),
        ("StocBiO", {"n_inner_steps": 0}),
        ("AmIGO", {"n_linear_steps": 2.5}),
        ("Unrolled", {"n_inner_steps": 5, "truncation": 6}),
        ("HOAG", {"schedule": "linear"}),
    ],
)
def test_solvers_refuse_parameters(name, parameters):
    assert_advice(refused(make_solver(name, **parameters).skip(make_problem())), name, **parameters)


@pytest.mark.parametrize("solver", BENCHMARK.get_solvers(), ids=lambda solver: solver.name)
def test_every_parameter_of_a_solver_is_checked(solver):
    for name in solver.parameters:
        reason = refused(make_solver(solver.name, **{name: "nonsense"}).skip(make_problem()))
        assert_advice(reason, solver.name, **{name: "nonsense"})


def test_a_framework_without_oracles_for_a_problem_is_refused():
    problem = make_problem()
    problem.frameworks = ("jax", "python")
    reason = refused(make_solver("SOBA").skip(problem))
    assert_advice(reason, "SOBA", framework="numba")
    assert reason.endswith("give one of jax, python.")


@pytest.mark.parametrize("parameters", [{"problem": "svm"}, {"reg": "l1"}, {"n_reg": 2},
                                        {"n_reg": True}])  # fmt: skip
def test_the_objective_refuses_parameters(parameters):
    assert_advice(refused(objective_skip(binary(), **parameters)), "bilevel", **parameters)


@pytest.mark.parametrize("box", [(-3, -1), (-3, 0)])
def test_a_box_without_a_linear_penalty_in_it_is_refused(box):
    reason = refused(objective_skip(binary(), reg="lin", box=box))
    assert_advice(reason, "bilevel", reg="lin", box=box)
    assert objective_skip(binary(), box=box) == (False, None)
    assert objective_skip(binary(), reg="lin", box=(-3, 1)) == (False, None)


def test_the_objective_names_its_problems_where_it_is_given_another():
    reason = refused(objective_skip(binary(), problem="svm"))
    assert reason.endswith(f"give one of {', '.join(PROBLEMS)}.")


@pytest.mark.parametrize("problem", PROBLEMS)
def test_every_parameter_of_a_problem_is_checked(problem):
    for name in PROBLEMS[problem].defaults:
        parameters = {name: "nonsense"}
        reason = refused(objective_skip(binary(), problem=problem, **parameters))
        assert_advice(reason, "bilevel", **parameters)


def test_the_objective_refuses_a_parameter_that_its_problem_does_not_have():
    assert objective_skip(binary(), ridge=0.1) == (
        True,
        "bilevel: problem=logreg has no parameter ridge; leave it out.",
    )


@pytest.mark.parametrize(
    ("data", "parts"),
    [
        (binary(task="regression"), ("logreg", "binary", "regression")),
        (binary(y_val=np.tile([0.0, 1.0], 35)), ("y_val", "0, 1", "binary", "-1 and 1")),
        (
            binary(X_train=csr_array(np.full((90, 5), np.inf))),
            ("X_train", "450 entries", "infinite", "clean"),
        ),
        (binary(y_train=np.ones(90)), ("y_train", "class -1", "stratify")),
        (binary(X_val=np.full((70, 5), np.nan)), ("X_val", "350 entries", "NaN", "clean")),
        (binary(y_train=np.tile([-1.0, 1.0], 40)), ("X_train", "90 samples", "80 entries", "give")),
    ],
)
def test_the_objective_refuses_data(data, parts):
    reason = refused(objective_skip(data))
    assert [part for part in parts if part not in reason] == [], reason


def test_the_objective_repeats_why_data_are_unavailable():
    assert objective_skip({"unavailable": "No network; do this."}) == (True, "No network; do this.")


def test_sparse_data_are_refused_by_a_problem_that_does_not_take_them():
    data = binary(X_train=csr_array(np.eye(90, 5)))
    assert objective_skip(data) == (False, None)
    task = data.pop("task")
    assert refuse_task("svm", ("binary",), task, data) == (
        "X_train is sparse, which svm does not take; give X_train.toarray()."
    )


@pytest.mark.parametrize(
    ("parameters", "data"),
    [
        ({"problem": "multinomial_logreg", "n_reg": "classes"}, multiclass()),
        ({"problem": "data_cleaning", "ridge": 0}, multiclass()),
    ],
)
def test_multiclass_problems_refuse_parameters(parameters, data):
    given = {name: value for name, value in parameters.items() if name != "problem"}
    assert_advice(refused(objective_skip(data, **parameters)), "bilevel", **given)


# Such as unsigned integers below zero.
LARGE = multiclass(X_train=2.0**64 * multiclass()["X_train"])


@pytest.mark.parametrize(
    ("problem", "data", "parts"),
    [
        ("multinomial_logreg", binary(), ("multinomial_logreg", "multiclass", "binary")),
        ("data_cleaning", binary(), ("data_cleaning", "multiclass", "binary")),
        ("logreg", multiclass(), ("logreg", "binary", "multiclass")),
        (
            "multinomial_logreg",
            multiclass(y_train=np.arange(60) % 3 + 0.5),
            ("y_train", "0.5, 1.5, 2.5", "multiclass", "0 to 2"),
        ),
        (
            "multinomial_logreg",
            multiclass(y_val=np.arange(45) % 4),
            ("y_val", "0, 1, 2, 3", "multiclass", "0 to 2"),
        ),
        (
            "data_cleaning",
            multiclass(y_val=np.arange(45) % 2),
            ("y_val", "class 2", "stratify"),
        ),
        ("data_cleaning", multiclass(y_train=np.zeros(60)), ("y_train", "class 1", "stratify")),
        *(
            (problem, LARGE, ("X_train", "as large as", "e+19", "scale the data", "below 6.7e+07"))
            for problem in ("multinomial_logreg", "data_cleaning")
        ),
    ],
)
def test_multiclass_problems_refuse_data(problem, data, parts):
    reason = refused(objective_skip(data, problem=problem))
    assert [part for part in parts if part not in reason] == [], reason


def test_good_multiclass_input_is_not_refused():
    large = multiclass(X_train=1e7 * LARGE["X_train"] / np.abs(LARGE["X_train"]).max())
    for problem in ("multinomial_logreg", "data_cleaning"):
        for data in (multiclass(), large):
            assert objective_skip(data, problem=problem) == (False, None)


def test_good_input_is_not_refused():
    assert objective_skip(binary()) == (False, None)
    for reg in ("exp", "lin"):
        for n_reg in ("full", 1):
            assert objective_skip(binary(), reg=reg, n_reg=n_reg) == (False, None)
    assert make_solver("SABA", batch_size="full").skip(make_problem()) == (False, None)
    assert make_solver("SABA", batch_size=70).skip(make_problem()) == (False, None)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("simulated", {"correlation": 1}),
        ("simulated", {"n_samples": 3}),
        ("digits", {"corruption": 1}),
        ("ijcnn1", {"validation": "cv"}),
        ("mnist", {"images": "all"}),
        ("covtype", {"task": "three"}),
        ("newsgroups", {"task": 2}),
    ],
)
def test_datasets_refuse_parameters(name, parameters):
    assert_advice(raw_data(name, **parameters)["unavailable"], name, **parameters)


@pytest.mark.parametrize("dataset", BENCHMARK.get_datasets(), ids=lambda dataset: dataset.name)
def test_every_parameter_of_a_dataset_is_checked(dataset):
    for name in dataset.parameters:
        parameters = {name: "nonsense"}
        assert_advice(
            raw_data(dataset.name, **parameters)["unavailable"], dataset.name, **parameters
        )


def test_libsvm_refuses_to_validate_on_a_test_set_that_does_not_exist():
    reason = "real-sim has no official test set; give validation=holdout."
    assert raw_data("libsvm", dataset="real-sim") == {"unavailable": reason}


def test_libsvm_lists_the_names_that_it_takes_and_those_are_binary():
    reason = raw_data("libsvm", dataset="mnist")["unavailable"]
    assert reason.startswith("libsvm: dataset='mnist' is not allowed; give one of a1a, a2a,")
    for name in ("a9a", "w8a", "rcv1.binary", "real-sim", "news20.binary", "covtype.binary"):
        assert f" {name}," in reason
    # Test sets come with their training sets, and libsvmdata has w1a under the name of w3a.
    for name in ("a9a_test", "abalone", "w3a"):
        assert f" {name}," not in reason


def test_a_data_set_that_cannot_be_had_says_why_and_what_to_do(monkeypatch):
    def no_network(*args):
        raise RuntimeError("Error while fetching file\nName or service not known")

    monkeypatch.setattr(libsvm, "read", no_network)
    [(_, reason)] = raw_data("ijcnn1").items()
    assert reason == (
        "ijcnn1 could not be loaded from LIBSVM (RuntimeError: Error while fetching file Name or "
        "service not known). Connect to the network, or set LIBSVMDATA_HOME to a folder with "
        "intact ijcnn1_X and ijcnn1_y files of libsvmdata."
    )


def test_a_damaged_file_is_a_data_set_that_cannot_be_had(tmp_path, monkeypatch):
    # Files of which the copy stopped in the middle.
    for name in ("ijcnn1_X.npy", "ijcnn1_y.npy"):
        (tmp_path / name).write_bytes(b"\x93NUMPY")
    monkeypatch.setattr(ALL_DATASETS["ijcnn1"], "dataset_dir", tmp_path)
    with pytest.raises(Unavailable, match="LIBSVMDATA_HOME to a folder with intact"):
        libsvm.fetch("ijcnn1")

"""What is out of range is refused before any computation, in a sentence that says what to do."""

import numpy as np
import pytest
from libsvmdata.core import ALL_DATASETS
from scipy.sparse import csr_array

from benchmark_utils.data import libsvm
from benchmark_utils.data.downloads import Unavailable
from benchmark_utils.problems import find_problems
from benchmark_utils.problems.checks import refuse_classification
from helpers import (
    logreg_data,
    make_problem,
    make_solver,
    multiclass_data,
    objective_skip,
    raw_data,
)

PROBLEMS = find_problems().declared
STEP = "give a number greater than 0"


@pytest.mark.parametrize(
    ("name", "parameters", "sentence"),
    [
        ("SOBA", {"step_size": -0.1}, f"SOBA: step_size=-0.1 is not allowed; {STEP}."),
        ("SABA", {"outer_step_size": 0}, f"SABA: outer_step_size=0 is not allowed; {STEP}."),
        ("SOBA", {"step_size": "fast"}, f"SOBA: step_size='fast' is not allowed; {STEP}."),
        ("SOBA", {"step_size": np.nan}, f"SOBA: step_size=nan is not allowed; {STEP}."),
        ("SOBA", {"step_size": np.inf}, f"SOBA: step_size=inf is not allowed; {STEP}."),
        ("SOBA", {"decay": -1}, "SOBA: decay=-1 is not allowed; give a number of at least 0."),
        (
            "MRBO",
            {"momentum": 1.5},
            "MRBO: momentum=1.5 is not allowed; give a number greater than 0 and at most 1.",
        ),
        (
            "SABA",
            {"framework": "torch"},
            "SABA: framework='torch' is not allowed; give one of numba, jax, python.",
        ),
        (
            "SABA",
            {"precision": "float16"},
            "SABA: precision='float16' is not allowed; give one of float64, float32.",
        ),
        (
            "SABA",
            {"batch_size": 0},
            "SABA: batch_size=0 is not allowed; give an integer of at least 1 or one of full.",
        ),
        (
            "SABA",
            {"batch_size": 71},
            "SABA: batch_size=71 is larger than the data; give at most 70, or full.",
        ),
        (
            "SABA",
            {"init_memory": "half"},
            "SABA: init_memory='half' is not allowed; give one of zero, full.",
        ),
        (
            "StocBiO",
            {"n_inner_steps": 0},
            "StocBiO: n_inner_steps=0 is not allowed; give an integer of at least 1.",
        ),
        (
            "AmIGO",
            {"n_linear_steps": 2.5},
            "AmIGO: n_linear_steps=2.5 is not allowed; give an integer of at least 1.",
        ),
        (
            "Unrolled",
            {"n_inner_steps": 5, "truncation": 6},
            "Unrolled: truncation=6 is larger than n_inner_steps=5; give at most that, or full.",
        ),
        (
            "HOAG",
            {"schedule": "cubic"},
            "HOAG: schedule='cubic' is not allowed; give one of geometric, quadratic.",
        ),
        (
            "GridSearch",
            {"n_values": 33, "grid": "product"},
            "GridSearch: a product grid of n_values=33 in 5 dimensions is larger than the 10,000 "
            "points allowed; give fewer values, or grid=shared, or the objective's n_reg=1.",
        ),
    ],
)
def test_solvers_refuse_parameters(name, parameters, sentence):
    assert make_solver(name, **parameters).skip(make_problem()) == (True, sentence)


def test_a_framework_without_oracles_for_a_problem_is_refused():
    problem = make_problem()
    problem.frameworks = ("jax", "python")
    assert make_solver("SOBA").skip(problem) == (
        True,
        "SOBA: framework=numba has no oracles for this problem; give one of jax, python.",
    )


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        (
            {"problem": "svm"},
            f"bilevel: problem='svm' is not allowed; give one of {', '.join(PROBLEMS)}.",
        ),
        ({"reg": "l1"}, "bilevel: reg='l1' is not allowed; give one of exp, lin."),
        (
            {"ridge": 0.1},
            "bilevel: problem=logreg has no parameter ridge; leave it out.",
        ),
        ({"n_reg": 2}, "bilevel: n_reg=2 is not allowed; give one of full, 1."),
        ({"n_reg": True}, "bilevel: n_reg=True is not allowed; give one of full, 1."),
    ],
)
def test_the_objective_refuses_parameters(parameters, sentence):
    data = dict(task="binary", **logreg_data())
    assert objective_skip(data, **parameters) == (True, sentence)


def spoil(**changes):
    return dict(task="binary", **logreg_data()) | changes


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (
            {"unavailable": "No network; do this."},
            "No network; do this.",
        ),
        (
            spoil(task="regression"),
            "logreg needs a task among binary; this dataset's task is regression.",
        ),
        (
            spoil(y_val=np.tile([0.0, 1.0], 35)),
            "y_val has the labels 0.0, 1.0; logreg takes -1, 1.",
        ),
        (
            spoil(X_train=csr_array(np.full((90, 5), np.inf))),
            "X_train has 450 entries that are NaN or infinite; clean the data.",
        ),
        (
            spoil(y_train=np.ones(90)),
            "y_train has no sample of class -1; make this part larger, or stratify it.",
        ),
        (
            spoil(X_val=np.full((70, 5), np.nan)),
            "X_val has 350 entries that are NaN or infinite; clean the data.",
        ),
        (
            spoil(y_train=np.tile([-1.0, 1.0], 40)),
            "X_train has 90 samples and y_train 80 labels; give as many of each.",
        ),
    ],
)
def test_the_objective_refuses_data(data, sentence):
    assert objective_skip(data) == (True, sentence)


def test_sparse_data_are_refused_by_a_problem_that_does_not_take_them():
    data = spoil(X_train=csr_array(np.eye(90, 5)))
    assert objective_skip(data) == (False, None)
    task = data.pop("task")
    assert refuse_classification("svm", ("binary",), task, data) == (
        "X_train is sparse, which svm does not take; give X_train.toarray()."
    )


def multiclass(**changes):
    return dict(task="multiclass", **multiclass_data()) | changes


@pytest.mark.parametrize(
    ("parameters", "data", "sentence"),
    [
        (
            {"problem": "multinomial_logreg", "n_reg": "classes"},
            multiclass(),
            "bilevel: n_reg='classes' is not allowed; give one of full, class, 1.",
        ),
        (
            {"problem": "data_cleaning", "ridge": 0},
            multiclass(),
            "bilevel: ridge=0 is not allowed; give a number greater than 0.",
        ),
        (
            {"problem": "data_cleaning", "reg": "lin"},
            multiclass(),
            "bilevel: problem=data_cleaning has no parameter reg; leave it out.",
        ),
        (
            {"problem": "multinomial_logreg"},
            spoil(),
            "multinomial_logreg needs a task among multiclass; this dataset's task is binary.",
        ),
        (
            {"problem": "data_cleaning"},
            spoil(),
            "data_cleaning needs a task among multiclass; this dataset's task is binary.",
        ),
        (
            {"problem": "logreg"},
            multiclass(),
            "logreg needs a task among binary; this dataset's task is multiclass.",
        ),
        (
            {"problem": "multinomial_logreg"},
            multiclass(y_train=np.arange(60) % 3 + 0.5),
            "y_train has the labels 0.5, 1.5, 2.5; multinomial_logreg takes the integers 0 to 2.",
        ),
        (
            {"problem": "multinomial_logreg"},
            multiclass(y_val=np.arange(45) % 4),
            "y_val has the labels 0, 1, 2, 3; multinomial_logreg takes the integers 0 to 2.",
        ),
        (
            {"problem": "data_cleaning"},
            multiclass(y_val=np.arange(45) % 2),
            "y_val has no sample of class 2; make this part larger, or stratify it.",
        ),
        (
            {"problem": "data_cleaning"},
            multiclass(y_train=np.zeros(60)),
            "y_train has no sample of class 1; make this part larger, or stratify it.",
        ),
    ],
)
def test_multiclass_problems_refuse_parameters_and_data(parameters, data, sentence):
    assert objective_skip(data, **parameters) == (True, sentence)


def test_good_multiclass_input_is_not_refused():
    for problem in ("multinomial_logreg", "data_cleaning"):
        assert objective_skip(multiclass(), problem=problem) == (False, None)


def test_good_input_is_not_refused():
    assert objective_skip(spoil()) == (False, None)
    for reg in ("exp", "lin"):
        for n_reg in ("full", 1):
            assert objective_skip(spoil(), reg=reg, n_reg=n_reg) == (False, None)
    assert make_solver("SABA", batch_size="full").skip(make_problem()) == (False, None)
    assert make_solver("SABA", batch_size=70).skip(make_problem()) == (False, None)


@pytest.mark.parametrize(
    ("name", "parameters", "sentence"),
    [
        (
            "simulated",
            {"correlation": 1},
            "simulated: correlation=1 is not allowed; give a number from 0 to 0.999.",
        ),
        (
            "simulated",
            {"n_samples": 3},
            "simulated: n_samples=3 is not allowed; give an integer of at least 20.",
        ),
        (
            "digits",
            {"corruption": 1},
            "digits: corruption=1 is not allowed; give a number of at least 0 and below 1.",
        ),
        (
            "ijcnn1",
            {"validation": "cv"},
            "ijcnn1: validation='cv' is not allowed; give one of test, holdout.",
        ),
        (
            "libsvm",
            {"dataset": "real-sim"},
            "real-sim has no official test set; give validation=holdout.",
        ),
    ],
)
def test_datasets_refuse_parameters(name, parameters, sentence):
    assert raw_data(name, **parameters) == {"unavailable": sentence}


def test_libsvm_lists_the_names_that_it_takes_and_those_are_binary():
    reason = raw_data("libsvm", dataset="mnist")["unavailable"]
    assert reason.startswith("libsvm: dataset='mnist' is not allowed; give one of a1a, a2a,")
    for name in ("a9a", "w8a", "rcv1.binary", "real-sim", "news20.binary", "covtype.binary"):
        assert f" {name}," in reason
    # Test sets come with their training sets, and libsvmdata has w1a under the name of w3a.
    for name in ("a9a_test", "abalone", "w3a"):
        assert f" {name}," not in reason


def test_a_data_set_that_cannot_be_had_says_why_and_what_to_do(monkeypatch):
    def no_network(name):
        raise RuntimeError("Error while fetching file\nName or service not known")

    monkeypatch.setattr(libsvm, "fetch_dataset", no_network)
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

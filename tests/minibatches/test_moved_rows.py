"""Samples that are moved into minibatches: the same blocks, and the same samples afterwards."""

from threading import Thread

import numpy as np
import pytest

from benchmark_utils.judge import value_function
from benchmark_utils.minibatches import moved_rows
from benchmark_utils.minibatches.blocks import make_blocks
from benchmark_utils.minibatches.moved_rows import MovedRows
from benchmark_utils.minibatches.signed_rows import SignedRows
from benchmark_utils.problems.logreg import LogReg
from helpers import logreg_data, make_solver, run

# As many blocks as it takes to move samples, the last of them shorter.
BATCH_SIZE = 16
N, M, P = 16 * 80 + 5, 16 * 70 + 9, 4


@pytest.fixture
def everything_is_large(monkeypatch):
    monkeypatch.setattr(moved_rows, "LARGE", 0)


def make_data():
    data = logreg_data(N, M, P)
    # Parts with memory of their own, as most data sets have them.
    return {name: array.copy() for name, array in data.items()}


def make_problem(data):
    return LogReg(**data, reg="exp", n_reg="full", seed=0)


def copies(data):
    return {name: array.copy() for name, array in data.items()}


def assert_same_bits(data, expected):
    for name in data:
        assert data[name].tobytes() == expected[name].tobytes(), name


def lent(problem):
    """Whether the training and the validation samples are moved."""
    samples = problem.all_samples.inner_rows[0], problem.all_samples.outer_rows[0]
    return tuple(rows._lent is not None for rows in samples)


@pytest.mark.parametrize("batch_size", [1, 7, 16, 5000])
@pytest.mark.parametrize("n", [5000, 5003])
def test_moved_samples_are_the_blocks_that_copies_are_cut_into(batch_size, n):
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((n, 3)), rng.choice([-1.0, 1.0], n)
    X[:9] = 0.0
    kept = X.copy()
    expected, _ = make_blocks(SignedRows(X, y), batch_size, float, np.random.default_rng(1))
    moved = MovedRows(X, y, batch_size, np.random.default_rng(1))
    np.testing.assert_array_equal(moved.blocks, expected)
    assert moved.blocks.ctypes.data % 64 == 0
    chosen = np.array([7, 2, n - 1])
    np.testing.assert_array_equal(moved.take(chosen), kept[chosen])
    rows = np.concatenate(list(moved.chunks()))
    order = np.random.default_rng(1).permutation(n)
    np.testing.assert_array_equal(rows, (y[:, np.newaxis] * kept)[order])
    moved.move_back()
    assert X.tobytes() == kept.tobytes()


@pytest.mark.usefixtures("everything_is_large")
@pytest.mark.parametrize("framework", ["python", "numba"])
def test_a_run_on_moved_samples_is_that_on_copies_and_gives_the_data_back(framework, monkeypatch):
    def run_on(data):
        problem, moved = make_problem(data), []
        parameters = dict(framework=framework, batch_size=BATCH_SIZE, eval_freq=20)
        solver = make_solver("SABA", problem, **parameters)
        solver.pre_run_hook(None)
        solver.run(lambda: moved.append(lent(problem)) or len(moved) < 3)
        return solver.get_result(), moved

    data = make_data()
    expected = copies(data)
    result, moved = run_on(data)
    assert moved == [(True, True)] * 3
    assert_same_bits(data, expected)
    monkeypatch.setattr(moved_rows, "LARGE", np.inf)
    copied, moved = run_on(data)
    assert moved == [(False, False)] * 3
    for variable in ("inner_var", "outer_var"):
        np.testing.assert_array_equal(result[variable], copied[variable])


@pytest.mark.usefixtures("everything_is_large")
def test_an_error_in_a_run_gives_the_data_back():
    data = make_data()
    expected = copies(data)
    solver = make_solver("SOBA", make_problem(data), framework="python", batch_size=BATCH_SIZE)

    def fail():
        raise KeyboardInterrupt

    solver.pre_run_hook(None)
    assert data["X_train"].tobytes() != expected["X_train"].tobytes()
    with pytest.raises(KeyboardInterrupt):
        solver.run(fail)
    assert_same_bits(data, expected)


@pytest.mark.usefixtures("everything_is_large")
def test_a_problem_reads_its_samples_where_they_are():
    data = make_data()
    data |= {"X_test": data["X_val"][:30].copy(), "y_test": data["y_val"][:30]}
    here, moved = make_problem(copies(data)), make_problem(data)
    arrays = moved.lend_arrays(BATCH_SIZE, BATCH_SIZE, np.dtype(float), np.random.default_rng(0))
    assert lent(moved) == (True, True)
    theta, outer_var = np.random.default_rng(1).standard_normal((2, P))
    asked = {
        "G": lambda problem: problem.inner_value_grad(theta, outer_var)[0],
        "grad G": lambda problem: problem.inner_value_grad(theta, outer_var)[1],
        "F": lambda problem: problem.outer_value_grad(theta, outer_var)[0],
        "hvp": lambda problem: problem.hvp(theta, outer_var, theta),
        "hessian": lambda problem: problem.inner_hessian(theta, outer_var),
        "diagonal": lambda problem: problem.inner_hessian_diagonal(theta, outer_var),
        "smoothness": lambda problem: problem.inner_smoothness(outer_var),
        "samples": lambda problem: np.asarray(problem.all_samples.inner_rows[0]),
        "blocks": lambda problem: (
            problem.arrays(9, 9, np.dtype(float), np.random.default_rng(2)).outer_rows
        ),
        "h, its gradient and theta*": lambda problem: np.hstack(
            value_function(problem, outer_var, theta)
        ),
        "accuracies": lambda problem: list(problem.metrics(theta, outer_var).values()),
    }
    for name, ask in asked.items():
        np.testing.assert_allclose(ask(moved), ask(here), rtol=1e-11, atol=1e-15, err_msg=name)
    moved.take_back(arrays)
    assert lent(moved) == (False, False)


@pytest.mark.usefixtures("everything_is_large")
def test_two_solvers_of_one_problem_do_not_take_each_others_samples():
    data = make_data()
    expected, problem = copies(data), make_problem(data)
    parameters = dict(framework="python", batch_size=BATCH_SIZE, eval_freq=20)
    first, second = (make_solver("SOBA", problem, **parameters) for _ in range(2))
    first.pre_run_hook(None)
    result = run(second, 2)["outer_var"]
    assert lent(problem) == (True, True)
    callbacks = iter([True, True])
    first.run(lambda: next(callbacks, False))
    np.testing.assert_array_equal(first.get_result()["outer_var"], result)
    assert_same_bits(data, expected)


def read_only(data):
    data["X_train"].flags.writeable = False


def column_major(data):
    data["X_train"] = np.asfortranarray(data["X_train"])


def other_memory(data):
    data["X_train"] = np.frombuffer(bytearray(data["X_train"].tobytes())).reshape(N, P)


def other_labels(data):
    data["y_train"] = data["y_train"] / 2


@pytest.mark.usefixtures("everything_is_large")
@pytest.mark.parametrize("change", [read_only, column_major, other_memory, other_labels])
def test_samples_that_cannot_be_moved_or_not_be_restored_are_copied(change):
    data = make_data()
    change(data)
    problem = make_problem(data)
    problem.lend_arrays(BATCH_SIZE, BATCH_SIZE, np.dtype(float), np.random.default_rng(0))
    assert lent(problem) == (False, True)


@pytest.mark.usefixtures("everything_is_large")
def test_samples_in_shared_memory_in_another_precision_or_in_few_blocks_are_copied():
    def lend(problem, batch_size=BATCH_SIZE, precision="float64"):
        rng = np.random.default_rng(0)
        problem.lend_arrays(batch_size, batch_size, np.dtype(precision), rng)
        return lent(problem)

    data = make_data()
    shared = data | {"X_val": data["X_train"][:M], "y_val": data["y_train"][:M]}
    assert lend(make_problem(shared)) == (False, False)
    assert lend(make_problem(data), precision="float32") == (False, False)
    assert lend(make_problem(data), batch_size=M // 50) == (False, False)
    in_a_thread = []
    thread = Thread(target=lambda: in_a_thread.append(lend(make_problem(data))))
    thread.start()
    thread.join()
    assert in_a_thread == [(False, False)]
    assert lend(make_problem(data)) == (True, True)


def test_small_samples_are_copied():
    data = make_data()
    problem = make_problem(data)
    problem.lend_arrays(BATCH_SIZE, BATCH_SIZE, np.dtype(float), np.random.default_rng(0))
    assert lent(problem) == (False, False)

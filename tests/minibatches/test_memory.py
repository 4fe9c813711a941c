"""Memory besides the data: a solver's minibatches and tables, and no copy that nothing reads."""

import numpy as np
import pytest
from scipy.sparse import csr_array

from benchmark_utils.judge import Judge
from benchmark_utils.problems.logreg import LogReg
from helpers import MONTHLY, Allocated, logreg_data, make_solver

pytestmark = pytest.mark.slow

N, M, P = 15_000, 5_000, 40


def make_data(layout):
    data = logreg_data(N, M, P)
    if layout == "sparse":
        for part in ("X_train", "X_val"):
            data[part] = csr_array(data[part] * (np.arange(P) < 20))
    return data


def n_bytes(data):
    return sum(
        x.nbytes if isinstance(x, np.ndarray) else x.data.nbytes + x.indices.nbytes
        for x in data.values()
    )


@pytest.mark.parametrize("layout", ["dense", "sparse"])
@pytest.mark.parametrize(
    ("precision", "part"), [pytest.param("float64", 1, marks=MONTHLY), ("float32", 0.5)]
)
@pytest.mark.parametrize("framework", ["numba", "python"])
def test_a_run_holds_the_data_once_more_in_minibatches_and_its_tables(
    layout, precision, part, framework
):
    data = make_data(layout)
    size = n_bytes(data)
    with Allocated() as problems:
        problem = LogReg(**data, reg="exp", n_reg="full", seed=0)
    assert problems.peak < 0.05 * size
    solver = make_solver("SABA", problem, framework=framework, precision=precision, eval_freq=1)
    with Allocated() as blocks:
        solver.pre_run_hook(None)
    # The shuffled order, and a sparse matrix in that order, are given back.
    assert blocks.peak < (part + (1.6 if layout == "sparse" else 0.4)) * size
    assert blocks.kept < (part + 0.2) * size
    with Allocated() as tables:
        state = solver.first_state(solver.arrays, *solver.start)
    n_blocks = -(-N // 64), -(-M // 64)
    rows = n_blocks[0] * 3 * P + n_blocks[1] * 2 * P
    assert tables.kept < 1.1 * rows * np.dtype(precision).itemsize + 50_000
    del state
    with Allocated() as runs:
        callbacks = iter([True])
        solver.run(lambda: next(callbacks, False))
    assert runs.kept < 50_000


@pytest.mark.parametrize("layout", ["dense", "sparse"])
def test_judging_needs_no_copy_of_the_data(layout):
    data = make_data(layout)
    problem = LogReg(**data, reg="exp", n_reg="full", seed=0)
    judge = Judge(problem)
    with Allocated() as judging:
        judge.evaluate(problem.inner_var0, problem.outer_var0)
    assert judging.peak < 0.7 * n_bytes(data)

"""Large dense samples: minibatches that read them where they are."""

import numpy as np
import pytest

from benchmark_utils.minibatches import signed_rows
from benchmark_utils.minibatches.blocks import make_blocks
from benchmark_utils.minibatches.indexed_rows import IndexedRows, make_indexed_rows, take_rows
from benchmark_utils.minibatches.signed_rows import SignedRows
from benchmark_utils.problems.logreg import LogReg
from helpers import Allocated, constant_steps, logreg_data, make_problem, make_solver, pairs, run

pytestmark = pytest.mark.slow


@pytest.fixture
def _all_samples_are_large(monkeypatch):
    monkeypatch.setattr(signed_rows, "LARGE", 1)


@pytest.mark.parametrize("batch_size", [1, 16, 45, 100])
def test_minibatches_are_those_of_blocks(batch_size):
    data = logreg_data(n=90)
    X, y = data["X_train"], data["y_train"]
    blocks, scale = make_blocks(SignedRows(X, y), batch_size, X.dtype, np.random.default_rng(0))
    indexed, indexed_scale = make_indexed_rows(X, y, batch_size, np.random.default_rng(0))
    assert indexed_scale == scale
    for block in range(len(blocks)):
        np.testing.assert_array_equal(take_rows(np, indexed, block), blocks[block])


# 90 and 70 samples: with minibatches of 16 the last block of both levels is short, of 10 none is.
@pytest.mark.parametrize("batch_size", [10, 16])
@pytest.mark.parametrize(
    ("name", "framework"),
    pairs(["SABA", "AmIGO"], ["numba", "jax", "python"], rare=["numba", "jax"]),
)
def test_solvers_walk_the_same_path_as_with_blocks(name, framework, batch_size, monkeypatch):
    problem = make_problem(n_reg=1 if name == "AmIGO" else "full")
    parameters = dict(framework=framework, batch_size=batch_size, eval_freq=50)
    solver = make_solver(name, **parameters, **constant_steps(name))
    ends = []
    # Large samples last, with a solver that has compiled its step for blocks.
    for large in (2**27, 1):
        monkeypatch.setattr(signed_rows, "LARGE", large)
        solver.set_objective(problem)
        solver.pre_run_hook(None)
        assert isinstance(solver.arrays.inner_rows, IndexedRows) == (large == 1)
        ends.append(run(solver, 2))
    assert np.abs(ends[0]["outer_var"] - problem.outer_var0).max() > 1e-3
    for variable in ("inner_var", "outer_var"):
        np.testing.assert_allclose(ends[1][variable], ends[0][variable], rtol=1e-10)
    assert ends[1]["calls"] == ends[0]["calls"]


@pytest.mark.usefixtures("_all_samples_are_large")
@pytest.mark.parametrize("framework", ["numba", "python"])
def test_a_run_allocates_nothing_of_the_size_of_the_samples(framework):
    data = logreg_data(20_000, 10_000, 100)
    problem = LogReg(**data, reg="exp", n_reg="full", seed=0)
    solver = make_solver("SOBA", problem, framework=framework, eval_freq=4)
    with Allocated() as running:
        run(solver, 2)
    # Which samples are in which minibatch: a 4-byte number each, and the same once more to draw it.
    assert 4 * 30_000 < running.peak < 0.03 * data["X_train"].nbytes


@pytest.mark.usefixtures("_all_samples_are_large")
def test_samples_of_another_precision_are_copied():
    problem = make_problem()
    solver = make_solver("SOBA", problem, precision="float32", batch_size=16, eval_freq=5)
    solver.pre_run_hook(None)
    assert isinstance(solver.arrays.inner_rows, np.ndarray)
    assert solver.arrays.inner_rows.dtype == np.float32
    assert np.isfinite(run(solver, 1)["outer_var"]).all()

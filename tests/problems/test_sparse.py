"""Sparse data: the numbers of the dense computation, at the cost of the non-zeros."""

import numpy as np
import pytest
from scipy.sparse import coo_array, csc_array, csr_array, issparse

from benchmark_utils.numerics import newton
from benchmark_utils.numerics.value_function import value_function
from benchmark_utils.problems.logreg import LogReg
from benchmark_utils.problems.multinomial_logreg import MultinomialLogReg
from helpers import (
    MONTHLY,
    STOCHASTIC,
    component,
    constant_steps,
    get_data,
    logreg_data,
    make_solver,
    multiclass_data,
    run,
)

pytestmark = pytest.mark.slow

GRADIENTS = ("inner_grad", "inner_grads", "inner_lambda_grad", "outer_grad", "outer_lambda_grad")
ORACLES = (*GRADIENTS, "hvp", "cross", "inner_grad_hvp_cross")


def sparsified(make=csr_array, **shape):
    """The same samples twice, dense and sparse: a third of the entries are not zero."""
    dense = logreg_data(**shape)
    for part in ("X_train", "X_val"):
        keep = np.random.default_rng(1).uniform(size=dense[part].shape) < 1 / 3
        dense[part] = dense[part] * keep
    return dense, {name: make(x) if name.startswith("X") else x for name, x in dense.items()}


def problems(data, reg="exp", n_reg="full"):
    return [LogReg(**arrays, reg=reg, n_reg=n_reg, seed=0) for arrays in data]


def a9a(n_samples=None):
    data = get_data("libsvm", dataset="a9a", validation="holdout")
    del data["task"]
    data = {name: array[:n_samples] for name, array in data.items()}
    return {name: x.toarray() if issparse(x) else x for name, x in data.items()}, data


def worst_difference(pair, framework, batch_size, precision, blocks):
    """The largest difference between the oracles of two problems, relative to the values' size."""
    rng = np.random.default_rng(0)
    theta, v = rng.standard_normal((2, pair[0].inner_dim)).astype(precision)
    outer_var = rng.uniform(-1, 1, pair[0].outer_dim).astype(precision)
    dtype = np.dtype(precision)
    dense, sparse = (
        problem.arrays(batch_size, batch_size, dtype, np.random.default_rng(0)) for problem in pair
    )
    worst = 0
    for name in ORACLES:
        args = (theta, outer_var, *(() if name in GRADIENTS else (v,)))
        for block in blocks:
            expected, values = (
                getattr(problem.oracle(framework), name)(arrays, *args, block)
                for problem, arrays in zip(pair, (dense, sparse), strict=True)
            )
            if not isinstance(expected, tuple):
                expected, values = (expected,), (values,)
            for value, exact in zip(values, expected, strict=True):
                assert value.dtype == dtype
                scale = max(1, np.abs(exact).max())
                worst = max(worst, np.abs(np.asarray(value) - np.asarray(exact)).max() / scale)
    return worst


@pytest.mark.parametrize("framework", ["numba", "jax", "python"])
@pytest.mark.parametrize(
    ("batch_size", "precision", "tolerance"),
    [
        pytest.param(1, "float64", 1e-12, marks=MONTHLY),
        (64, "float64", 1e-12),
        (64, "float32", 1e-5),
    ],
)
def test_sparse_and_dense_oracles_agree_on_a_part_of_a9a(
    framework, batch_size, precision, tolerance
):
    pair = problems(a9a(1000))
    # The last block of 64 is shorter, of 40 samples.
    blocks = (0, 7, -(-1000 // batch_size) - 1)
    assert worst_difference(pair, framework, batch_size, precision, blocks) < tolerance


def test_sparse_and_dense_kernels_agree_on_a9a():
    blocks = range(-(-8_141 // 512))
    assert worst_difference(problems(a9a()), "numba", 512, "float64", blocks) < 1e-12


@pytest.mark.parametrize("make", [csr_array, csc_array, coo_array])
@pytest.mark.parametrize(("reg", "n_reg"), [("exp", "full"), ("exp", 1), ("lin", "full")])
def test_full_batch_functions_of_sparse_data_are_those_of_dense_data(make, reg, n_reg):
    dense, sparse = problems(sparsified(make, p=6), reg, n_reg)
    rng = np.random.default_rng(0)
    theta, v = rng.standard_normal((2, 6))
    outer_var = rng.uniform(size=dense.outer_dim)
    for name in ("inner_value_grad", "outer_value_grad", "inner_hessian", "inner_hessian_diagonal"):
        exact, value = (
            flat(getattr(problem, name)(theta, outer_var)) for problem in (dense, sparse)
        )
        np.testing.assert_allclose(value, exact, rtol=1e-12, atol=1e-15)
    for name in ("hvp", "cross"):
        exact = getattr(dense, name)(theta, outer_var, v)
        np.testing.assert_allclose(getattr(sparse, name)(theta, outer_var, v), exact, 1e-12, 1e-15)
    assert sparse.inner_smoothness(outer_var) == pytest.approx(dense.inner_smoothness(outer_var))
    assert sparse.metrics(theta, outer_var) == dense.metrics(theta, outer_var)


def flat(values):
    """All numbers of an array, or of a tuple of arrays or tuples, one after the other."""
    if isinstance(values, tuple):
        return np.concatenate([flat(value) for value in values])
    return np.ravel(values)


@pytest.mark.parametrize(
    ("name", "framework"),
    [(name, "python") for name in STOCHASTIC]
    + [("SOBA", "numba"), ("SABA", "numba"), ("SABA", "jax")],
)
def test_solvers_walk_the_same_path_on_sparse_data(name, framework):
    parameters = dict(framework=framework, batch_size=16, eval_freq=50)
    exact, result = (
        run(make_solver(name, problem, **parameters, **constant_steps(name)), 2)
        for problem in problems(sparsified())
    )
    for variable in ("inner_var", "outer_var"):
        np.testing.assert_allclose(result[variable], exact[variable], rtol=1e-10)
    assert result["calls"] == exact["calls"]


def test_one_solver_takes_dense_and_sparse_data_in_turn():
    dense, sparse = problems(sparsified())
    solver = make_solver("SOBA", batch_size=16, eval_freq=20)
    ends = []
    for problem in (dense, sparse, dense):
        solver.set_objective(problem)
        ends.append(run(solver, 1)["outer_var"])
    np.testing.assert_allclose(ends[1], ends[0], rtol=1e-12)
    np.testing.assert_array_equal(ends[2], ends[0])


@pytest.mark.parametrize("reg", ["exp", "lin"])
def test_newton_with_conjugate_gradients_is_newton_with_a_dense_hessian(reg, monkeypatch):
    dense, sparse = problems(sparsified(n=400, m=300, p=120), reg)
    rng = np.random.default_rng(0)
    # Penalties over eight decades, where conjugate gradients without a preconditioner are lost.
    outer_var = dense.from_weights(10 ** rng.uniform(-4, 4, dense.outer_dim))
    value, gradient, inner_star = value_function(dense, outer_var, np.zeros(dense.inner_dim))
    products = count_products(sparse)
    monkeypatch.setattr(newton, "DENSE_DIM", 1)
    cg_value, cg_gradient, cg_star = value_function(sparse, outer_var, np.zeros(dense.inner_dim))
    assert cg_value == pytest.approx(value, rel=1e-12)
    error = np.linalg.norm(cg_gradient - gradient) / np.linalg.norm(gradient)
    assert error < 1e-10
    np.testing.assert_allclose(cg_star, inner_star, atol=1e-11)
    assert 10 < len(products) < 600


def count_products(problem):
    """A list that grows by one at each product with the Hessian."""
    products = []
    make_product = problem.inner_hessian_product

    def counted(inner_var, outer_var):
        product = make_product(inner_var, outer_var)
        return lambda v: products.append(1) or product(v)

    problem.inner_hessian_product = counted
    return products


def test_many_features_are_judged_exactly(monkeypatch):
    # p = 1500 > DENSE_DIM, against the same problem solved with a dense Hessian.
    dense, sparse = problems(sparsified(n=200, m=100, p=1500))
    outer_var = np.random.default_rng(0).uniform(-8, 2, 1500)
    start = np.zeros(1500)
    value, gradient, _ = value_function(sparse, outer_var, start)
    monkeypatch.setattr(newton, "DENSE_DIM", 1500)
    exact_value, exact_gradient, _ = value_function(dense, outer_var, start)
    assert value == pytest.approx(exact_value, rel=1e-11)
    error = np.linalg.norm(gradient - exact_gradient) / np.linalg.norm(exact_gradient)
    assert error < 1e-10


def test_the_problem_shares_the_arrays_of_its_data():
    for data in sparsified():
        problem = LogReg(**data, reg="exp", n_reg="full", seed=0)
        kept, given = problem.all_samples.inner_rows[0].X, data["X_train"]
        assert np.shares_memory(*(x.data if issparse(x) else x for x in (kept, given)))


def multinomials():
    """The same multinomial logistic regression of dense and of sparse samples."""
    dense = multiclass_data(p=8)
    for part in ("X_train", "X_val"):
        dense[part] = dense[part] * (np.abs(dense[part]) > 0.7)
    sparse = {name: csr_array(x) if name.startswith("X") else x for name, x in dense.items()}
    return [MultinomialLogReg(**x, reg="exp", n_reg="full", seed=0) for x in (dense, sparse)]


# A dense Hessian, and conjugate gradients.
@pytest.mark.parametrize("dense_dim", [1000, 1])
def test_sparse_samples_of_many_classes_have_the_dense_h(dense_dim, monkeypatch):
    monkeypatch.setattr(newton, "DENSE_DIM", dense_dim)
    dense, sparse = multinomials()
    lam, start = np.linspace(-4, -1, 8), np.zeros(24)
    for found, expected in zip(
        value_function(sparse, lam, start), value_function(dense, lam, start), strict=True
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    assert sparse.metrics(start + 1, lam) == dense.metrics(start + 1, lam)
    assert sparse.inner_smoothness(lam) == pytest.approx(dense.inner_smoothness(lam), rel=1e-9)


def test_sparse_samples_of_many_classes_are_for_full_batch_solvers():
    dense, sparse = multinomials()
    paths = [run(make_solver("HOAG", problem), 5)["outer_var"] for problem in (dense, sparse)]
    assert np.abs(paths[0] - dense.outer_var0).max() > 0.1
    np.testing.assert_allclose(*paths, rtol=1e-6)
    soba = component("solver", "SOBA").get_instance()
    assert soba.refuse(sparse).startswith("SOBA: this problem has no minibatch oracles")

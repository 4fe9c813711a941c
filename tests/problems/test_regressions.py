"""Regressions with minibatches: ridge, kernel ridge and Huber share their oracles."""

import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import HuberRegressor

from helpers import (
    MONTHLY,
    assert_blocks_average_to_the_full_batch,
    assert_derivatives,
    assert_frameworks_agree,
    make_full_batch,
    make_solver,
    run,
)

PARAMETERS = {
    "ridge": dict(reg="exp", n_reg="full", outer="validation"),
    # Some residuals are on either side of delta.
    "huber": dict(reg="exp", n_reg="full", delta=1.0),
    "kernel_ridge": dict(reg="exp", n_reg=1, n_centres=10, width=0.5),
}
SHAPE = dict(n_samples=150, n_features=5, n_nonzero=2)
PROBLEMS = pytest.mark.parametrize("name", PARAMETERS)


def make(name, **parameters):
    return make_full_batch(name, data=SHAPE, **PARAMETERS[name] | parameters)


def point(problem):
    rng = np.random.default_rng(1)
    return rng.standard_normal(problem.inner_dim), rng.uniform(-2, 1, problem.outer_dim)


@PROBLEMS
@pytest.mark.parametrize("reg", ["exp", "lin"])
@pytest.mark.parametrize("n_reg", ["full", 1])
def test_derivatives_agree_with_central_differences(name, reg, n_reg):
    problem = make(name, reg=reg, n_reg=n_reg)
    theta, lam = point(problem)
    assert_derivatives(problem, theta, lam if reg == "exp" else np.exp(lam), rtol=1e-6, atol=1e-8)


@PROBLEMS
@pytest.mark.parametrize("batch_size", [1, 16, 32, 75])
def test_the_mean_over_blocks_is_the_full_batch_also_when_the_last_block_is_shorter(
    name, batch_size
):
    problem = make(name)
    size = min(batch_size, problem.n_outer_samples)
    assert_blocks_average_to_the_full_batch(problem, *point(problem), size)


@PROBLEMS
def test_oracles_of_all_frameworks_agree(name):
    problem = make(name)
    assert problem.frameworks == ("numba", "jax", "torch", "python")
    assert_frameworks_agree(problem, *point(problem), batch_size=16)


@pytest.mark.slow
@PROBLEMS
@pytest.mark.parametrize("precision", ["float64", pytest.param("float32", marks=MONTHLY)])
def test_stochastic_solvers_walk_the_same_path_on_all_frameworks(name, precision):
    ends = {
        framework: run(
            make_solver(
                "SOBA", make(name), framework=framework, precision=precision, batch_size=16,
                eval_freq=50,
            ),
            4,
        )
        for framework in ("python", "numba", "jax")
    }  # fmt: skip
    tolerance = dict(rtol=1e-9) if precision == "float64" else dict(rtol=1e-3, atol=1e-4)
    for end in ends.values():
        for variable in ("inner_var", "outer_var"):
            assert end[variable].dtype == precision
            np.testing.assert_allclose(end[variable], ends["python"][variable], **tolerance)


@PROBLEMS
def test_smoothness_bounds_the_hessian(name):
    problem = make(name)
    _, lam = point(problem)
    # At theta = 0 Huber's loss is curved where targets are small only.
    largest = np.linalg.eigvalsh(problem.inner_hessian(problem.inner_var0, lam))[-1]
    assert largest <= problem.inner_smoothness(lam) * (1 + 1e-12)


def test_kernel_ridge_on_all_training_samples_is_that_of_scikit_learn():
    problem = make("kernel_ridge", n_centres=1000)
    raw = make("ridge")
    n, width = raw.n_inner_samples, 0.5 * np.sqrt(2 * np.var(raw.X, axis=0).sum())
    peer = KernelRidge(kernel="rbf", gamma=1 / (2 * width**2), alpha=n * np.exp(-3.0))
    peer.fit(raw.X, raw.y)
    theta, _ = problem.solve_inner(np.array([-3.0]), problem.inner_var0)
    assert problem.inner_dim == n
    np.testing.assert_allclose(problem.X_val @ theta, peer.predict(raw.X_val), rtol=1e-7, atol=1e-9)


def test_hubers_solution_is_that_of_scikit_learn():
    # That of scikit-learn has a scale, which it fits: delta is epsilon times that.
    raw = make("ridge")
    peer = HuberRegressor(epsilon=1.2, alpha=0.1, fit_intercept=False, tol=1e-12, max_iter=10_000)
    peer.fit(raw.X, raw.y)
    problem = make("huber", delta=1.2 * peer.scale_, n_reg=1)
    weight = peer.scale_ * 0.1 / raw.n_inner_samples
    theta, _ = problem.solve_inner(np.log([weight]), problem.inner_var0)
    residuals = raw.X @ theta - raw.y
    assert 5 < np.count_nonzero(abs(residuals) > problem.all_samples.inner_fit.delta) < 60
    np.testing.assert_allclose(theta, peer.coef_, rtol=1e-4, atol=1e-5)


def test_hubers_loss_with_a_large_delta_is_ridges():
    huber, ridge = make("huber", delta=1e3), make("ridge")
    _, lam = point(ridge)
    solutions = [problem.solve_inner(lam, problem.inner_var0)[0] for problem in (huber, ridge)]
    np.testing.assert_allclose(*solutions, rtol=1e-10)
    values = [problem.outer_value_grad(solutions[0], lam)[0] for problem in (huber, ridge)]
    assert 2 * values[0] == pytest.approx(values[1], rel=1e-12)


def test_one_wild_target_moves_hubers_solution_less_than_ridges():
    def shift(name):
        problem = make(name)
        rows, targets = (problem.all_samples.inner_rows[0].X, problem.all_samples.inner_fit.targets)
        lam = np.full(problem.outer_dim, -5.0)
        before, _ = problem.solve_inner(lam, problem.inner_var0)
        targets[0, 0] += 100
        if name == "ridge":
            problem.y[0] += 100
        after, _ = problem.solve_inner(lam, problem.inner_var0)
        return np.linalg.norm(rows @ (after - before))

    assert shift("huber") < 0.1 * shift("ridge")


def test_where_f_is_g_there_are_no_minibatches():
    assert make("ridge", outer="inner").frameworks == ()


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("huber", {"task": "binary"}, "a robust regression needs the task regression"),
        ("kernel_ridge", {"task": "binary"}, "a kernel ridge regression needs the task regression"),
        ("kernel_ridge", {"X_train": np.ones((4, 2))}, "All rows of X_train are the same"),
    ],
)
def test_data_that_are_not_for_them_are_refused_in_a_sentence(name, change, reason):
    from benchmark_utils.problems import get_problem

    data = dict(task="regression", X_train=np.eye(4), y_train=np.arange(4.0)) | change
    assert get_problem(name).refuse(**data).startswith(reason)

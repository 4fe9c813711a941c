"""Linear models with an l1 penalty: their oracles, the proximal step, and what MEHA makes of them.

What the Lasso has besides is tested in ``tests/numerics/test_lasso.py``.
"""

import numpy as np
import pytest
from celer import LogisticRegression
from sklearn.linear_model import ElasticNet

from benchmark_utils.algorithms.counting import CountedProblem
from benchmark_utils.frameworks import get_framework, refuse_framework
from benchmark_utils.numerics.value_function import value_function
from benchmark_utils.problems.sparse_logreg import SparseLogReg
from helpers import (
    MONTHLY,
    assert_frameworks_agree,
    central_difference,
    get_data,
    logreg_data,
    make_full_batch,
    make_solver,
    run,
)

SHAPE = dict(n_samples=150, n_features=6, n_nonzero=2)


def lasso(n_reg="full"):
    return make_full_batch("lasso", data=SHAPE, n_reg=n_reg)


def elastic_net(n_reg="full", ridge=0.2):
    return make_full_batch("elastic_net", data=SHAPE, n_reg=n_reg, ridge=ridge)


def sparse_logreg(n_reg="full"):
    return SparseLogReg(**logreg_data(), n_reg=n_reg, seed=0)


PROBLEMS = pytest.mark.parametrize("make", [lasso, elastic_net, sparse_logreg])
N_REG = pytest.mark.parametrize("n_reg", ["full", 1])


def point(problem):
    rng = np.random.default_rng(1)
    theta = rng.standard_normal(problem.inner_dim)
    theta[0] = 0
    return theta, rng.uniform(problem.lower, problem.upper, problem.outer_dim)


@PROBLEMS
@N_REG
def test_oracles_are_the_derivatives_of_the_smooth_part_and_of_the_penalty(make, n_reg):
    problem = make(n_reg)
    theta, lam = point(problem)
    v, tolerance = np.linspace(-1, 1, problem.inner_dim), dict(rtol=1e-7, atol=1e-9)
    arrays = problem.arrays(
        problem.n_inner_samples, problem.n_outer_samples, float, np.random.default_rng(0)
    )
    oracle = problem.oracle("python")

    def grad(x):
        return problem.inner_value_grad(x, lam)[1]

    smooth = central_difference(lambda x: problem.inner_value_grad(x, lam)[0], theta)
    np.testing.assert_allclose(oracle.inner_grad(arrays, theta, lam, 0), smooth, **tolerance)
    hessian = central_difference(grad, theta)
    np.testing.assert_allclose(oracle.hvp(arrays, theta, lam, v, 0), hessian @ v, **tolerance)
    np.testing.assert_allclose(problem.hessian_on(theta, lam, theta != 0),
                               hessian[1:, 1:], **tolerance)  # fmt: skip
    penalty = central_difference(lambda x: problem.penalty(theta, x), lam)
    np.testing.assert_allclose(
        oracle.inner_lambda_grad(arrays, theta, lam, 0), penalty, **tolerance
    )
    slopes = central_difference(lambda x: problem.subgradient(theta, x), lam)
    np.testing.assert_allclose(oracle.cross(arrays, theta, lam, v, 0), v @ slopes, **tolerance)
    outer = central_difference(lambda x: problem.outer_value_grad(x, lam)[0], theta)
    np.testing.assert_allclose(oracle.outer_grad(arrays, theta, lam, 0)[0], outer, **tolerance)


@PROBLEMS
@pytest.mark.parametrize("batch_size", [1, 16, 32])
def test_the_mean_over_blocks_is_the_full_batch_also_when_the_last_block_is_shorter(
    make, batch_size
):
    problem = make()
    theta, lam = point(problem)
    arrays = problem.arrays(batch_size, batch_size, float, np.random.default_rng(0))
    oracle, blocks = problem.oracle("python"), problem.block_sizes(batch_size, batch_size)
    inner = [oracle.inner_grad(arrays, theta, lam, block) for block in range(len(blocks[0]))]
    outer = [oracle.outer_grad(arrays, theta, lam, block)[0] for block in range(len(blocks[1]))]
    for grads, full in (
        (inner, problem.inner_value_grad(theta, lam)[1]),
        (outer, problem.outer_value_grad(theta, lam)[1][0]),
    ):
        np.testing.assert_allclose(np.mean(grads, axis=0), full, rtol=1e-10, atol=1e-13)


@PROBLEMS
@N_REG
def test_oracles_and_proximal_steps_of_all_frameworks_agree(make, n_reg):
    problem = make(n_reg)
    theta, lam = point(problem)
    assert problem.frameworks == ("numba", "jax", "torch", "python")
    assert_frameworks_agree(problem, theta, lam, batch_size=16)
    arrays = problem.arrays(16, 16, float, np.random.default_rng(0))
    expected = problem.prox(theta, lam, 0.3)
    assert 0 < np.count_nonzero(expected) < problem.inner_dim
    for framework in set(problem.frameworks) - {"numba"}:
        if not refuse_framework(framework):
            runtime = get_framework(framework)
            loaded = runtime.load((arrays, theta, lam), runtime.find_device("cpu"))
            found = problem.oracle(framework).prox(*loaded, 0.3)
            np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.slow
@PROBLEMS
@pytest.mark.parametrize("precision", ["float64", pytest.param("float32", marks=MONTHLY)])
def test_meha_walks_the_same_path_on_all_frameworks(make, precision):
    parameters = dict(batch_size=16, eval_freq=50, step_size=0.1, outer_step_size=0.5)
    ends = {
        framework: run(
            make_solver("MEHA", make(), framework=framework, precision=precision, **parameters), 4
        )
        for framework in ("python", "numba", "jax")
    }
    tolerance = dict(rtol=1e-9) if precision == "float64" else dict(rtol=1e-3, atol=1e-4)
    for end in ends.values():
        for variable in ("inner_var", "outer_var"):
            assert end[variable].dtype == precision
            np.testing.assert_allclose(end[variable], ends["python"][variable], **tolerance)


def test_meha_with_a_proximal_step_is_its_papers_algorithm():
    problem = lasso()
    X, y = problem.X, problem.y
    X_val, y_val = problem.X_val, problem.y_val

    def prox(point, x, step):
        return np.sign(point) * np.maximum(np.abs(point) - step * np.exp(x), 0)

    def gy(x, y_):
        return X.T @ (X @ y_ - y) / len(y)

    x, theta = problem.outer_var0, problem.inner_var0
    beta, alpha, gamma, w = 0.2, 0.5, 5.0, theta
    for k in range(1, 41):
        c, f_grad = 10 * k**0.25, 2 * X_val.T @ (X_val @ theta - y_val) / len(y_val)
        w = prox(w - beta * (gy(x, w) + (w - theta) / gamma), x, beta)
        x = problem.project(x - alpha * np.exp(x) * (np.abs(theta) - np.abs(w)))
        forward = theta - beta * (f_grad / c + gy(x, theta) - (theta - w) / gamma)
        theta = prox(forward, x, beta)
    solver = make_solver(
        "MEHA", problem, framework="python", batch_size="full", eval_freq=1, step_size=beta,
        outer_step_size=alpha, penalty=10.0, penalty_growth=0.25, proximity=1 / gamma,
    )  # fmt: skip
    result = run(solver, 40)
    assert 0 < np.count_nonzero(theta) < 6
    np.testing.assert_allclose(result["outer_var"], x, rtol=1e-12)
    np.testing.assert_allclose(result["inner_var"], theta, rtol=1e-12, atol=1e-15)


@pytest.mark.slow
def test_mehas_error_on_a_lasso_vanishes_as_its_penalty_grows():
    problem = lasso(n_reg=1)
    best = min(
        value_function(problem, np.array([lam]), problem.inner_var0)[0]
        for lam in np.linspace(problem.lower, problem.upper, 2000)
    )
    parameters = dict(framework="jax", batch_size="full", eval_freq=5000, penalty_growth=0.0)

    def gap(penalty):
        solver = make_solver(
            "MEHA", problem, penalty=penalty, step_size=0.3, outer_step_size=penalty / 10,
            **parameters,
        )  # fmt: skip
        outer_var = run(solver, 10)["outer_var"]
        return value_function(problem, outer_var, problem.inner_var0)[0] - best

    assert gap(100.0) < 0.2 * gap(10.0)


@pytest.mark.parametrize("make", [elastic_net, sparse_logreg])
@N_REG
def test_hypergradients_agree_with_central_differences_of_h(make, n_reg):
    problem = make(n_reg)
    # Where the support has some of the features, and does not change nearby.
    lam = np.full(problem.outer_dim, np.log(problem.penalty_max / 2.5))
    _, grad, inner_star = value_function(problem, lam, problem.inner_var0)
    assert 0 < np.count_nonzero(inner_star) < problem.inner_dim
    expected = central_difference(
        lambda x: value_function(problem, x, problem.inner_var0)[0], lam, 1e-5
    )
    np.testing.assert_allclose(grad, expected, rtol=1e-6, atol=1e-9)


def test_the_elastic_net_is_that_of_scikit_learn():
    problem, l1 = elastic_net(n_reg=1, ridge=0.2), 0.05
    peer = ElasticNet(alpha=l1 + 0.2, l1_ratio=l1 / (l1 + 0.2), fit_intercept=False, tol=1e-14,
                      max_iter=100_000)  # fmt: skip
    peer.fit(problem.X, problem.y)
    theta, _ = problem.solve_inner(np.log([l1]), problem.inner_var0)
    assert 0 < np.count_nonzero(theta) < 6
    np.testing.assert_allclose(theta, peer.coef_, rtol=1e-8, atol=1e-12)


def test_sparse_logistic_regression_is_that_of_celer():
    problem, data = sparse_logreg(n_reg=1), logreg_data()
    l1, n = problem.penalty_max / 4, len(data["y_train"])
    peer = LogisticRegression(C=1 / (n * l1), tol=1e-14, max_iter=1000)
    peer.fit(data["X_train"], data["y_train"])
    theta, _ = problem.solve_inner(np.log([l1]), problem.inner_var0)
    assert 0 < np.count_nonzero(theta) < problem.inner_dim
    np.testing.assert_array_equal(theta != 0, peer.coef_[0] != 0)
    np.testing.assert_allclose(theta, peer.coef_[0], rtol=1e-7)


@pytest.mark.parametrize("place", [0.0, 0.3, 0.9])
def test_sparse_logistic_regression_is_solved_where_samples_are_nearly_separable(place):
    data = get_data("breast_cancer")
    del data["task"]
    for array in data.values():
        array.flags.writeable = False
    problem = SparseLogReg(**data, n_reg="full", seed=0)
    lam = problem.lower + place * (problem.upper - problem.lower) * np.linspace(0, 1, 30)
    theta, _ = problem.solve_inner(lam, problem.inner_var0)
    # The slope of the loss is minus the penalty's where theta is not 0, and at most that elsewhere.
    _, slopes = problem.inner_value_grad(theta, lam)
    weights = np.exp(lam)
    np.testing.assert_allclose(
        slopes[theta != 0], -(weights * np.sign(theta))[theta != 0], rtol=1e-8
    )
    assert (abs(slopes) <= weights * (1 + 1e-8)).all()


@PROBLEMS
def test_the_penalty_that_zeroes_everything_does(make):
    problem = make(1)
    for factor, n_nonzero in ((1.0001, 0), (0.999, 1)):
        lam = np.log([factor * problem.penalty_max])
        theta, _ = problem.solve_inner(lam, problem.inner_var0)
        assert np.count_nonzero(theta) == n_nonzero


def test_sparse_samples_give_the_same():
    from scipy.sparse import csr_array

    data = logreg_data()
    sparse = data | {name: csr_array(data[name]) for name in ("X_train", "X_val")}
    problems = [SparseLogReg(**given, n_reg="full", seed=0) for given in (data, sparse)]
    lam = problems[0].outer_var0
    dense, found = (value_function(problem, lam, np.zeros(5)) for problem in problems)
    for value, expected in zip(found, dense, strict=True):
        np.testing.assert_allclose(value, expected, rtol=1e-10, atol=1e-14)


def test_hessians_on_a_support_count_as_their_columns():
    counted = CountedProblem(lasso())
    theta, lam = point(counted)
    places = np.arange(counted.inner_dim) < 2
    counted.hessian_on(theta, lam, places)
    assert counted.counts["hvp"] == 2 * counted.n_inner_samples

"""SHINE and its like: how near their estimates are to the hypergradient of h."""

import numpy as np
import pytest

from benchmark_utils.numerics.inner_solvers import lbfgs
from benchmark_utils.numerics.linear_solvers import LINEAR_SOLVERS, implicit_gradient
from benchmark_utils.numerics.value_function import value_function
from benchmark_utils.problems.logreg import LogReg
from helpers import assert_advice, get_data, make_full_batch, make_ridge, make_solver, run

LAMBDA = np.array([np.log(1e-2)])
DATA = {
    "simulated": ("simulated", dict(n_samples=2000, n_features=50, correlation=0.9)),
    "a9a": ("libsvm", dict(dataset="a9a", validation="holdout")),
}


@pytest.fixture(scope="module", params=DATA)
def problem(request):
    name, parameters = DATA[request.param]
    data = get_data(name, **parameters)
    del data["task"]
    return LogReg(**data, reg="exp", n_reg=1, box="none", seed=0)


@pytest.fixture(scope="module")
def ratio(problem):
    """A function of a linear solver: its estimate divided by the hypergradient."""
    start = np.zeros(problem.inner_dim)
    _, exact, _ = value_function(problem, LAMBDA, start)
    solution = lbfgs(problem, LAMBDA, start, 1e-3, memory=20)

    def ratio(name, max_iterations=1000):
        solve = LINEAR_SOLVERS[name]
        point = implicit_gradient(problem, solution, LAMBDA, solve, start, 1e-8, max_iterations)
        return point.hypergradient[0] / exact[0]

    return ratio


def test_shine_is_near_the_hypergradient_and_the_identity_far_from_it(ratio):
    assert 0.75 < ratio("shine") < 1.25
    assert abs(ratio("jacobian_free")) < 0.05


def test_five_steps_of_conjugate_gradients_refine_shine(ratio):
    refined, rough = (abs(ratio(name) - 1) for name in ("shine_refined", "shine"))
    assert refined < rough / 2
    assert abs(ratio("conjugate_gradient") - 1) < 0.02


def hoag(problem, calls=None, **parameters):
    """h at the end of HOAG and its oracle calls, after 24 iterations or a number of calls."""
    solver = make_solver("HOAG", problem, rate=0.78, memory=30, **parameters)

    def spent():
        return sum(solver.get_result()["calls"].values())

    if calls is None:
        run(solver, 24)
    else:
        solver.run(lambda: spent() < calls)
    return value_function(problem, solver.get_result()["outer_var"], problem.inner_var0)[0], spent()


@pytest.mark.parametrize("seed", range(3))
def test_in_hoag_shine_ends_below_the_others_at_equal_oracle_calls(seed):
    data = get_data("simulated", **DATA["simulated"][1], seed=seed)
    del data["task"]
    problem = LogReg(**data, reg="exp", n_reg=1, seed=0)
    shine, calls = hoag(problem, linear_solver="shine")
    few_steps, _ = hoag(problem, calls, max_linear_iterations=5)
    identity, _ = hoag(problem, calls, linear_solver="jacobian_free")
    exact, all_calls = hoag(problem)
    assert shine < min(few_steps, identity)
    assert shine < exact + 1e-6
    assert calls < all_calls / 2


def test_the_matrix_of_the_inner_solver_has_the_newest_pair_last():
    # With fewer pairs than iterations; SciPy returns them in the order of its workspace.
    problem = make_ridge()
    solutions = [
        lbfgs(problem, problem.outer_var0, problem.inner_var0, 0.0, n_iterations, memory=3)
        for n_iterations in (6, 7)
    ]
    before, after = (
        np.array([theta, problem.inner_value_grad(theta, problem.outer_var0)[1]])
        for theta, _ in solutions
    )
    step, change = after - before
    matrix = solutions[-1].inverse_hessian
    assert matrix.n_pairs == 3
    np.testing.assert_allclose(matrix(change), step, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", ["HOAG", "Implicit"])
def test_solvers_give_their_memory_to_the_inner_solver(name):
    problem = make_ridge()
    inner_solver = {} if name == "HOAG" else dict(inner_solver="lbfgs")
    solver = make_solver(name, problem, memory=2, **inner_solver)
    solution = solver.solve(problem, problem.outer_var0, problem.inner_var0, 1e-8)
    assert solution.inverse_hessian.n_pairs == 2


@pytest.mark.parametrize("linear_solver", ["shine", "shine_refined"])
def test_hoag_has_no_matrix_on_a_lasso(linear_solver):
    skipped, reason = make_solver("HOAG", linear_solver=linear_solver).skip(
        make_full_batch("lasso", n_reg="full")
    )
    assert skipped
    assert_advice(reason, "HOAG", linear_solver=linear_solver)

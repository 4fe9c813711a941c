"""The table of optima: its rows, and to which tasks they belong."""

import numpy as np
import pytest
from scipy.optimize import LinearConstraint, minimize
from suite import BENCHMARK, make_dataset, problem_of

from benchmark_utils import optima
from benchmark_utils.optima import find_optimum, stored_optima
from benchmark_utils.problems import default_parameters, get_problem
from helpers import get_data

HEADER = ",".join(optima.Optimum._fields)


@pytest.fixture
def table(tmp_path, monkeypatch):
    path = tmp_path / "optima.csv"
    path.write_text(
        f"{HEADER}\ndata,logreg[],0.5,0.25,1e-12,9,8,1,0\ndata,logreg[],0.75,0.2,0,1,1,0,0\n"
    )
    monkeypatch.setattr(optima, "stored_optima", lambda: stored_optima(path))


def test_an_optimum_belongs_to_the_same_names_and_the_same_start(table):
    assert find_optimum("data", "logreg[]", lambda: 0.5) == 0.25
    assert find_optimum("data", "logreg[]", lambda: 0.75 * (1 + 1e-12)) == 0.2
    assert find_optimum("data", "logreg[]", lambda: 0.5001) is None


def test_h_at_the_start_is_computed_for_known_names_only(table):
    def fail():
        raise AssertionError

    assert find_optimum("other data", "logreg[]", fail) is None
    assert find_optimum("data", "ridge[]", fail) is None


def test_the_stored_optima_are_near_stationary():
    rows = stored_optima()
    assert rows
    assert all(row.value < row.start_value and row.agreeing >= 1 for row in rows)


def test_the_stored_optimum_of_ijcnn1_is_the_published_one():
    [row] = [
        row
        for row in stored_optima()
        if row.dataset.startswith("ijcnn1[") and "box=default" in row.problem
    ]
    assert row.value == pytest.approx(0.20389443402, abs=2e-11)


@pytest.mark.parametrize(
    ("box", "name"),
    [("default", "default"), ((-12, 0), "default"), ((-12, -1), "(-12, -1)"), ("none", "none")],
)
def test_the_default_box_has_the_same_optimum_however_it_is_given(box, name):
    objective = BENCHMARK.get_benchmark_objective().get_instance(box=box)
    problem_of(objective, make_dataset("simulated"))
    assert objective.problem_name() == f"logreg[box={name},n_reg=full,reg=exp]"
    assert (objective.optimum is not None) == (name == "default")


def test_the_widest_box_is_the_default_one_of_a_linear_penalty():
    objective = BENCHMARK.get_benchmark_objective().get_instance(reg="lin", box="none")
    problem_of(objective, make_dataset("simulated"))
    assert objective.problem_name() == "logreg[box=default,n_reg=full,reg=lin]"


def lowest_of_all_signs(problem):
    """The lowest h of a Lasso or an elastic net with a penalty per feature, over all signs.

    Where the sign s_k of each entry is given, h is lowest at the lowest F such that
    -s_k grad_k G is a penalty of the box, or |grad_k G| is at most its largest where s_k is 0: a
    convex quadratic program. Branch and bound leaves out signs whose program, with those of some
    features only, is above the lowest value so far.
    """
    p, low, high = problem.inner_dim, *np.exp([problem.lower, problem.upper])
    lam, zero = problem.outer_var0, np.zeros(problem.inner_dim)

    def value(theta):
        result, (grad, _) = problem.outer_value_grad(theta, lam)
        return result, grad

    # All gradients are affine.
    slope, offset = problem.hvp, problem.inner_value_grad(zero, lam)[1]
    hessian = np.array([slope(zero, lam, unit) for unit in np.eye(p)])

    def constraints(signs):
        for k, s in signs.items():
            grad, unit = hessian[k], np.eye(p)[k]
            if s == 0:
                yield LinearConstraint(unit, 0, 0)
                yield LinearConstraint(grad, -high - offset[k], high - offset[k])
            else:
                yield LinearConstraint(s * unit, 0, np.inf)
                yield LinearConstraint(-s * grad, low + s * offset[k], high + s * offset[k])

    def solve(signs):
        result = minimize(
            value, zero, jac=True, method="SLSQP", constraints=list(constraints(signs)),
            options=dict(maxiter=200, ftol=1e-14),
        )  # fmt: skip
        return (result.fun, result.x) if result.status != 4 else (np.inf, zero)

    lowest, nodes = np.inf, [(*solve({}), {})]
    while nodes:
        bound, theta, signs = nodes.pop()
        if bound >= lowest - 1e-10:
            continue
        if len(signs) == p:
            lowest = bound
            continue
        penalty = -np.sign(theta) * (hessian @ theta + offset)
        violation = np.maximum(low - penalty, penalty - high)
        k = max(set(range(p)).difference(signs), key=lambda k: violation[k])
        more = [signs | {k: s} for s in (-1, 0, 1)]
        children = [(*solve(signs), signs) for signs in more]
        nodes += sorted(children, key=lambda child: -child[0])
    return lowest


@pytest.mark.slow
@pytest.mark.parametrize("name", ["elastic_net", "lasso"])
def test_stored_optima_with_an_l1_penalty_are_the_lowest_of_all_signs(name):
    data = get_data("diabetes")
    del data["task"]
    problem = get_problem(name)(**data, **default_parameters(name), seed=0)
    [row] = [row for row in stored_optima() if row.problem.startswith(f"{name}[")]
    assert lowest_of_all_signs(problem) == pytest.approx(row.value, abs=1e-9)

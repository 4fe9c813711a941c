"""Facts on real data: how near the optimum of IJCNN1 methods come with the steps tuned for it."""

from functools import cache

import numpy as np
import pytest
import yaml

from benchmark_utils.numerics.value_function import value_function
from benchmark_utils.optima import stored_optima
from benchmark_utils.problems.logreg import LogReg
from helpers import MONTHLY, ROOT, get_data, make_solver, run

pytestmark = pytest.mark.slow


@cache
def ijcnn1():
    data = get_data("ijcnn1")
    del data["task"]
    return LogReg(**data, reg="exp", n_reg="full", seed=0)


@cache
def optimum():
    """h* in the default box."""
    [row] = [
        row
        for row in stored_optima()
        if row.dataset.startswith("ijcnn1[") and "box=default" in row.problem
    ]
    return row.value


def gap(solver, n_callbacks):
    problem = ijcnn1()
    outer_var = run(solver, n_callbacks)["outer_var"]
    return value_function(problem, outer_var, np.zeros(problem.inner_dim))[0] - optimum()


@pytest.mark.parametrize(
    ("name", "n_iterations", "reached"),
    [
        ("SABA", 1_000_000, 1e-4),
        ("SOBA", 1_000_000, 1e-3),
        pytest.param("SRBA", 200_000, 1e-4, marks=MONTHLY),
    ],
)
def test_a_tuned_method_gets_near_the_optimum_and_not_below(name, n_iterations, reached):
    chosen = yaml.safe_load((ROOT / "tuning" / "ijcnn1" / "chosen.yml").read_text())[name]
    solver = make_solver(name, ijcnn1(), eval_freq=n_iterations // 4, **chosen)
    assert -1e-12 < gap(solver, 4) < reached


def test_quasi_newton_reaches_the_optimum_that_many_starts_of_scipy_found():
    assert abs(gap(make_solver("QuasiNewton", ijcnn1()), 40)) < 1e-10

"""Search loses to gradients as the dimension of lambda grows, at equal numbers of oracle calls."""

import numpy as np
import pytest

from benchmark_utils.numerics.value_function import value_function
from helpers import make_full_batch, make_solver, run


def gap_and_calls(problem, name, n_iterations, **parameters):
    """The part of the initial gap that is left, and the oracle calls that this took."""
    result = run(make_solver(name, problem, **parameters), n_iterations)
    start, last, best = (
        value_function(problem, outer_var, problem.inner_var0)[0]
        for outer_var in (problem.outer_var0, result["outer_var"], best_outer_var(problem))
    )
    return (last - best) / (start - best), sum(result["calls"].values())


def best_outer_var(problem):
    parameters = dict(tolerance=1e-6, outer_step_size="lbfgs")
    return run(make_solver("Implicit", problem, **parameters), 40)["outer_var"]


def penalties(d):
    shape = dict(n_samples=400, snr=0.3, n_features=d, n_nonzero=d // 2)
    return make_full_batch("ridge", data=shape, reg="exp", n_reg="full", outer="validation",
                           box="default")  # fmt: skip


@pytest.mark.parametrize("name", ["RandomSearch", "Optuna"])
def test_search_finds_two_penalties_and_not_twenty(name):
    pytest.importorskip(name.lower() if name == "Optuna" else "numpy")
    few, many = penalties(2), penalties(20)
    assert gap_and_calls(few, name, 60)[0] < 0.01
    left, calls = gap_and_calls(many, name, 60)
    assert left > 0.1
    with_gradients, fewer_calls = gap_and_calls(
        many, "Implicit", 10, tolerance=1e-4, outer_step_size="lbfgs"
    )
    assert with_gradients < 0.05
    assert fewer_calls < calls


def test_a_product_grid_of_twenty_penalties_is_refused():
    skipped, reason = make_solver("GridSearch", grid="product", n_values=2).skip(penalties(20))
    assert skipped
    assert "a product grid of n_values=2 in 20 dimensions is larger than the 10,000" in reason


def test_the_calls_of_gradients_grow_slower_than_the_dimension():
    def calls_until_a_tenth(d):
        problem = penalties(d)
        for n_iterations in range(1, 30):
            gap, calls = gap_and_calls(
                problem, "Implicit", n_iterations, tolerance=1e-4, outer_step_size="lbfgs"
            )
            if gap <= 0.1:
                return calls
        return np.inf

    assert calls_until_a_tenth(20) < 10 * calls_until_a_tenth(2)

"""What learning an augmentation and a representation gains, on a few digits."""

import numpy as np
import pytest

from benchmark_utils.numerics.value_function import value_function
from benchmark_utils.problems import get_problem
from helpers import get_data, make_solver, run


def few_digits(n, names=()):
    """The data of digits with n training images."""
    data = get_data("digits")
    data["X_train"], data["y_train"] = data["X_train"][:n], data["y_train"][:n]
    return {name: data[name] for name in data if name[:2] in ("X_", "y_") or name in names}


def judged(problem, outer_var):
    """h and the metrics at lambda."""
    value, _, inner_star = value_function(problem, outer_var, problem.inner_var0)
    return value, problem.metrics(inner_star, outer_var)


@pytest.mark.slow
def test_a_learnt_augmentation_generalises_better_than_none_and_than_equal_deviations():
    problem = get_problem("data_augmentation")(
        **few_digits(60, ["image_shape"]), n_draws=4, ridge=0.01, box="default", seed=0
    )
    learnt, scores = judged(problem, run(make_solver("HOAG", problem), 25)["outer_var"])
    none, scores_of_none = judged(problem, np.full(4, problem.lower))
    equal = [
        judged(problem, problem.from_unit_cube(np.full(4, u)))[0] for u in (0.2, 0.4, 0.6, 0.8)
    ]
    assert learnt < 0.98 * min(none, *equal)
    assert scores["test_accuracy"] > scores_of_none["test_accuracy"]


@pytest.mark.slow
def test_a_learnt_representation_generalises_better_and_soba_needs_fewer_calls():
    problem = get_problem("representation")(**few_digits(300), width=16, ridge=0.01, seed=0)
    solver = make_solver(
        "SOBA", problem, framework="jax", step_size=1, outer_step_size=3, eval_freq=500
    )
    first, first_scores = judged(problem, problem.outer_var0)
    result = run(solver, 2)
    last, last_scores = judged(problem, result["outer_var"])
    assert last < 0.6 * first
    assert last_scores["test_accuracy"] > first_scores["test_accuracy"] + 0.05
    problem.max_calls = sum(result["calls"].values())
    full_batch, _ = judged(problem, run(make_solver("HOAG", problem), 1000)["outer_var"])
    assert last < full_batch < first

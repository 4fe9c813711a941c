"""The box of lambda: every framework projects onto it, the judge and the black boxes know it."""

import numpy as np
import pytest

from benchmark_utils.frameworks import refuse_framework
from benchmark_utils.judge import Judge
from benchmark_utils.numerics.value_function import value_function
from benchmark_utils.problems import find_problems, get_problem
from benchmark_utils.problems.box import allowed_box, bounds_in
from benchmark_utils.problems.sparse_logreg import SparseLogReg
from benchmark_utils.validation import refusal
from helpers import (
    STOCHASTIC,
    get_data,
    logreg_data,
    make_problem,
    make_solver,
    multiclass_data,
    run,
)


def test_a_box_is_a_word_or_a_pair():
    assert all(allowed_box.test(box) for box in ("default", "none", (-3, 2.5), [-np.inf, 0]))
    assert not any(allowed_box.test(box) for box in (None, -12, (0, 0), (1, 0), (0, 1, 2), "x"))


def test_a_box_that_is_not_allowed_is_refused_in_a_sentence():
    class Owner:
        name, box = "bilevel", -12

    assert refusal(Owner, {"box": allowed_box}) == (
        "bilevel: box=-12 is not allowed; give one of default, none or a pair of increasing "
        "numbers in a list, such as [[-12, 0]]."
    )


@pytest.mark.parametrize("bound", [-12.1, -0.1, 0.1, 1 / 3])
def test_bounds_in_float32_are_inside_the_box(bound):
    low, high = bounds_in(np.float32, bound, bound + 1)
    assert bound <= low <= bound + 1e-6
    assert bound + 1 - 1e-6 <= high <= bound + 1


REGRESSIONS = ("ridge", "kernel_ridge", "huber", "lasso", "elastic_net")


def boxed(name, box):
    """A small problem of this name, with its box."""
    if name == "logreg":
        return make_problem(box=box)
    if name == "sparse_logreg":
        return SparseLogReg(**logreg_data(), n_reg="full", box=box, seed=0)
    parameters = {
        n: v for n, v in find_problems().declared[name].defaults.items() if n not in ("box", "seed")
    }
    if name in REGRESSIONS:
        data = get_data("simulated_regression", n_samples=80, n_features=6, n_nonzero=2)
    elif name == "data_cleaning_cnn":
        # The smallest images that its network takes.
        data = multiclass_data(p=13 * 13) | dict(image_shape=(13, 13))
    else:
        data = multiclass_data()
        if name == "data_augmentation":
            data["image_shape"] = (2, 2)
    data.pop("task", None)
    return get_problem(name)(**data, **parameters, box=box, seed=0)


BOXED = [name for name, problem in find_problems().declared.items() if "box" in problem.defaults]


def test_every_problem_with_exponential_weights_has_a_box():
    weights = {"logreg", "sparse_logreg", "multinomial_logreg", *REGRESSIONS}
    assert set(BOXED) == weights | {
        "data_cleaning", "data_cleaning_cnn", "data_cleaning_mlp", "data_augmentation"
    }  # fmt: skip


@pytest.mark.parametrize("name", BOXED)
def test_projection_start_and_search_respect_the_box(name):
    problem = boxed(name, (-1.5, -1.25))
    far = np.linspace(-9, 9, problem.outer_dim)
    np.testing.assert_array_equal(problem.project(far), np.clip(far, -1.5, -1.25))
    corners = [problem.from_unit_cube(np.full(problem.outer_dim, c)) for c in (0.0, 1.0)]
    np.testing.assert_allclose(corners, [np.full(problem.outer_dim, b) for b in (-1.5, -1.25)])
    np.testing.assert_array_equal(problem.outer_var0, problem.project(problem.outer_var0))
    free, default = boxed(name, "none"), boxed(name, "default")
    np.testing.assert_array_equal(free.project(far), far)
    assert np.isfinite([default.lower, default.upper]).all()
    for framework in filter(lambda name: not refuse_framework(name), problem.frameworks):
        arrays = problem.arrays(16, 16, np.dtype("float32"), np.random.default_rng(0))
        inside = problem.oracle(framework).project(arrays, far.astype("float32"))
        assert np.asarray(inside).dtype == np.float32
        np.testing.assert_array_equal(inside, problem.project(far).astype("float32"))


def test_a_linear_penalty_is_never_negative():
    assert make_problem(reg="lin").lower == 0
    assert make_problem(reg="lin", box=(-3, 2)).upper == 2
    assert make_problem(reg="lin", box=(-3, 2)).lower == 0


def test_the_judges_gradient_is_the_projected_one():
    free, problem = make_problem(), make_problem(box=(-2.0, -1.0))
    corner = np.array([-2.0, -2.0, -1.0, -1.0, -1.5])
    _, gradient, _ = value_function(free, corner, np.zeros(5))
    [row] = Judge(problem).evaluate(np.zeros(5), corner)
    step = corner - np.clip(corner - gradient, -2, -1)
    assert row["grad_norm"] == pytest.approx(np.linalg.norm(step), rel=1e-12)
    # Without a box the gradient itself, to the last digit.
    [row] = Judge(free).evaluate(np.zeros(5), corner)
    assert row["grad_norm"] == np.linalg.norm(gradient)


def test_the_projected_gradient_is_zero_at_the_minimum_within_the_box_only():
    problem = make_problem(box=(-2.0, -1.0))
    lam = problem.outer_var0
    for _ in range(3000):
        lam = problem.project(lam - 20 * value_function(problem, lam, problem.inner_var0)[1])
    [row] = Judge(problem).evaluate(problem.inner_var0, lam)
    assert ((lam == -2) | (lam == -1)).any()
    assert row["grad_norm"] < 1e-12
    assert np.linalg.norm(value_function(problem, lam, problem.inner_var0)[1]) > 1e-6


@pytest.mark.slow
@pytest.mark.parametrize("name", STOCHASTIC)
def test_stochastic_solvers_stay_in_the_box(name):
    problem = make_problem(box=(-6.2, -5.9))
    # S-TFBO has no step size: the smaller its first sums are, the longer are its steps.
    far = {"initial_outer": 1e-9} if name == "S-TFBO" else {"outer_step_size": 1e6}
    parameters = dict(framework="python", eval_freq=4, batch_size=16)
    solver = make_solver(name, problem, **parameters, **far)
    outer_var = run(solver, 3)["outer_var"]
    assert (outer_var >= -6.2).all()
    assert (outer_var <= -5.9).all()
    assert ((outer_var == -6.2) | (outer_var == -5.9)).any()

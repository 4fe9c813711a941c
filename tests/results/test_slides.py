"""The plots of what the slides show: search by dimension, iteration overfitting, FashionMNIST."""

import numpy as np
import pandas as pd
import pytest

from benchmark_utils.results.dimensions import at_equal_calls
from helpers import BENCHMARK


def curve(solver, values, dimension, calls, repetition=0, **columns):
    """A curve with these values of h after these numbers of oracle calls."""
    n_points = len(values)
    return pd.DataFrame({
        "dataset_name": f"data[{dimension}]",
        "objective_name": "bilevel",
        "solver_name": solver,
        "file_solver": f"solvers/{solver.split('[')[0]}.py",
        "idx_rep": repetition,
        "stop_val": range(n_points),
        "objective_value": values,
        "objective_inner_grad_calls": calls,
        **{f"objective_{name}_calls": 0 for name in ("hvp", "cross", "outer_grad")},
        "p_dataset_n_features": dimension,
        "p_obj_max_calls": 100,
        "p_solver_grid": None,
        **columns,
    })  # fmt: skip


def plot(name):
    return next(plot for plot in BENCHMARK.get_plots() if plot._get_name() == name)


@pytest.fixture
def results():
    product = dict(p_solver_grid="product")
    return pd.concat([
        curve("A", [10, 5, 0.5, 0], 1, [0, 40, 80, 120]),
        curve("A", [10, 9, 8, 8], 2, [0, 40, 80, 100]),
        curve("B", [10, 0.9, 0.8], 2, [0, 60, 90]),
        curve("B", [10, 10, 0], 2, [0, 60, 110], repetition=1),
        curve("B", [10, 0.7, 0.6], 2, [0, 20, 90], repetition=2),
        curve("GridSearch[n=2]", [10, 6], 2, [0, 10], **product),
        curve("GridSearch[n=3]", [10, 10, 3], 2, [0, 10, 20], **product),
        curve("GridSearch", [10, 7], 2, [0, 10], p_solver_grid="shared"),
    ])  # fmt: skip


def test_methods_are_compared_at_equal_calls(results):
    table = at_equal_calls(results, "p_dataset_n_features", 100).set_index(["method", "dimension"])
    # In one dimension h is 0 only after the budget; what counts is the point before.
    assert table.loc[("A", 1)].tolist() == [0.05, 80]
    assert table.loc[("A", 2)].tolist() == [0.8, np.inf]
    # The medians of 0.08, 1 and 0.06, and of 60, infinity and 20.
    assert table.loc[("B", 2)].tolist() == pytest.approx([0.08, 60])
    # The best of the product grids; the other grid is another method.
    assert table.loc[("GridSearch, every combination", 2)].tolist() == [0.3, np.inf]
    assert table.loc[("GridSearch, equal entries", 2)].tolist() == [0.7, np.inf]


def test_where_a_method_does_not_arrive_it_has_no_point(results):
    traces = plot("search_dimension").plot(results, "calls until a tenth of the gap")
    shown = {trace["label"]: (trace["x"], trace["y"]) for trace in traces}
    assert shown["A"] == ([1], [80])
    assert shown["B"] == ([2], [60])
    assert shown["GridSearch, equal entries"] == ([], [])
    assert plot("search_dimension").plot(results.drop(columns="p_obj_max_calls"), "any") == []


def test_iteration_overfitting_shows_the_losses_at_the_end_of_each_curve():
    losses = dict(objective_loss_after_2=[9, 3.0], objective_loss_after_10=[9, 1.0])
    results = pd.concat([
        curve("Unrolled[n_inner_steps=4]", [2, 1], 1, [0, 1], p_solver_n_inner_steps=4, **losses),
        curve("Implicit", [2, 1], 1, [0, 1], p_solver_n_inner_steps=np.nan, **losses),
    ])  # fmt: skip
    traces = plot("iteration_overfitting_digits").plot(results, "data[1]", "bilevel")
    assert [trace["label"] for trace in traces] == ["Implicit", "Unrolled, N = 4"]
    assert [(trace["x"], trace["y"]) for trace in traces] == [([2, 10], [3.0, 1.0])] * 2


@pytest.mark.parametrize("problem", ["data_augmentation", "representation"])
def test_fashion_mnist_shows_h_and_accuracy_by_calls(problem):
    results = curve(
        "A[a=1]", [2, 1], 1, [0, 5], p_obj_problem=problem, p_obj_question="minimise",
        objective_test_accuracy=[0.1, 0.8],
    )  # fmt: skip
    drawn = plot(f"{problem}_fashion")
    [loss] = drawn.plot(results, "data[1]", "validation loss h")
    [accuracy] = drawn.plot(results, "data[1]", "test accuracy")
    assert (loss["x"], loss["y"], accuracy["y"]) == ([5], [1], [0.8])
    other = results.assign(p_obj_problem="other")
    assert drawn.plot(other, "data[1]", "test accuracy") == []


def test_architecture_search_counts_the_datasets_on_which_the_true_operation_wins():
    def search(solver, seed, sine, error):
        return curve(
            solver, [2, 1], 1, [0, 5], dataset_name=f"simulated_sines[n_samples=30,seed={seed}]",
            p_dataset_n_samples=30, objective_iterations=[0, 7], objective_test_mse=0.5,
            objective_sine_weight=[0.5, sine], objective_zero_weight=[0.5, 1 - sine],
            objective_discrete_test_mse=error,
        )  # fmt: skip

    results = pd.concat([
        search("Analytic", 0, 0.2, 0.9), search("Analytic", 1, 0.6, 0.1),
        search("Implicit[linear_solver=exact]", 0, 0.9, 0.1),
    ])  # fmt: skip
    drawn = plot("architecture_search")
    assert drawn.options["n_samples"](results) == ["30"]
    _, first_order = drawn.plot(results, "30")
    assert first_order["x"] == [0, 7]
    assert first_order["y"] == pytest.approx([0.5, 0.4])
    table = drawn.table(results).set_index("order")
    assert table.loc["first order", ["datasets", "right"]].tolist() == [2, 1]
    assert table.loc["exact", ["datasets", "right"]].tolist() == [1, 1]
    assert table["retrained"].tolist() == pytest.approx([0.1, 0.5])


def test_shine_shows_the_medians_over_seeds_of_the_gaps_to_the_least_h_of_each():
    def hoag(linear_solver, seed, values):
        # benchopt sorts parameters by their names.
        name = ("data[1]", "data[seed=1,1]", "data[1,seed=2]")[seed]
        return curve(
            f"HOAG[linear_solver={linear_solver}]", values, 1, [0, 5, 10], dataset_name=name,
            p_solver_linear_solver=linear_solver, p_solver_max_linear_iterations=1000,
            time=[0, 1, 2],
        )  # fmt: skip

    results = pd.concat([
        hoag("shine", 0, [3, 2, 1]), hoag("shine", 1, [7, 6, 5]), hoag("shine", 2, [9, 9, 1]),
        hoag("jacobian_free", 0, [3, 3, 2]),
    ])  # fmt: skip
    drawn = plot("shine")
    assert drawn.options["dataset"](results) == ["data[1]"]
    without, shine = drawn.plot(results, "data[1]", "bilevel", "oracle calls, of one sample")
    assert (without["label"], without["x"], without["y"]) == (
        "jacobian free",
        [0, 5, 10],
        [2, 2, 1],
    )
    # Of 2, 2, 8 and 1, 1, 8; the last gaps are 0, which a logarithmic axis cannot show.
    assert (shine["label"], shine["x"], shine["y"]) == ("shine", [0, 5], [2, 1])

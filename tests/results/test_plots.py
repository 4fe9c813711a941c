"""What plots compute from results."""

import numpy as np
import pandas as pd
import pytest
from figures import draw_column, draw_row

from helpers import BENCHMARK


def curve(solver, values, dataset="data", repetition=0, **columns):
    """A curve with a point at each second, and as many oracle calls as 10 times the seconds."""
    n_points = len(values)
    return pd.DataFrame({
        "dataset_name": dataset,
        "objective_name": "bilevel[]",
        "solver_name": solver,
        "file_solver": f"solvers/{solver.split('[')[0]}.py",
        "idx_rep": repetition,
        "stop_val": range(n_points),
        "time": np.arange(n_points, dtype=float),
        "objective_value": values,
        "objective_parallel": 0,
        "objective_inner_grad_calls": 4 * np.arange(n_points),
        **{f"objective_{name}_calls": 2 * np.arange(n_points)
           for name in ("hvp", "cross", "outer_grad")},
        **columns,
    })  # fmt: skip


def plot(name):
    return next(plot for plot in BENCHMARK.get_plots() if plot._get_name() == name)


def test_a_performance_profile_is_dolan_and_mores():
    from benchmark_utils.results.levels import gap_points
    from benchmark_utils.results.performance_profile import performance_ratios, profile

    results = pd.concat([
        # A hundredth of the gap at the start is 0.01, whatever the best of these curves.
        curve("A", [1, 0.01, 0]), curve("B", [1, 0.5, 0.1, 0.005]), curve("C", [1, 0.9, 0.8]),
        curve("A", [1, 0.5, 0.4], "other"), curve("B", [1, 0], "other"),
        curve("C", [1, 0.5, 0.2, 0.1, 0], "other"),
    ])  # fmt: skip
    results["objective_gap"] = results["objective_value"]
    ratios = performance_ratios(gap_points(results), 0.01, "time")
    assert ratios.loc["data, bilevel[]"].to_numpy().tolist() == [[1, 3, np.inf]]
    assert ratios.loc["other, bilevel[]"].to_numpy().tolist() == [[np.inf, 1, 4]]
    factors, parts = profile(ratios["B"].to_numpy(), furthest=6)
    # The part of the runs within a factor: 1/2 from 1, all from 3.
    assert factors.tolist() == [1, 1, 1, 3, 3, 6]
    assert parts.tolist() == [0, 0, 0.5, 0.5, 1, 1]


def test_a_profile_is_relative_to_the_stored_optimum_and_leaves_out_tasks_without_one():
    # The best of these curves closes a tenth of the gap to h* = 0 only.
    results = pd.concat([curve("A", [1, 0.9]), curve("B", [1, 1])])
    stored = results.assign(objective_gap=results["objective_value"])
    without = results.assign(dataset_name="other", objective_gap=np.nan)
    both = pd.concat([stored, without])
    profiles = plot("performance_profile")
    assert all(max(trace["y"], default=0) == 0 for trace in profiles.plot(both, "1e-1", "time"))
    assert "1 runs" in profiles.get_metadata(both, "1e-1", "time")["title"]
    assert [max(trace["y"]) for trace in profiles.plot(results, "1e-1", "time")] == [0, 0]


def test_the_profile_draws_every_solver_even_one_that_solves_nothing():
    results = pd.concat([curve("A", [1, 0]), curve("B", [1, 1])])
    results["objective_gap"] = results["objective_value"]
    traces = plot("performance_profile").plot(results, "1e-1", "all calls")
    assert [trace["label"] for trace in traces] == ["A", "B"]
    assert max(traces[0]["y"]) == 1
    assert max(traces[1]["y"]) == 0


def test_the_profile_says_of_times_that_they_are_of_parallel_runs():
    alone, beside = curve("A", [1, 0]), curve("B", [1, 0], objective_parallel=1)
    for results, cost, parallel in (
        (alone, "time", False), (beside, "time", True), (pd.concat([alone, beside]), "time", True),
        (beside, "all calls", False),
    ):  # fmt: skip
        metadata = plot("performance_profile").get_metadata(results, "1e-1", cost)
        assert ("parallel" in metadata["xlabel"]) == parallel


def test_hyperparameters_are_the_median_of_the_last_lambda():
    def found(repetition, outer_var):
        final = [None, dict(outer_var=np.array(outer_var))]
        return curve("A", [1, 0], repetition=repetition, final_results=final)

    results = pd.concat([found(0, [1.0, 5.0]), found(1, [2.0, 7.0]), found(2, [9.0, 6.0])])
    [trace] = plot("hyperparameters").plot(results, "data", "bilevel[]")
    assert trace["x"] == [1, 2]
    assert trace["y"] == [2, 6]


def test_sensitivity_takes_the_best_of_the_other_parameters():
    from itertools import chain

    def ends(step_size, outer_step_size, last):
        name = f"A[step_size={step_size},outer_step_size={outer_step_size}]"
        yield curve(name, [1, last], p_solver_step_size=step_size,
                    p_solver_outer_step_size=outer_step_size)  # fmt: skip

    results = pd.concat(chain(ends(0.1, 1, 0.5), ends(0.1, 2, 0.25), ends(0.2, 1, 0.125),
                              ends(0.2, 2, 0)))  # fmt: skip
    sensitivity = plot("step_size_sensitivity")
    assert sensitivity.options["parameter"](results) == ["step_size", "outer_step_size"]
    [trace] = sensitivity.plot(results, "data", "bilevel[]", "step_size", "h - best h")
    # The best of all ends is where h - best h is 0, which a logarithmic axis cannot show.
    assert (trace["x"], trace["y"]) == ([0.1, 0.2], [0.25, 0.125])


def test_the_gap_to_the_optimum_is_drawn_where_it_is_known():
    results = curve("A", [1.0, 0.5, 0.25])
    oracle_calls = plot("oracle_calls")
    assert "h - h*" not in oracle_calls.options["measure"](results)
    known = results.assign(objective_gap=results["objective_value"] - 0.125)
    assert oracle_calls.options["measure"](known)[0] == "h - h*"
    [trace] = oracle_calls.plot(known, "data", "bilevel[]", "h - h*", "all")
    assert trace["y"] == [0.875, 0.375, 0.125]


def test_titles_fit_above_a_figure_of_a_column():
    from benchmark_utils.results.curves import task_title

    title = task_title("simulated[" + ",".join(f"name_{k}=0.5" for k in range(9)) + "]", "bilevel")
    assert max(map(len, title.splitlines())) <= 52


def test_a_figure_for_a_column_keeps_its_axes_whatever_the_legend(tmp_path):
    import matplotlib.pyplot as plt

    curves = [
        {"x": [1, 10], "y": [1, k + 1], "label": f"Solver{k}[step_size={k}]", "color": "C0"}
        for k in range(14)
    ]
    style = {"scale": "loglog", "title": "", "xlabel": "calls", "ylabel": "h"}
    few, many = tmp_path / "few.png", tmp_path / "many.png"
    draw_column({"data": curves[:2], **style}, few)
    draw_column({"data": curves, **style}, many)
    (height, width, _), (more, same, _) = plt.imread(few).shape, plt.imread(many).shape
    assert (width, same, height / 200) == (680, 680, pytest.approx(3.04))
    assert more - height == pytest.approx(4 * 0.14 * 200, abs=2)


def test_a_figure_without_curves_is_refused_in_a_sentence(tmp_path):
    with pytest.raises(SystemExit, match=r"No figure jacobian: .* make the figure again\."):
        draw_row([], tmp_path / "jacobian.png")
    assert not list(tmp_path.iterdir())

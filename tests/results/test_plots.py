"""What plots compute from results."""

import json

import numpy as np
import pandas as pd
import pytest
import yaml
from figures import draw_column, draw_row

from helpers import BENCHMARK, ROOT


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


@pytest.mark.parametrize("without", ["before", "later"])
def test_a_profile_counts_few_runs_of_a_method_and_no_task_that_it_did_not_run(without):
    from benchmark_utils.results.levels import gap_points
    from benchmark_utils.results.performance_profile import performance_ratios, profile

    slow, fast = [1, 0.5, 0.4, 0], [1, 0]
    results = pd.concat([
        *(curve("Random", slow, repetition=k) for k in range(3)),
        curve("Fixed", fast),
        curve("Random", slow, without),
    ])  # fmt: skip
    results["objective_gap"] = results["objective_value"]
    ratios = performance_ratios(gap_points(results), 0.01, "time")
    fixed = ratios["Fixed"]
    assert fixed["data, bilevel[]"].tolist() == [1, 1, 1]
    assert fixed[f"{without}, bilevel[]"].isna().all()
    _, parts = profile(ratios["Fixed"].to_numpy(), furthest=6)
    assert parts.max() == 1


def test_a_profile_is_relative_to_the_stored_optimum_and_leaves_out_tasks_without_one():
    # The best of these curves closes a tenth of the gap to h* = 0 only.
    results = pd.concat([curve("A", [1, 0.9]), curve("B", [1, 1])])
    stored = results.assign(objective_gap=results["objective_value"])
    without = results.assign(dataset_name="other", objective_gap=np.nan)
    both = pd.concat([stored, without])
    profiles = plot("performance_profile")
    assert all(max(trace["y"], default=0) == 0 for trace in profiles.plot(both, "1e-1", "time"))
    assert "1 run" in profiles.get_metadata(both, "1e-1", "time")["title"]
    assert profiles.plot(results, "1e-1", "time") == []


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


def test_pictures_are_those_of_the_first_repetition_of_the_solver():
    def found(solver, repetition, image):
        pictures = [dict(image=np.array(image), shape=np.array([1, 2]), caption="two")]
        final = [None, dict(outer_var=np.zeros(2), pictures=pictures)]
        return curve(solver, [1, 0], repetition=repetition, final_results=final)

    results = pd.concat([found("A", 1, [0, 1]), found("A", 0, [0.5, 0.25]), found("B", 0, [1, 1])])
    pictures = plot("pictures")
    assert pictures.options["solver"](results) == ["A", "B"]
    [image] = pictures.plot(results, "data", "bilevel[]", "A")
    assert image["image"].tolist() == [[0.5, 0.25]]
    assert image["label"] == "two"
    without = curve("A", [1, 0], final_results=[None, dict(outer_var=np.zeros(2))])
    assert pictures.options["solver"](without) == ["none"]
    assert pictures.plot(without, "data", "bilevel[]", "none") == []


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
    [trace] = sensitivity.plot(results, "data", "bilevel[]", "step_size", "h")
    # A logarithmic axis cannot show the best of all ends, which is 0 here.
    assert (trace["x"], trace["y"]) == ([0.1, 0.2], [0.25, 0.125])
    alone = results[results["p_solver_step_size"] == 0.1]
    assert sensitivity.plot(alone, "data", "bilevel[]", "step_size", "h") == []


def convergence(results, measure, cost):
    """The curves of the plot of convergence, by label, and what it says of its axes."""
    chosen = "data", "bilevel[]", measure, cost
    curves = plot("convergence").plot(results, *chosen)
    return {one["label"]: one for one in curves}, plot("convergence").get_metadata(results, *chosen)


def test_the_gap_to_the_optimum_is_drawn_where_it_is_known():
    results = curve("A", [1.0, 0.5, 0.25])
    measures = plot("convergence").options["measure"]
    assert measures(results) == ["h"]
    known = results.assign(objective_gap=results["objective_value"] - 0.125)
    assert measures(known) == ["h - h*"]
    curves, axes = convergence(known, "h - h*", "oracle calls")
    assert (curves["A"]["x"], curves["A"]["y"]) == ([10, 20], [0.375, 0.125])
    assert axes["levels"]["1e-3"] == 0.875e-3
    # One task with and one without: h is needed for the other.
    both = pd.concat([known, curve("A", [1.0, 0.5], "other")])
    assert measures(both) == ["h - h*", "h"]


@pytest.mark.parametrize("cost", ["time", "oracle calls", "passes"])
def test_no_curve_begins_at_the_left_edge_where_nothing_was_measured(cost):
    # A is first judged after 1 second and 10 calls, B, of two seeds, after 4 and 5.
    a = curve("A", [1.0, 0.5, 0.25])
    b = pd.concat([curve("B", [1.0] * 7).iloc[[0, *range(k, 7)]].assign(idx_rep=k)
                   for k in (4, 5)])  # fmt: skip
    results = pd.concat([a, b]).assign(objective_samples=10)
    curves, _ = convergence(results, "h", cost)
    unit = {"time": 1, "oracle calls": 10, "passes": 1}[cost]
    assert curves["A"]["x"][0] == unit
    assert (curves["B"]["x"][0], curves["B"]["x"][-1]) == (5 * unit, 6 * unit)


def test_the_winner_does_not_plunge_below_the_last_level():
    results = curve("A", [1.0, 0.5, 1e-17, -1e-16])
    results["objective_gap"] = results["objective_value"]
    curves, _ = convergence(results, "h - h*", "time")
    assert curves["A"]["y"] == pytest.approx([0.5, 1e-7, 1e-7])


def test_a_band_is_of_the_quartiles_of_the_last_values_at_equal_cost():
    from benchmark_utils.results.bands import band

    seeds = [
        pd.DataFrame({"repetition": seed, "cost": [0, 1, 10, 100],
                      "y": [9, 4 * seed, 2 * seed, seed]})
        for seed in range(5)
    ]  # fmt: skip
    found = band(pd.concat(seeds), "cost", "y").set_index("x")
    assert found.index[[0, -1]].tolist() == [1, 100]
    before = found[(found.index < 9.99)]
    assert before.to_numpy().tolist() == [[8, 4, 12]] * len(before)
    assert found.iloc[-1].tolist() == [2, 1, 3]


def test_the_cost_of_a_target_is_by_seed_and_says_how_many_reached_it():
    results = pd.concat([
        curve("A", [1, 0.1]), curve("A", [1, 0.5, 0.05], repetition=1),
        curve("B", [1, 0.05]), curve("B", [1, 0.5], repetition=1), curve("C", [1, 0.9]),
    ])  # fmt: skip
    results["objective_gap"] = results["objective_value"]
    bars = plot("time_to_target").plot(results, "data", "bilevel[]", "1e-1", "oracle calls")
    found = {bar["label"]: (bar["y"], bar["text"]) for bar in bars}
    assert found["A"] == ([10, 20], "")
    assert found["B"] == ([10], "1 of 2 runs")
    assert (np.isnan(found["C"][0]).all(), found["C"][1]) == (True, "0 of 1 run")


def test_the_leaderboard_ranks_the_results_of_a_file():
    results = pd.concat([curve("A", [1, 0]), curve("B[step=1]", [1, 0.5, 0]), curve("C", [1, 1])])
    assert plot("leaderboard").plot(results) == []
    results["objective_gap"] = results["objective_value"]
    rows = plot("leaderboard").plot(results)
    assert [row[:2] for row in rows] == [[1, "A"], [2, "B"], [3, "C"]]
    assert [row[3] for row in rows] == [1, round(1 - np.log(2) / np.log(100), 3), 0]
    # One run has no interval.
    assert {row[4] for row in rows} == {"one run"}
    again = pd.concat([results, results.assign(idx_rep=1)])
    assert [row[4] for row in plot("leaderboard").plot(again)][2] == "0.00 to 0.00"


def test_where_nobody_reached_a_level_nobody_is_ranked():
    results = pd.concat([curve("A", [1, 0.5]), curve("B", [1, 0.7])])
    results["objective_gap"] = results["objective_value"]
    assert plot("leaderboard").plot(results) == []


def test_final_values_are_those_of_the_ends():
    results = pd.concat([
        curve("A", [1, end], repetition=seed, objective_test_accuracy=[0.5, 0.75])
        for seed, end in enumerate([0.25, 0.5, 4])
    ])  # fmt: skip
    final = plot("final_values")
    columns = final.get_metadata(results, "data", "bilevel[]")["columns"]
    [row] = final.plot(results, "data", "bilevel[]")
    shown = dict(zip(columns, row, strict=True))
    assert shown == {"solver": "A", "h": "0.5", "test error": "0.25", "time (s)": "1",
                     "oracle calls": "10", "ended": "well"}  # fmt: skip


def test_estimates_have_their_own_plot_and_raise_in_no_other():
    results = curve(
        "Unrolled[n_inner_steps=5]", [1.0, 1.0, 1.0], p_obj_question="estimate",
        objective_iterations=[0, 5, 10], objective_relative_error=[1, 0.5, 0.1],
        p_solver_step_size=np.nan, objective_grad_norm=2.0,
    )  # fmt: skip
    kinds = yaml.safe_load((ROOT / "config.yml").read_text())["plots"]
    data, _ = BENCHMARK.get_plot_data(results, kinds)
    drawn = {kind: [p["data"] for p in panels.values() if p["data"]]
             for kind, panels in data.items()}  # fmt: skip
    [[trace]] = drawn.pop("estimate_errors")
    assert (trace["x"], trace["y"]) == ([5, 10], [0.5, 0.1])
    assert not any(drawn.values())
    # benchopt's page needs a panel to begin with.
    assert data["convergence"]


def test_figures_of_two_choices_have_two_names():
    from pathlib import Path

    # Up to what follows their last points the names are the same.
    results = pd.concat([curve("A", [1, 0.5], f"data[noise=0.5,size={k}]") for k in (1, 2)])
    panels = BENCHMARK.get_plot_data(results, ["convergence"])[0]["convergence"]
    # As benchopt names a figure.
    names = {Path(f"{key}").with_suffix(".pdf").name for key in panels}
    assert len(names) == len(panels) == 4
    assert max(map(len, names)) < 200
    assert all(json.loads(json.dumps({key: 0})) == {str(key): 0} for key in panels)


def test_names_are_as_short_as_differences_allow():
    from benchmark_utils.results.names import short_names

    names = ["A[x=1,box=(0, 1),y=2]", "A[x=1,box=(0, 2),y=2]", "B[z=3]", "C"]
    assert list(short_names(names).values()) == ["A[box=(0, 1)]", "A[box=(0, 2)]", "B", "C"]
    assert list(short_names(["A", "A[x=1]"]).values()) == ["A", "A[x=1]"]


def test_titles_fit_above_a_figure_of_a_column():
    from benchmark_utils.results.curves import task_title

    title = task_title("simulated[" + ",".join(f"name_{k}=0.5" for k in range(9)) + "]", "bilevel")
    assert max(map(len, title.splitlines())) <= 52


def test_a_figure_for_a_column_keeps_its_axes_whatever_the_legend(tmp_path):
    import matplotlib.pyplot as plt

    curves = [
        {
            "x": [1, 10],
            "y": [1, k + 1],
            "label": f"Solver{k}[step_size={k}]",
            "color": "C0",
            "dash": "solid",
        }
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


def test_plots_with_curves_are_drawn_as_figures_and_others_refused(tmp_path, monkeypatch):
    import figures

    results = pd.concat([curve("A", [1, 0.5, 0.25]), curve("A", [1, 0.7, 0.5], repetition=1)])
    monkeypatch.setattr(figures, "OUTPUTS", tmp_path)
    monkeypatch.setattr(figures, "read", lambda path: results)
    # The second is benchopt's own, which names no scale.
    figures.draw_plots("results.parquet", ["convergence", "objective_curve"])
    drawn = {path.name for path in tmp_path.glob("*.png")}
    assert {"convergence_1.png", "objective_curve_1.png"} <= drawn
    with pytest.raises(
        SystemExit, match=r"final_values has neither curves nor.*make page RESULTS=results"
    ):
        figures.draw_plots("results.parquet", ["final_values"])


def test_pictures_are_drawn_as_a_figure(tmp_path, monkeypatch):
    import figures
    import matplotlib.pyplot as plt

    one = dict(image=np.zeros(4), shape=np.array([2, 2]), caption="weight 0.5")
    final = [None, dict(outer_var=np.zeros(2), pictures=[one] * 7)]
    monkeypatch.setattr(figures, "OUTPUTS", tmp_path)
    monkeypatch.setattr(figures, "read", lambda path: curve("A", [1, 0], final_results=final))
    figures.draw_plots("results.parquet", ["pictures"])
    [figure] = tmp_path.glob("*.png")
    assert figure.name == "pictures_1.png"
    # Two rows of at most six.
    assert plt.imread(figure).shape[:2] == (580, 1360)

"""Results that are damaged, empty, or not finite: what the scripts make of them."""

import os
import sys

import figures
import numpy as np
import pandas as pd
import pytest
import result_page
import suite
import summary

from benchmark_utils.results.curves import final_points, points_of
from benchmark_utils.results.files import Unreadable, read, replaced, save
from benchmark_utils.results.levels import gap_points
from benchmark_utils.results.performance_profile import performance_ratios

CALLS = ("inner_grad", "hvp", "cross", "outer_grad")


def curve(solver, values, repetition=0, statuses=None):
    """The rows of a curve with these values of h."""
    return [
        dict(
            dataset_name="data", objective_name="bilevel", solver_name=solver, idx_rep=repetition,
            stop_val=k, objective_iterations=10 * k, time=float(k), objective_value=value,
            objective_grad_norm=value, objective_status=statuses[k] if statuses else "ok",
            objective_parallel=0,
            final_results=np.nan, **{f"objective_{name}_calls": k for name in CALLS},
            **{"run_date": "2026-01-02T03:04:05", "system-processor": "a chip"},
        )
        for k, value in enumerate(values)
    ]  # fmt: skip


@pytest.fixture
def results():
    """Curves that end well, in NaN, in infinity, that diverge, and that are NaN from the start."""
    return pd.DataFrame([
        *curve("Good", [2.0, 1.5, 1.1]),
        *curve("Nan", [2.0, 1.0, np.nan]),
        *curve("Infinite", [2.0, 1.2, np.inf]),
        *curve("Wild", [2.0, 1.05, 3.0], statuses=["ok", "ok", "diverged"]),
        *curve("Never", [np.nan] * 3),
        *curve("Half", [2.0, 1.4, 1.3]),
        *curve("Half", [2.0, 1.4, np.nan], repetition=1),
    ])  # fmt: skip


def printed(script, capsys, *arguments):
    sys.argv = ["script", *map(str, arguments)]
    script.main()
    return capsys.readouterr().out


@pytest.fixture(autouse=True)
def same_arguments(monkeypatch):
    monkeypatch.setattr(sys, "argv", sys.argv)
    monkeypatch.setenv("COLUMNS", "120")


def test_a_curve_that_ends_in_nan_is_not_the_best_one(results, tmp_path, capsys):
    results.to_parquet(tmp_path / "results.parquet")
    table = printed(summary, capsys, tmp_path / "results.parquet")
    rows = [line.split() for line in table.splitlines() if line.startswith("  ")][1:]
    # The lowest h of any curve is 1.0.
    assert [(row[0], row[3]) for row in rows[:2]] == [("Good", "1.00e-01"), ("Wild", "2.00e+00")]
    assert {(row[0], row[3]) for row in rows[2:]} == {
        (name, "inf") for name in ("Nan", "Infinite", "Never", "Half")
    }
    marks = {row[0]: " ".join(row[6:]) for row in rows}
    assert marks == {
        "Good": "",
        **dict.fromkeys(("Nan", "Infinite", "Never", "Wild"), "diverged: 1 of 1 curves"),
        "Half": "diverged: 1 of 2 curves",
    }
    assert "Run of 2026-01-02 03:04\n" in table


def test_the_summary_compares_with_the_stored_optimum_and_fails_below_it(results, tmp_path, capsys):
    path = tmp_path / "results.parquet"
    results.assign(objective_gap=results["objective_value"] - 0.5).to_parquet(path)
    table = printed(summary, capsys, path)
    assert "h - h*" in table
    assert "6.00e-01" in table
    results.assign(objective_gap=results["objective_value"] - 1.2).to_parquet(path)
    with pytest.raises(SystemExit, match=r"Nan on data, bilevel, repetition 0, is 0\.2 below"):
        printed(summary, capsys, path)
    # The table is there all the same.
    assert "Good" in capsys.readouterr().out


def test_the_end_of_a_curve_is_its_last_point_even_if_that_is_nan(results):
    last = final_points(results)["objective_value"].droplevel([0, 1, 3])
    assert np.isnan(last["Nan"])
    assert np.isnan(last["Never"])
    assert last["Infinite"] == np.inf


def test_who_diverged_does_not_win(results, tmp_path, capsys):
    path = tmp_path / "results.parquet"
    results.to_parquet(path)
    last = printed(summary, capsys, "--winners", path).splitlines()[-1]
    assert last == "| `bilevel` | `data` | Good | 2 s | 8 |"
    # Nor does anybody where the others are left, or where times are missing.
    for rest in (results[results["solver_name"] != "Good"], results.assign(time=np.nan)):
        rest.to_parquet(path)
        last = printed(summary, capsys, "--winners", path).splitlines()[-1]
        assert last == "| `bilevel` | `data` | none | | |"


def test_plots_show_only_what_is_finite(results):
    for measure in ("h", "projected gradient"):
        shown = points_of(results, measure)
        assert np.isfinite(shown["value"]).all()
        assert "Good" in set(shown["solver"])
    points = gap_points(results.assign(objective_gap=results["objective_value"] - 1))
    ratios = performance_ratios(points, 0.5, "time")
    assert ratios.loc[("data, bilevel", 0), "Good"] == 1


def test_every_curve_with_a_finite_point_after_its_start_is_drawn(results):
    data, _ = suite.BENCHMARK.get_plot_data(results, ["convergence"])
    for panel in data["convergence"].values():
        assert {curve["label"] for curve in panel["data"]} == {
            "Good", "Nan", "Infinite", "Wild", "Half",
        }  # fmt: skip
        for curve in panel["data"]:
            assert len(curve["x"]) == len(curve["y"]) > 0
            assert np.isfinite(curve["y"]).all()


def test_older_results_are_not_shown_as_those_of_a_run(results, tmp_path, capsys):
    path = tmp_path / "results.parquet"
    results.to_parquet(path)
    written = path.stat().st_mtime
    assert "Good" in printed(summary, capsys, "--since", written, path)
    with pytest.raises(SystemExit, match=r"has left no results; .*results.parquet is of an older"):
        printed(summary, capsys, "--since", written + 1, path)


def test_the_page_says_which_curves_did_not_end_well(results, tmp_path):
    path = tmp_path / "results.parquet"
    results.to_parquet(path)
    page = result_page.make(path, ["<Early> on data: error."]).read_text()
    [_, rest] = page.split('<h2 id="failed-title">Curves that did not end well</h2>')
    assert rest.split("</ul>")[0].strip() == "<ul>" + "".join(
        f"<li>{sentence}</li>"
        for sentence in (
            "Half on data, bilevel: diverged: 1 of 2 curves.",
            *(f"{name} on data, bilevel: diverged: 1 of 1 curves."
              for name in ("Infinite", "Nan", "Never", "Wild")),
            "&lt;Early&gt; on data: error.",
        )
    )  # fmt: skip
    # Where all ended well, the section is hidden.
    results[results["solver_name"] == "Good"].to_parquet(path)
    assert '<section id="failed" aria-labelledby="failed-title" hidden>' in (
        result_page.make(path).read_text()
    )


def test_curves_below_the_optimum_have_no_page(results, tmp_path, monkeypatch):
    path = tmp_path / "results.parquet"
    results.assign(objective_gap=results["objective_value"] - 3).to_parquet(path)
    monkeypatch.setattr(sys, "argv", ["script", str(path)])
    with pytest.raises(SystemExit, match=r"has no page. .* below the stored h\*"):
        result_page.main()


def test_the_table_of_final_values_says_how_curves_ended(results):
    [final] = [plot for plot in suite.BENCHMARK.get_plots() if plot._get_name() == "final_values"]
    ends = {row[0]: row[-1] for row in final.plot(results, "data", "bilevel")}
    assert ends == {
        "Good": "well", "Half": "diverged: 1 of 2 curves",
        **dict.fromkeys(["Infinite", "Nan", "Never", "Wild"], "diverged: 1 of 1 curves"),
    }  # fmt: skip
    assert final.get_metadata(results, "data", "bilevel")["columns"][-1] == "ended"


def test_a_file_that_is_not_whole_is_named_in_a_sentence(results, tmp_path, capsys):
    path = tmp_path / "results.parquet"
    results.to_parquet(path)
    content = path.read_bytes()
    damaged = {
        "half": content[: len(content) // 2],
        "empty": b"",
        "without its start": content[100:],
        "another": b"solver,value\n",
    }
    for name, part in damaged.items():
        broken = tmp_path / f"{name}.parquet"
        broken.write_bytes(part)
        for script, arguments in (
            (summary, [broken]),
            (summary, ["--winners", broken]),
            (figures, ["--results", broken]),
        ):
            with pytest.raises(SystemExit) as end:
                printed(script, capsys, *arguments)
            assert str(end.value).startswith(f"{broken} cannot be read (")
            assert "delete it, and run again" in str(end.value)
    with pytest.raises(SystemExit, match=r"missing.parquet does not exist; give a results file"):
        printed(summary, capsys, tmp_path / "missing.parquet")


def test_a_file_of_something_else_or_of_no_curves_is_refused(results, tmp_path):
    path = tmp_path / "results.parquet"
    results.head(0).to_parquet(path)
    with pytest.raises(Unreadable, match=r"results.parquet has no curves; run again"):
        read(path)
    results.drop(columns="objective_value").to_parquet(path)
    with pytest.raises(Unreadable, match=r"has no column objective_value; give a results file"):
        read(path)


@pytest.mark.parametrize("column", ["time", "objective_value", "objective_iterations"])
def test_a_column_of_numbers_with_a_text_is_named(results, tmp_path, column):
    path = tmp_path / "results.parquet"
    results.assign(**{column: results[column].map(str)}).to_parquet(path)
    pd.testing.assert_series_equal(read(path)[column], results[column], check_index=False,
                                   check_dtype=False)  # fmt: skip
    results.assign(**{column: "fast"}).to_parquet(path)
    with pytest.raises(Unreadable, match=f"no numbers in its column {column} .*'fast'"):
        read(path)


def test_final_results_that_are_not_those_of_a_curve_are_none(results, tmp_path, capsys):
    final = dict(outer_var=np.ones(2), packages={"numpy": "2"}, commit="c0ffee", python="3.11")
    results["final_results"] = [final, {}, *[None] * (len(results) - 2)]
    path = tmp_path / "results.parquet"
    save(path, results)
    assert list(read(path)["final_results"].notna()) == [True, *[False] * (len(results) - 1)]
    assert "1 curves made on a chip at commit c0ffee" in printed(summary, capsys, path)
    path.unlink()
    save(path, results.drop(columns="system-processor"))
    assert "1 curves made on an unknown processor at" in printed(summary, capsys, path)
    # In a CSV file they are texts.
    save(tmp_path / "results.csv", results)
    assert read(tmp_path / "results.csv")["final_results"].isna().all()


@pytest.mark.parametrize("column", ["solver_name", "dataset_name"])
@pytest.mark.parametrize("name", [None, 3])
def test_a_name_that_is_no_text_becomes_one(results, tmp_path, capsys, column, name):
    path = tmp_path / "results.parquet"
    results.assign(**{column: [name] * len(results)}).to_parquet(path)
    assert str(name) in printed(summary, capsys, path)


def test_results_as_text_can_be_summarised(results, tmp_path, capsys):
    results.to_csv(tmp_path / "results.csv", index=False)
    assert "Good" in printed(summary, capsys, tmp_path / "results.csv")


def test_without_results_scripts_say_so(monkeypatch, tmp_path):
    monkeypatch.setattr(suite.BENCHMARK, "get_output_folder", lambda: tmp_path)
    with pytest.raises(SystemExit, match=r"There are no results in .*; make some by `make run`"):
        suite.latest_results()


def test_a_file_is_replaced_only_when_it_is_whole(tmp_path):
    path = tmp_path / "table.csv"
    with replaced(path) as draft:
        draft.write_text("one")
        assert not path.exists()
        assert draft.suffix == ".csv"
    assert path.read_text() == "one"

    def stop_in_the_middle():
        with replaced(path) as draft:
            draft.write_text("tw")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stop_in_the_middle()
    assert path.read_text() == "one"
    assert os.listdir(tmp_path) == ["table.csv"]


class Unheard:
    """What no file can hold."""

    def __str__(self):
        return "unheard"


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
@pytest.mark.parametrize(("value", "text"), [(Unheard(), "unheard"), (10**40, f"1{'0' * 40}")])
def test_a_value_that_no_file_can_hold_takes_no_result_with_it(
    results, tmp_path, suffix, value, text
):
    path = tmp_path / f"results.{suffix}"
    results["p_solver_way"] = ["fine"] * (len(results) - 1) + [value]
    save(path, results)
    written = read(path)
    assert list(map(str, written["p_solver_way"])) == ["fine"] * (len(results) - 1) + [text]
    pd.testing.assert_series_equal(written["objective_value"], results["objective_value"],
                                   check_index=False)  # fmt: skip


def test_two_files_with_one_name_make_two_curves(tmp_path, capsys):
    first, second = curve("SOBA", [2.0, 1.0]), curve("SOBA", [2.0, 1.5, 1.4])
    path = tmp_path / "results.parquet"
    save(path, pd.DataFrame([*first, *curve("HOAG", [2.0, 1.1]), *second, *first]))
    values = read(path).groupby("solver_name")["objective_value"].agg(list).to_dict()
    assert values == {
        "SOBA": [2.0, 1.0], "HOAG": [2.0, 1.1], "SOBA (2)": [2.0, 1.5, 1.4],
    }  # fmt: skip
    assert "so here is another: SOBA (2). Rename one of them." in capsys.readouterr().err

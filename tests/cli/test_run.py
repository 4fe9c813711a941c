"""What a user runs: the command line, from the run to its table, its page and its figures."""

import sys
from itertools import chain

import numpy as np
import pytest
import yaml
from benchopt.results import read_results
from figures import draw_row, panels_of

from benchmark_utils.results.curves import COSTS, MEASURES
from helpers import BENCHMARK, ROOT, SMALL, benchopt_run, command, documented_code

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def results_file(tmp_path_factory):
    """A run with a solver that diverges, one refused, one dataset missing, and others."""
    folder = tmp_path_factory.mktemp("run")
    output = folder / "results.parquet"
    empty = folder / "no_data"
    empty.mkdir()
    log = benchopt_run(
        output, "-d", SMALL, "-d", "ijcnn1", "-n", "4", "-r", "2", "--no-plot",
        "-s", "SOBA[batch_size=16,eval_freq=10]",
        "-s", "SABA[batch_size=16,step_size=1e6]",
        "-s", "SABA[batch_size=16,step_size=-1]",
        "-s", "SABA[batch_size=16,eval_freq=10]",
        "-s", "HOAG", LIBSVMDATA_HOME=str(empty),
    )  # fmt: skip
    return output, log


def test_a_missing_data_set_a_diverging_and_a_refused_solver_end_no_other_run(results_file):
    output, log = results_file
    assert "ijcnn1 could not be loaded from LIBSVM" in log
    assert "SABA: step_size=-1 is not allowed; give a number greater than 0 or auto." in log
    results = read_results(output)
    last = results.groupby(["solver_name", "idx_rep"])["objective_status"].last()
    assert (last == "diverged").groupby("solver_name").all().sum() == 1
    assert not any(last == "error")
    assert sorted(results["solver_name"].str.split("[").str[0].unique()) == ["HOAG", "SABA", "SOBA"]
    assert set(results["idx_rep"]) == {0, 1}


def test_results_have_the_columns_that_the_suite_promises(results_file):
    results = read_results(results_file[0])
    columns = {
        f"objective_{name}"
        for name in (
            "value",
            "grad_norm",
            "inner_distance",
            "val_accuracy",
            "test_accuracy",
            "iterations",
            "inner_grad_calls",
            "hvp_calls",
            "cross_calls",
            "outer_grad_calls",
        )
    }
    assert columns <= set(results.columns)
    kept = results[results["objective_status"] == "ok"]
    assert np.isfinite(kept[sorted(columns)].to_numpy(float)).all()


def test_every_solver_starts_from_the_same_point(results_file):
    results = read_results(results_file[0])
    start = results[(results["objective_iterations"] == 0)]
    assert len(start) == 8
    assert start["objective_value"].nunique() == 1


def test_repetitions_differ_for_stochastic_solvers_alone(results_file):
    results = read_results(results_file[0])
    results = results[~results["solver_name"].str.contains("1000000")]
    last = results.groupby(["solver_name", "idx_rep"])["objective_value"].last()
    for name, values in last.groupby("solver_name"):
        assert (values.nunique() == 1) == name.startswith("HOAG")


def test_the_summary_lists_every_solver_best_first(results_file):
    table = command(sys.executable, "scripts/summary.py", str(results_file[0]), COLUMNS="120")
    rows = [line for line in table.splitlines() if line.startswith("  ")]
    assert all(word in rows[0] for word in ("solver", "iterations", "h - best h", "|grad h|"))
    gaps = [float(line.split()[3]) for line in rows[1:]]
    assert len(gaps) == 4
    assert gaps[-1] == np.inf
    assert gaps == sorted(gaps)


def test_the_plot_of_convergence_draws_every_solver_against_every_cost(results_file):
    from benchopt.benchmark import Benchmark

    data, options = Benchmark(ROOT).get_plot_data(read_results(results_file[0]), ["convergence"])
    assert options["convergence"]["cost"] == ["time", "oracle calls", "passes"]
    drawn = [
        plot["data"] for key, plot in data["convergence"].items() if "projected gradient" in key
    ]
    # The one that diverges has no point after its start.
    assert [len(curves) for curves in drawn] == [3] * 3
    for curve in chain.from_iterable(drawn):
        assert len(curve["x"]) == len(curve["y"]) >= 2


def test_the_saved_views_name_plots_and_options_that_exist():
    from benchopt.benchmark import Benchmark

    plots = {plot._get_name(): plot for plot in Benchmark(ROOT).get_plots()}
    config = yaml.safe_load((ROOT / "config.yml").read_text())
    assert set(config["plots"]) <= set(plots)
    for view in config["plot_configs"].values():
        kind = view["plot_kind"]
        for option, value in view.items():
            if option.startswith(f"{kind}_"):
                values = plots[kind].options[option.removeprefix(f"{kind}_")]
                # Measures and costs depend on the results; those of all results are named.
                named = {*MEASURES, *COSTS} if callable(values) else values
                assert values is ... or value in named


def names(entries):
    """The names of solvers, datasets or objectives in a run configuration."""
    return {(next(iter(entry)) if isinstance(entry, dict) else entry).split("[")[0]
            for entry in entries}  # fmt: skip


CONFIGS = sorted(set((ROOT / "configs").glob("*.yml")) - {ROOT / "configs" / "tasks.yml"})


@pytest.mark.parametrize("path", CONFIGS, ids=lambda p: p.stem)
def test_configurations_name_solvers_and_data_sets_that_exist(path):
    config = yaml.safe_load(path.read_text())
    assert names(config["solver"]) <= {solver.name for solver in BENCHMARK.get_solvers()}
    assert names(config["dataset"]) <= {dataset.name for dataset in BENCHMARK.get_datasets()}
    assert names(config["objective"]) == {"bilevel"}


def test_the_winner_is_the_first_to_close_all_but_a_thousandth_of_the_gap(tmp_path):
    import pandas as pd

    def point(solver, iteration, time, value):
        calls = dict.fromkeys(
            (f"objective_{name}_calls" for name in ("inner_grad", "hvp", "cross", "outer_grad")),
            100 * iteration,
        )
        return dict(
            dataset_name="data", objective_name="bilevel", solver_name=f"{solver}[s=1]", idx_rep=0,
            stop_val=iteration, objective_iterations=iteration, time=time, objective_value=value,
            **calls,
        )  # fmt: skip

    table = pd.DataFrame([
        point("A", 0, 0.0, 2.0), point("A", 1, 1.0, 1.0021), point("A", 2, 2.0, 1.0009),
        point("B", 0, 0.0, 2.0), point("B", 9, 0.5, 1.5), point("B", 20, 3.0, 1.0),
    ])  # fmt: skip
    output = tmp_path / "results.parquet"
    table.to_parquet(output)
    table = command(sys.executable, "scripts/summary.py", "--winners", str(output))
    row = table.splitlines()[-1]
    assert row == "| `bilevel` | `data` | A | 2 s | 800 |"


def test_every_figure_has_a_configuration_and_a_plot_of_its_name():
    from benchopt.benchmark import Benchmark
    from figures import PLOTS

    benchmark = Benchmark(ROOT)
    plots = {plot.name for plot in benchmark.get_plots()}
    solvers = {solver.name for solver in benchmark.get_solvers()}
    datasets = {dataset.name for dataset in benchmark.get_datasets()}
    paths = sorted((ROOT / "configs" / "figures").glob("*.yml"))
    assert len(paths) >= 12
    for path in paths:
        config = yaml.safe_load(path.read_text())
        assert PLOTS.get(path.stem, path.stem) in plots
        for entry in config["solver"]:
            assert (next(iter(entry)) if isinstance(entry, dict) else entry) in solvers
        assert {dataset.split("[")[0] for dataset in config["dataset"]} <= datasets


def test_a_figure_is_drawn_from_a_run(tmp_path):
    output = tmp_path / "results.parquet"
    config = str(ROOT / "configs" / "figures" / "estimates.yml")
    benchopt_run(output, "--config", config, "-n", "12", "--no-plot")
    panels = panels_of("estimates", read_results(output))
    draw_row(panels, tmp_path / "estimates.png")
    assert (tmp_path / "estimates.png").stat().st_size > 10_000


def test_the_readmes_example_solver_runs(tmp_path):
    code = documented_code('name = "MA-SOBA"')
    # The module's name is made from the path; a hyphen in it is not one of Python's.
    (tmp_path / "some-folder").mkdir()
    solver = tmp_path / "some-folder" / "my_solver.py"
    solver.write_text(code)
    output = tmp_path / "results.parquet"
    benchopt_run(output, "-d", SMALL, "-s", f"{solver}[batch_size=16]", "-n", "3", "--no-plot")
    values = read_results(output)["objective_value"]
    assert values.iloc[-1] < values.iloc[0]

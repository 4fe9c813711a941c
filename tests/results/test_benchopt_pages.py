"""benchopt's own page and PDF files offer what shows something of the results, and nothing else."""

import json

import pandas as pd
import pytest
import yaml
from benchopt.plotting import generate_html, generate_matplotlib

from benchmark_utils.results.benchopt_pages import offered
from helpers import BENCHMARK, ROOT
from results.test_plots import curve

CONFIG = yaml.safe_load((ROOT / "config.yml").read_text())


def rendered(results, monkeypatch, folder):
    """What benchopt hands to its page's template."""
    # Plots are loaded, and benchopt is mended, before it makes a page.
    BENCHMARK.get_plots()
    file = folder / "results.parquet"
    results.to_parquet(file)
    [result] = generate_html.get_results([file], folder, BENCHMARK, CONFIG)
    return offered(result)


@pytest.fixture
def results():
    return curve("A", [1.0, 0.5, 0.25], **{"version-numpy": "2"})


def test_plots_without_data_and_their_views_are_not_offered(results, monkeypatch, tmp_path):
    page = rendered(results, monkeypatch, tmp_path)
    assert page["kinds"] == ["convergence", "final_values"]
    assert list(json.loads(page["json_plots"])) == list(page["plot_options"]) == page["kinds"]
    views = page["metadata"]["plot_configs"]
    assert list(views) == ["convergence in time", "convergence in oracle calls"]


def test_with_known_optima_all_that_hangs_on_them_is_offered(results, monkeypatch, tmp_path):
    known = results.assign(objective_gap=results["objective_value"] - 0.249)
    page = rendered(known, monkeypatch, tmp_path)
    assert {"time_to_target", "performance_profile", "leaderboard"} <= set(page["kinds"])
    assert len(page["metadata"]["plot_configs"]) == len(CONFIG["plot_configs"]) - 1


def test_results_of_which_nothing_can_be_drawn_have_a_page(results, monkeypatch, tmp_path):
    nothing = results.assign(objective_value=float("nan"), p_obj_question="estimate")
    assert rendered(nothing, monkeypatch, tmp_path)["kinds"] == ["convergence"]


def test_no_figure_without_data_is_written(results, tmp_path):
    both = pd.concat([results, curve("A", [1.0, 0.5], "other")])
    both.loc[both["dataset_name"] == "other", "objective_value"] = float("nan")
    generate_matplotlib.get_figures(BENCHMARK, both, tmp_path, ["convergence", "leaderboard"])
    # By time and by oracle calls.
    names = [path.name for path in tmp_path.glob("*.pdf")]
    assert len(names) == 2
    assert all("convergence_data" in name for name in names)

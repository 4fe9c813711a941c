"""A configuration runs with solvers of one's own besides those that it has."""

import re
import sys

import pytest
import yaml
from benchopt.results import read_results

from helpers import BENCHMARK, SMALL, command, documented_code

CONFIG = {
    "dataset": [SMALL],
    "objective": ["bilevel"],
    "solver": ["HOAG", {"SABA": {"step_size": 0.1, "framework": "python", "batch_size": 16}}],
    "max-runs": 2,
    "n-repetitions": 1,
}


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "my_solver.py"
    path.write_text(documented_code('name = "MA-SOBA"'))
    return path


def test_solvers_are_added_after_those_of_the_configuration(own):
    from run_config import with_solvers

    added = [f"{own}[step_size=0.05]", "SABA[step_size=[0.1,0.2]]"]
    config = with_solvers(CONFIG, added)
    assert config == CONFIG | {"solver": [*CONFIG["solver"], *added]}
    assert len(BENCHMARK.check_solver_patterns(config["solver"])) == 4


def test_a_solver_that_is_there_already_or_is_none_is_refused():
    from run_config import with_solvers

    with pytest.raises(SystemExit, match=r"has SABA already; give parameters, as in SABA\[step"):
        with_solvers(CONFIG, ["SABA"])
    with pytest.raises(SystemExit, match="SABBA is no solver"):
        with_solvers(CONFIG, ["SABBA"])


def test_the_longest_duration_is_told_before_a_run():
    from run_config import announcement

    solvers = ["HOAG", {"SABA": {"step_size": [0.1, 0.2, 0.3]}}]
    text = announcement(CONFIG | {"solver": solvers, "n-repetitions": 5, "timeout": 30})
    assert text.startswith("20 curves: 4 solvers, 1 dataset, 1 objective, 5 repetitions.")
    assert "at most 10 min" in text
    assert "at most 10 s " in announcement(CONFIG | {"n-repetitions": 10, "timeout": "500ms"})
    assert "at most" not in announcement(CONFIG)


@pytest.mark.parametrize("name", ["SOBA", "MRBO[step_size=1.79,neumann_step_size=1.79,seed=[1,2]]"])
def test_a_line_of_progress_fits_the_terminal(name, monkeypatch, capsys):
    from benchopt.utils import terminal_output
    from progress import COLOR, fit_the_terminal

    monkeypatch.setattr(terminal_output, "print_normalize", terminal_output.print_normalize)
    monkeypatch.setenv("COLUMNS", "80")
    fit_the_terminal()
    output = terminal_output.TerminalOutput(n_repetitions=10, show_progress=True)
    output.progress(0.5, ("data", "objective", name))
    line = re.sub(COLOR, "", capsys.readouterr().out).rstrip("\r")
    assert len(line) == 80
    assert line.startswith(f"    |--{name[:30]}")
    assert line.rstrip().endswith("50.0% (1 / 10 reps)")


@pytest.mark.slow
def test_the_solver_of_a_file_runs_beside_a_configuration_and_the_commands_to_go_on_follow(
    own, tmp_path
):
    config, output = tmp_path / "config.yml", tmp_path / "results.parquet"
    config.write_text(yaml.safe_dump(CONFIG))
    text = command(
        sys.executable, "scripts/run_config.py", str(config), "--add",
        f"{own}[framework=python,batch_size=16]", "SABA[batch_size=1000]",
        "--output", str(output), COLUMNS="80",
    )  # fmt: skip
    solvers = read_results(output)["solver_name"].str.split("[").str[0]
    assert set(solvers) == {"HOAG", "SABA", "MA-SOBA"}
    assert "4 curves: 4 solvers" in text
    end = " ".join(text.split("make page RESULTS=")[1].split())
    assert "SABA[batch_size=1000] on simulated" in end
    assert "was left out: SABA: batch_size=1000 is larger than the data" in end
    assert f"make page RESULTS={output}" in text
    page = (output.parent / "pages" / f"{output.stem}.html").read_text()
    assert "was left out: SABA: batch_size=1000 is larger than the data" in page
    # There is one page, the suite's.
    assert "Rendering" not in text
    # After benchopt's lines all but paths fits the terminal.
    _, _, own_lines = text.partition("Saving result")
    lines = [line for line in own_lines.splitlines() if str(tmp_path) not in line]
    assert [line for line in lines if len(line) > 80] == []

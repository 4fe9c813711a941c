"""Which candidate a tuning chooses, from a table of its runs."""

import math

import candidates
import defaults
import pandas as pd
import pytest
import tune
from tune import HEADER, config_of, tuned_solvers

from benchmark_utils.algorithms.search_space import Choice, at_edge, widened
from helpers import ROOT


def runs_of(tuning, candidate, gap, seeds, status="ok"):
    entry = dict(max_calls=tuning.budget, gap=gap, status=status, seconds=1.0)
    entry |= dict.fromkeys(candidates.COSTS, 1e6)
    return [candidate | entry | dict(seed=seed) for seed in seeds]


@pytest.mark.parametrize("n_confirming", [7, 27])
@pytest.mark.parametrize(
    ("statuses", "chosen"),
    [(("ok", "ok"), 0), (("diverged", "ok"), 1), (("diverged", "diverged"), 0)],
)
def test_the_choice_is_the_best_whose_confirmation_did_not_diverge(
    monkeypatch, tmp_path, statuses, chosen, n_confirming
):
    monkeypatch.setattr(candidates, "FOLDER", tmp_path)
    tuning = candidates.Tuning("simulated", "SOBA", [])
    assert tuning.best() is None
    tuning.confirm_with(n_confirming)
    assert len(tuning.confirming_seeds) == n_confirming
    tuning.wide, tuning.n_near = tuning.wide[:2], 0
    rows = []
    for candidate, gap, status in zip(tuning.wide, (0.1, 0.2), statuses, strict=True):
        rows += runs_of(tuning, candidate, gap, tuning.seeds)
        rows += runs_of(tuning, candidate, gap, tuning.confirming_seeds[-1:], status)
    candidates.write(pd.DataFrame(rows), tuning.path)
    tuning.confirm_with(7)
    assert tuning.best() == tuning.wide[chosen]


def test_a_candidate_that_other_seeds_raise_gets_no_runs_in_a_tuning_that_is_complete(
    monkeypatch, tmp_path
):
    monkeypatch.setattr(candidates, "FOLDER", tmp_path)
    tuning = candidates.Tuning("simulated", "SOBA", [])
    tuning.n_near, tuning.n_best = 0, 1
    first, second, *others = tuning.wide
    # Of all runs, the second is best in the mean; with the first seed it is not.
    rows = [row for other in others for row in runs_of(tuning, other, 1.0, tuning.seeds[:1])]
    rows += runs_of(tuning, second, 0.2, tuning.seeds[:1])
    rows += runs_of(tuning, first, 0.1, tuning.seeds[:1])
    rows += runs_of(tuning, first, 0.9, tuning.seeds[1:] + tuning.confirming_seeds)
    candidates.write(pd.DataFrame(rows), tuning.path)
    monkeypatch.setattr(tuning, "run", None)
    tuning.tune()
    assert tuning.best() == first
    assert f"{len(rows)} runs in" in "".join(tuning.report())


def pretend(tuning, gap):
    """Let runs reach no level, and end at a gap that is a function of their parameters."""

    def outcome_of(results, entry):
        levels = dict.fromkeys(candidates.COSTS, math.inf)
        return levels | dict(gap=gap(entry), status="ok", seconds=1.0)

    tuning.run, tuning.outcome = lambda entries: None, outcome_of


def test_a_report_counts_what_diverged_and_what_raised_apart(monkeypatch, tmp_path):
    monkeypatch.setattr(candidates, "FOLDER", tmp_path)
    tuning = candidates.Tuning("simulated", "SOBA", [])
    pretend(tuning, distance("outer_step_size", 1))
    outcome_of = tuning.outcome
    status = dict(zip(map(str, tuning.wide), ["failed", "diverged", "diverged"], strict=False))
    tuning.outcome = lambda results, entry: (
        outcome_of(results, entry)
        | dict(status=status.get(str({name: entry[name] for name in tuning.names}), "ok"))
    )
    tuning.tune()
    assert "s: 2 diverged, 1 was refused or ended in an exception" in "".join(tuning.report())


def test_a_tuning_all_of_whose_first_runs_have_no_curve_ends_and_keeps_none(monkeypatch, tmp_path):
    monkeypatch.setattr(candidates, "FOLDER", tmp_path)
    tuning = candidates.Tuning("simulated", "SOBA", [])
    # benchopt ends so where no run has left a curve.
    monkeypatch.setattr(candidates, "run", lambda *_, **__: exit(1))
    with pytest.raises(SystemExit, match="all 12 runs were refused or ended in an exception; the"):
        tuning.tune()
    assert not tuning.path.exists()


@pytest.mark.parametrize("text", ["", "step_size\n0.1\n", "a,b\n1,2,3\n1,2,3,4\n"])
def test_a_table_of_another_solver_that_cannot_be_read_is_named(monkeypatch, tmp_path, text):
    monkeypatch.setattr(candidates, "FOLDER", tmp_path)
    path = tmp_path / "simulated" / "SABA.csv"
    path.parent.mkdir()
    path.write_text(text)
    with pytest.raises(SystemExit, match=rf"^{path} cannot be read .*: `make tune`\.$"):
        tune.write_chosen("simulated")


def test_a_space_of_no_points_ends_the_script(monkeypatch):
    monkeypatch.setattr(tuned_solvers()["SOBA"], "search_space", {"step": Choice(1)})
    with pytest.raises(SystemExit, match="SOBA: search_space has 'step'; give some of step_size"):
        candidates.Tuning("simulated", "SOBA", [])


def distance(name, value):
    """How far a parameter is from a value, in decades."""
    return lambda entry: abs(math.log10(entry[name] / value))


def test_the_edge_at_which_a_choice_lies_moves_until_the_choice_is_inside(monkeypatch, tmp_path):
    monkeypatch.setattr(candidates, "FOLDER", tmp_path)
    tuning = candidates.Tuning("simulated", "SOBA", [])
    low = tuning.space["outer_step_size"].low
    pretend(tuning, distance("outer_step_size", low / 3))
    tuning.tune()
    points, space, best = tuning.search()
    assert len(points) > 12 + 8
    assert space["outer_step_size"].low < best["outer_step_size"] < low
    assert at_edge(space, best) == {}
    assert "widen" not in "".join(tuning.report())


@pytest.mark.parametrize("n_seeds", [1, 10])
def test_another_number_of_confirming_runs_gives_the_choice_that_it_reports(
    monkeypatch, tmp_path, n_seeds
):
    monkeypatch.setattr(candidates, "FOLDER", tmp_path)
    tuning, again = (candidates.Tuning("simulated", "SOBA", []) for _ in range(2))
    tuning.confirm_with(n_seeds)
    pretend(tuning, distance("outer_step_size", tuning.space["outer_step_size"].low / 3))
    tuning.tune()
    assert again.best() == tuning.best()


def test_an_edge_of_a_plain_solver_of_benchopt_moves(monkeypatch, tmp_path):
    monkeypatch.setattr(candidates, "FOLDER", tmp_path)
    tuning = candidates.Tuning("simulated", "SOBA", [])
    # BaseSolver does not have the attribute `allowed`.
    monkeypatch.setattr(tuning, "cls", object)
    assert tuning.is_allowed("outer_step_size", 1e9)


def test_an_edge_moves_three_times_at_most(monkeypatch, tmp_path):
    monkeypatch.setattr(candidates, "FOLDER", tmp_path)
    tuning = candidates.Tuning("simulated", "SOBA", [])
    pretend(tuning, lambda entry: entry["outer_step_size"])
    tuning.tune()
    points, space, _ = tuning.search()
    assert len(points) == 12 + 8 + 3 * 8
    expected = tuning.space
    for _ in range(3):
        expected = widened(expected, {"outer_step_size": "lower"}, candidates.MOVE)
    assert space == expected
    assert "lies at the lower edge: widen the search space." in "".join(tuning.report())


def test_no_edge_moves_where_the_values_of_a_solver_end(monkeypatch, tmp_path):
    monkeypatch.setattr(candidates, "FOLDER", tmp_path)
    tuning = candidates.Tuning("simulated", "MA-SOBA", [])
    pretend(tuning, distance("momentum", 1))
    tuning.tune()
    _, space, best = tuning.search()
    assert at_edge(space, best)["momentum"] == "upper"
    assert space["momentum"] == tuning.space["momentum"]


MADE = [
    path
    for path in sorted((ROOT / "configs").glob("*.yml"))
    if path.read_text().startswith(HEADER.format(task=path.stem))
]


@pytest.mark.parametrize("path", MADE, ids=lambda path: path.stem)
def test_configurations_have_what_tuning_chose(path):
    assert path.read_text() == config_of(path.stem)


def test_there_are_such_configurations():
    assert {path.stem for path in MADE} >= {"data_cleaning", "ijcnn1", "multinomial_logreg"}


def test_only_automatic_step_sizes_are_searched_in_units_of_the_task():
    solvers = tuned_solvers()
    spaces = {name: (defaults.relative(cls), cls.search_space) for name, cls in solvers.items()}
    space, _ = spaces["SOBA"]
    assert (space["step_size"], space["outer_step_size"]) == (defaults.INNER, defaults.OUTER)
    space, given = spaces["AccBO"]  # its outer steps are lengths
    assert space["step_size", "neumann_step_size"] == defaults.INNER
    assert space["outer_step_size"] == given["outer_step_size"]
    space, given = spaces["S-TFBO"]  # it has none
    assert space == given

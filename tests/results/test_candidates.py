"""Which candidate a tuning chooses, from a table of its runs."""

import candidates
import defaults
import pandas as pd
import pytest
from tune import tuned_solvers


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

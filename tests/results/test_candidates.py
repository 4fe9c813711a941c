"""Which candidate a tuning chooses, from a table of its runs."""

import candidates
import pandas as pd
import pytest


def runs_of(tuning, candidate, gap, seeds, status="ok"):
    entry = dict(max_calls=tuning.budget, gap=gap, status=status, seconds=1.0)
    entry |= dict.fromkeys(candidates.COSTS, 1e6)
    return [candidate | entry | dict(seed=seed) for seed in seeds]


@pytest.mark.parametrize(
    ("statuses", "chosen"),
    [(("ok", "ok"), 0), (("diverged", "ok"), 1), (("diverged", "diverged"), 0)],
)
def test_the_choice_is_the_best_whose_confirmation_did_not_diverge(
    monkeypatch, tmp_path, statuses, chosen
):
    monkeypatch.setattr(candidates, "FOLDER", tmp_path)
    tuning = candidates.Tuning("simulated", "SOBA", [])
    tuning.n_near = 0
    assert tuning.best() is None
    tuning.wide = tuning.wide[:2]
    rows = []
    for candidate, gap, status in zip(tuning.wide, (0.1, 0.2), statuses, strict=True):
        rows += runs_of(tuning, candidate, gap, tuning.seeds)
        rows += runs_of(tuning, candidate, gap, tuning.confirming_seeds[:1], status)
    candidates.write(pd.DataFrame(rows), tuning.path)
    assert tuning.best() == tuning.wide[chosen]

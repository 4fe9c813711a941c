"""How candidates of a solver's parameters are scored, and which of them is chosen."""

import numpy as np
import pandas as pd

from benchmark_utils.results.curves import oracle_calls
from benchmark_utils.results.levels import LEVELS, lasting_costs, name_of

COSTS = [f"calls_{name_of(level)}" for level in LEVELS]
# In units of the budget.
MISS, DIVERGENCE = 10, 100
# The last gap that still counts, and the most that it counts against a candidate.
ROUNDING, MOST = 1e-8, 2


def outcome(curve):
    """What a curve says of its candidate.

    Parameters
    ----------
    curve : pandas.DataFrame
        The points of one curve, as benchopt writes them; if the run failed, empty or with ``error``
        at the end.

    Returns
    -------
    outcome : dict
        The one-sample oracle calls until each level was reached for good, infinite where it was
        not; the last ``gap`` h - h*; ``status``, ``"ok"``, ``"diverged"`` or ``"failed"``; and the
        ``seconds`` that the run took, without judging.
    """
    if curve.empty or (curve["objective_status"] == "error").any():
        return dict.fromkeys(COSTS, np.inf) | dict(gap=np.inf, status="failed", seconds=0.0)
    curve = curve.sort_values("stop_val")
    gap = curve["objective_gap"]
    calls = oracle_calls(curve, "all").to_numpy(float)[:, np.newaxis]
    costs = lasting_costs((gap / gap.iloc[0]).to_numpy(), calls, LEVELS)[:, 0]
    diverged = (curve["objective_status"] == "diverged").any() or gap.isna().any()
    return dict(zip(COSTS, costs, strict=True)) | dict(
        gap=np.inf if diverged else float(f"{gap.iloc[-1]:.4g}"),
        status="diverged" if diverged else "ok",
        seconds=round(float(curve["time"].iloc[-1]), 3),
    )


def scores(table):
    """The mean over levels of the logarithm to base 10 of the cost, in oracle calls.

    A level that was not reached costs ten times the budget. If a run diverged or failed, each of
    its levels costs a hundred times the budget.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per run: outcomes, and the budget ``max_calls``.

    Returns
    -------
    scores : pandas.Series
        One per row; lower is better.
    """
    budget = table["max_calls"].to_numpy(float)
    costs = np.minimum(table[COSTS].to_numpy(float), MISS * budget[:, np.newaxis])
    costs[(table["status"] != "ok").to_numpy()] = np.inf
    costs = np.minimum(costs, DIVERGENCE * budget[:, np.newaxis])
    return pd.Series(np.log10(costs).mean(axis=1), table.index)


def ranking(table, names):
    """Candidates, best first: by mean score over their seeds, then by mean last gap.

    Parameters
    ----------
    table : pandas.DataFrame
        One row per run, as :func:`scores` takes it.
    names : list of str
        Columns of parameters.

    Returns
    -------
    ranking : pandas.DataFrame
        One row per candidate: its parameters, ``score``, ``gap`` and ``n_seeds``.
    """
    runs = table.assign(score=scores(table)).groupby(names, sort=False)
    means = runs.agg(score=("score", "mean"), gap=("gap", "mean"), n_seeds=("seed", "nunique"))
    return means.reset_index().sort_values(["score", "gap"], kind="stable", ignore_index=True)


def regrets(tables, names):
    """How much candidates lose on each of several tasks to the best one there.

    A loss is that in score, and the logarithm to base 10 of the last gap over the lowest one, at
    most 2: where no candidate reaches a level, only gaps tell them apart.

    Parameters
    ----------
    tables : dict of str to pandas.DataFrame
        By task, the runs of the same candidates, one each, as :func:`scores` takes them.
    names : list of str
        Columns of parameters.

    Returns
    -------
    regrets : pandas.DataFrame
        One row per candidate, that with the lowest mean first: its parameters, and its loss per
        task.
    """
    losses = {}
    for task, table in tables.items():
        runs = table.assign(score=scores(table)).set_index(names)
        gaps = np.log10(runs["gap"].clip(lower=ROUNDING))
        losses[task] = runs["score"] - runs["score"].min() + (gaps - gaps.min()).clip(upper=MOST)
    losses = pd.DataFrame(losses)
    return losses.loc[losses.mean(axis=1).sort_values().index].reset_index()

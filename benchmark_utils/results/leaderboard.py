"""The archive's rankings as text: a table of all methods, and what their order depends on."""

import math
from string import ascii_lowercase

import pandas as pd

from benchmark_utils.results.calibration import time_ratios
from benchmark_utils.results.levels import CURVE, LEVELS, name_of
from benchmark_utils.results.ranking import Ranking, order_changes

LOOSE, TIGHT = LEVELS[:2], LEVELS[-2:]
# Pairs that a section shows.
SHOWN = 10
CLASSES = {True: "tuned", False: "self-tuning"}
HEADER = """\
| | method | class, rank in it | tasks | score by time | alike | score by calls | alike |
|---|---|---|---|---|---|---|---|"""


def table(points):
    """All methods, the best by time first, as the lines of a Markdown table.

    Parameters
    ----------
    points : pandas.DataFrame
        Curves, as :func:`read_archive` returns them.
    """
    rankings = {cost: Ranking(points, cost) for cost in ("time", "calls")}
    texts = {cost: score_texts(ranking) for cost, ranking in rankings.items()}
    by_time = rankings["time"]
    tuned = points.groupby("method")["tuned"].first()
    ranks, in_class = ranks_of(by_time), {}
    for _, of_class in points.groupby("tuned"):
        in_class |= ranks_of(Ranking(of_class, "time"))
    yield HEADER
    for method in by_time.scores.index:
        cells = (
            ranks[method],
            method,
            f"{CLASSES[bool(tuned[method])]}, {in_class[method]}",
            f"{by_time.n_tasks[method]} of {len(by_time.tasks)}",
            texts["time"][method],
            texts["calls"][method],
        )
        yield f"| {' | '.join(map(str, cells))} |"


def ranks_of(ranking):
    """The rank of each method, the same if scores are."""
    return ranking.scores.rank(method="min", ascending=False).astype(int).to_dict()


def score_texts(ranking):
    """Two cells for each method: its score with the interval, and the letters of its cliques."""
    letters = dict.fromkeys(ranking.methods, "")
    for letter, clique in zip(ascii_lowercase, ranking.cliques, strict=False):
        for method in clique:
            letters[method] += letter
    ends = ranking.intervals
    return {
        method: f"{score:.2f} [{ends.lower[method]:.2f}, {ends.upper[method]:.2f}] | "
        f"{letters[method]}"
        for method, score in ranking.scores.items()
    }


def common(first, second):
    """The curves of the methods and tasks that both tables have."""
    names = ["task", "method"]
    both = first[names].drop_duplicates().merge(second[names].drop_duplicates())
    return first.merge(both), second.merge(both)


def section(title, names, first, second, missing):
    """A section of the page: which pairs of methods change order between two rankings.

    Parameters
    ----------
    title : str
    names : pair of str
        What the rankings are by.
    first, second : Ranking
        Of the same methods and tasks.
    missing : str
        What to say if there are fewer than two methods.
    """
    yield f"\n## {title}\n"
    if len(first.methods) < 2:
        yield missing
        return
    changes, agreement = order_changes(first, second)
    n_methods, n_sure = len(first.methods), int(changes["sure"].sum())
    n_pairs = n_methods * (n_methods - 1) // 2
    # It is not defined if all scores of a ranking are the same.
    tau = "" if math.isnan(agreement) else f" Kendall's tau is {agreement:.2f}."
    tasks = f"{len(first.tasks)} tasks" if len(first.tasks) > 1 else f"`{first.tasks[0]}`"
    yield (
        f"{n_methods} methods on {tasks}.{tau} "
        f"{len(changes)} of {n_pairs} pairs change order, {n_sure} of them surely."
        + (f" These are the {SHOWN} largest changes:" if len(changes) > SHOWN else "")
    )
    if len(changes):
        yield f"\n| ahead by {names[0]} | ahead by {names[1]} | by how much | sure |"
        yield "|---|---|---|---|"
    for row in changes.head(SHOWN).itertuples():
        sure = "yes" if row.sure else ""
        yield f"| {row.ahead} | {row.behind} | {row.first:.2f}, {row.second:.2f} | {sure} |"


def sections(points, variants, no_box):
    """All sections on what the order depends on.

    Parameters
    ----------
    points : pandas.DataFrame
        Curves, as :func:`read_archive` returns them.
    variants : dict of str to pandas.DataFrame
        Those of the variants ``float32``, ``5_trials`` and ``other_machine``.
    no_box : pandas.DataFrame
        Those of tasks without a box, under the names of the same tasks with one.
    """
    by_time = Ranking(points, "time")
    yield from section(
        "Time or oracle calls", ("time", "calls"), by_time, Ranking(points, "calls"), EMPTY
    )
    yield from section(
        "Loose or tight levels",
        ("levels " + " and ".join(map(name_of, LOOSE)), " and ".join(map(name_of, TIGHT))),
        Ranking(points, "time", LOOSE),
        Ranking(points, "time", TIGHT),
        EMPTY,
    )
    for title, names, others, missing in (
        ("Float64 or float32", ("float64", "float32"), variants["float32"], NO_VARIANT["float32"]),
        (
            "Twenty or five trials of tuning",
            ("twenty trials", "five"),
            variants["5_trials"],
            NO_VARIANT["5_trials"],
        ),
        ("With the box or without", ("the box", "no box"), no_box, NO_BOX),
        (
            "One machine or another",
            ("the archive's machine", "the second one"),
            variants["other_machine"],
            NO_VARIANT["other_machine"],
        ),
    ):
        first, second = (Ranking(part, "time") for part in common(points, others))
        yield from section(title, names, first, second, missing)
        if title in NOTES and len(first.methods) > 1:
            yield f"\n{NOTES[title]}"
    here, there = common(points, variants["other_machine"])
    if len(here):
        yield same_runs(here, there)


def same_runs(here, there):
    """Sentences on the same runs on two machines: the ratio of their times, and their last h."""
    tasks = here["task"].unique()
    parts = [[points[points["task"] == task] for points in (there, here)] for task in tasks]
    ratios = pd.concat([time_ratios(*part) for part in parts]).dropna()
    ends = [points.groupby(CURVE)["value"].last() for points in (here, there)]
    differences = ((ends[1] - ends[0]) / ends[0]).abs().dropna()
    n_equal, n_runs = (differences == 0).sum(), len(differences)
    others = f", and differs by at most {differences.max():.0e} of it in the others"
    return (
        f"\nThe same runs took {ratios.median():.2f} times as long on the second machine, in the "
        f"median over methods and tasks; the least is {ratios.min():.2f}, the most "
        f"{ratios.max():.2f}. "
        f"The last h has the same bits in {n_equal} of {n_runs} runs"
        f"{others if n_equal < n_runs else ''}."
    )


EMPTY = "The archive has fewer than two methods."
NO_VARIANT = {
    name: f"The archive has nothing for this yet; `make archive VARIANT={name}` makes it."
    for name in ("float32", "5_trials", "other_machine")
}
NOTES = {
    "Twenty or five trials of tuning": "The five are the first of the twenty, one draw for each "
    "method: with other points some methods would do better.",
    "With the box or without": "Without a box lambda starts at zero, where h is higher, so that a "
    "level is a larger gap.",
    "One machine or another": "Both are virtual machines, whose speed changes with the load of "
    "their hosts: compare seconds within one task only.",
}
NO_BOX = "The archive has nothing for this yet; `make archive TASK=ijcnn1_no_box` makes it."

"""Rank the methods of the archive: the README's first figure and table, and docs/ranking.md.

    python scripts/ranking.py

Nothing is run. The table stands between two comments of the README, the figure is
docs/leaderboard.png.
"""

import argparse
import re
from pathlib import Path

import matplotlib.pyplot as plt
from suite import ROOT

from archive import ARCHIVE, VARIANTS
from benchmark_utils.optima import stored_optima
from benchmark_utils.results.archive import read_archive
from benchmark_utils.results.files import replaced, write_text
from benchmark_utils.results.leaderboard import sections, table
from benchmark_utils.results.levels import LEVELS, costs_to_levels, name_of
from benchmark_utils.results.ranking import FURTHEST, Ranking
from benchmark_utils.results.styles import for_matplotlib, style_of

MARKS = "<!-- leaderboard: make leaderboard -->", "<!-- end of leaderboard -->"
FIGURE = (
    "![Scores of all methods with their intervals, best first: by time and by oracle calls]"
    "(docs/leaderboard.png)"
)
# Methods that the README shows.
SHOWN = 10
CAPTION = """\
The best methods of the archive: 1 means always the cheapest to each level of h - h*, 0 never
within a factor of 100. Methods that share a letter in a column *alike* are as good on these tasks,
as far as other seeds can tell. Other tasks would give another order, and methods with fewer tasks
are scored on these only: [how to read the table, all methods, and what the order depends
on](docs/ranking.md)."""
NO_BOX, BOX = "box=none", "box=default"
PAGE = """\
# Which methods are best, and what that depends on

`make leaderboard` makes this page from the archive. The tasks are {tasks}. Each method ran with ten
seeds per task, or three times if it uses no random numbers.

{table}

* **Score.** The area below the method's performance profile over tasks and levels, against the
  logarithm of the factor by which it is behind the cheapest method, from 1 to {furthest:.0f}: 1
  means always the cheapest, 0 never within that factor. A level τ is reached where
  $h - h^* \\le \\tau\\, (h(\\lambda_0) - h^*)$, with the stored $h^*$ and τ from {first} to
  {last}. Its cost is that of the first point at which it is reached, the median over seeds; levels
  that no method reaches do not count. Tuning is stricter: there a curve must not leave the level
  again.
* **Interval.** 95 % of the scores when tasks and seeds are drawn again.
* **Letters.** Neighbours with a letter in common cannot be told apart on these tasks: with other
  seeds their order may be another (Wilcoxon's signed-rank test on the scores of each task and seed,
  with Holm's adjustment). A method without random numbers has one score per task, and two such
  methods are compared once per task. As a statement on other tasks, with one score per task,
  {n_apart} of {n_pairs} pairs can be told apart: few tasks say little of many methods.
* **Class.** Tuned methods had 20 trials or more on each task ([tuning.md](tuning.md)); self-tuning
  methods run with their defaults. The rank in a class is that among its methods only, whose
  cheapest costs are others.
* **Tasks.** A method that refuses a task, or was not run on it, is scored on the others: compare
  scores of methods with the same number of tasks. One that ran on fewer than half of the tasks is
  not ranked: {unranked}.
* **The optimum.** $h^*$ is the lowest value of ten minimisations with L-BFGS-B; on
  `ijcnn1_no_box`, where λ has no box, of those in [-20, 20]. Where fewer than
  half of them end there, a lower value may exist: {weak}.
* **The first evaluation.** {n_floor:.0%} of all levels were reached at the first evaluation of a
  curve after its start. Their cost is an upper bound.

A pair changes order *surely* if its order is the same in at least 97.5 % of the resamples of each
ranking, which is not adjusted for the number of pairs: of many sure changes a few may be chance.
On one task only the seeds are resampled. Pairs that tie in one ranking lower Kendall's tau, and are
not among the changes.
"""
NOT_SMOOTH = """
## Tasks that are not smooth

These are {tasks}. Few methods can treat them, and they are not in the scores above.
"""


def share_at_first_evaluation(points):
    """The share of the reached levels that a curve reached at its first point after the start."""
    curve = ["task", "method", "repetition"]
    first = points.groupby(curve)["calls"].nth(1)
    names = points.loc[first.index, curve].apply(tuple, axis=1)
    costs = costs_to_levels(points)["calls"]
    costs = costs[costs < float("inf")]
    at_first = dict(zip(names, first, strict=True))
    return (costs <= costs.index.droplevel("level").map(at_first)).mean() if len(costs) else 0.0


def weak_optima(manifests):
    """The tasks on whose h* fewer than half of the minimisations agree, as a sentence has them."""
    rows = {(row.dataset, row.problem): row for row in stored_optima()}
    for task, made in manifests.items():
        row = rows.get((made["dataset"], made["problem"]))
        if row and 2 * row.agreeing < row.starts:
            yield f"`{task}` ({row.agreeing} of {row.starts})"


def listed(tasks):
    return ", ".join(f"`{task}`" for task in tasks)


def page(rows, points, not_smooth, unranked, variants, no_box, weak):
    """The text of docs/ranking.md, with these rows of its table."""
    ranking = Ranking(points, "time")
    n_methods = len(ranking.methods)
    head = PAGE.format(
        tasks=listed(ranking.tasks),
        table=rows,
        furthest=FURTHEST,
        first=name_of(LEVELS[0]),
        last=name_of(LEVELS[-1]),
        n_apart=int(ranking.apart_on_other_tasks.to_numpy().sum()) // 2,
        n_pairs=n_methods * (n_methods - 1) // 2,
        n_floor=share_at_first_evaluation(points),
        unranked=", ".join(f"{name} ({n} of {len(ranking.tasks)})" for name, n in unranked.items())
        or "none",
        weak=", ".join(weak) or "nowhere",
    )
    parts = list(sections(points, variants, no_box))
    if len(not_smooth):
        parts += [NOT_SMOOTH.format(tasks=listed(sorted(set(not_smooth["task"]))))]
        parts += table(not_smooth)
    return head + "\n".join(parts) + "\n"


def on_half_the_tasks(points):
    """The curves of methods that ran on half of the tasks or more; how many the others had."""
    n_tasks = points.groupby("method")["task"].nunique()
    few = n_tasks[2 * n_tasks < points["task"].nunique()]
    return points[~points["method"].isin(few.index)].reset_index(drop=True), few


def draw(points, path):
    """The scores with their intervals, by time and by calls; open marks are self-tuning methods."""
    rankings = [Ranking(points, cost) for cost in ("time", "calls")]
    order = list(rankings[0].scores.index[::-1])
    tuned = points.groupby("method")["tuned"].first()
    figure, axes = plt.subplots(
        1, 2, figsize=(9, 1 + 0.22 * len(order)), sharey=True, layout="constrained"
    )
    for axis, ranking, cost in zip(axes, rankings, ("time", "oracle calls"), strict=True):
        ends = ranking.intervals
        for place, method in enumerate(order):
            style = for_matplotlib(style_of(method))
            color = style["color"]
            axis.plot(ends.loc[method], [place] * 2, color=color, lw=2, alpha=0.5)
            axis.plot(
                ranking.scores[method], place, style["marker"], color=color,
                mfc=color if tuned[method] else "white",
            )  # fmt: skip
        for kind, face in (("tuned", "0.3"), ("self-tuning", "white")):
            axis.plot([], [], "o", color="0.3", mfc=face, label=kind)
        axis.set(xlim=(0, 1), xlabel=f"score by {cost}", yticks=range(len(order)))
        axis.grid(alpha=0.3)
    axes[0].set_yticklabels(order, fontsize=8)
    axes[1].legend(loc="lower right", fontsize=8)
    figure.suptitle(
        f"Integrated performance profiles; tasks: {len(rankings[0].tasks)}", fontsize=10
    )
    with replaced(path) as draft:
        figure.savefig(draft, dpi=150)
    plt.close(figure)


def split(points, manifests):
    """The curves of tasks with a box, and those without, under the names of their counterparts."""
    boxed = {
        (made["dataset"], made["problem"]): task
        for task, made in manifests.items()
        if NO_BOX not in made["problem"]
    }
    names = {
        task: boxed.get((made["dataset"], made["problem"].replace(NO_BOX, BOX)))
        for task, made in manifests.items()
        if NO_BOX in made["problem"]
    }
    without = points[points["task"].isin(names)]
    without = without.assign(task=without["task"].map(names)).dropna(subset="task")
    return points[~points["task"].isin(names)].reset_index(drop=True), without


def put_between_marks(text, path):
    """Replace what stands between the two comments of a file."""
    pattern = "(?s)" + "(.*)".join(map(re.escape, MARKS))
    old = path.read_text()
    if not re.search(pattern, old):
        raise SystemExit(f"{path} needs the two lines {' and '.join(MARKS)} for the table.")
    write_text(path, re.sub(pattern, lambda _: f"{MARKS[0]}\n{text}\n{MARKS[1]}", old))


def make(root, readme, docs):
    """Write the table of the README, the page and the figure from the archive in a folder."""
    points, manifests = read_archive(root)
    points, no_box = split(points, manifests)
    if points.empty:
        raise SystemExit("The archive has no curves; run `make archive` first.")
    smooth = points["task"].map(lambda task: manifests[task].get("smooth", True))
    points, not_smooth = points[smooth], points[~smooth].reset_index(drop=True)
    points, unranked = on_half_the_tasks(points)
    variants = {name: split(read_archive(root, name)[0], manifests)[0] for name in VARIANTS}
    header, *rows = table(points)
    best = "\n".join([header, *rows[:SHOWN]])
    put_between_marks(f"{FIGURE}\n\n{best}\n\n{CAPTION}", readme)
    every = "\n".join([header, *rows])
    weak = weak_optima(manifests)
    text = page(every, points, not_smooth, unranked, variants, no_box, weak)
    write_text(docs / "ranking.md", text)
    draw(points, docs / "leaderboard.png")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--archive", type=Path, default=ARCHIVE)
    arguments = parser.parse_args()
    make(arguments.archive, ROOT / "README.md", ROOT / "docs")
    print("Wrote the table in README.md, docs/ranking.md and docs/leaderboard.png.")


if __name__ == "__main__":
    main()

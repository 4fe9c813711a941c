"""Compare a solver of your own with those of the archive, which need not run again.

    python scripts/compare.py SOLVER.py TASK [--quick] [--no-tuning] [--anchors SOLVER ...]

The solver of the file is tuned on TASK under the same rules as all others, if it has a search
space: 20 candidates or more, seeds apart, kept in outputs/compare/TASK/SOLVER; a file that has
changed is tuned anew. Then it runs with ten seeds and the budget of the archive. The table shows
what each level of the gap costs, and the figure outputs/compare/TASK/SOLVER.png shows h - h* of all
methods against time and oracle calls.

With --quick, a first look: four candidates, three seeds, a tenth of the budget, and times of
this machine as they are. Tight levels are then out of reach.

Oracle calls need no calibration. Times do: the anchors run again on this machine, and times of the
new solver are divided by the ratio of the anchors' times here and in the archive.
"""

import argparse
import math
import traceback
from hashlib import sha256
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from candidates import Tuning, is_tuned, options_of
from final_runs import N_FIRST, N_REPETITIONS, Task, run_curves, run_repetitions
from progress import fit_the_terminal
from solver_files import Unparsable, name_of
from suite import BENCHMARK, ROOT, TASKS

from archive import ARCHIVE, Archive, Raised, as_points, check
from benchmark_utils.algorithms.search_space import points as points_of
from benchmark_utils.ends import end_in_sentences
from benchmark_utils.results.archive import curves_of, read_task, require_task, write_curves
from benchmark_utils.results.calibration import Unrelated, time_ratio, time_ratios
from benchmark_utils.results.files import replaced
from benchmark_utils.results.gap_figure import draw_gaps
from benchmark_utils.results.levels import COSTS, LEVELS, BelowOptimum, costs_to_levels
from benchmark_utils.results.levels import name_of as name_of_level
from benchmark_utils.results.ranking import Ranking
from benchmark_utils.results.terminal import duration, table, width
from benchmark_utils.validation import in_one_line

OUTPUTS = ROOT / "outputs" / "compare"
ANCHORS = ("SOBA", "QuasiNewton")
UNITS = {"time": "time (s) to", "calls": "calls to"}
# Of a first look: candidates, and the part of the budget.
N_QUICK, QUICK_PART = 4, 0.1


class FileTuning(Tuning):
    """The tuning of a solver of a file.

    Parameters
    ----------
    task : str
    path : pathlib.Path
        The solver's file.
    cls : type
        Its class.
    folder : pathlib.Path
        Where the runs are kept.
    quick : bool
        Whether to run a few candidates only, once each, with a part of the budget.
    """

    def __init__(self, task, path, cls, folder, quick=False):
        self.prepare(task, cls, [])
        # Runs of another text of the file are those of another method.
        text = sha256(path.read_bytes()).hexdigest()[:8]
        self.file, self.path = path, folder / f"tuning_{text}.csv"
        if quick:
            self.wide = points_of(self.space, N_QUICK)
            self.n_near, self.n_moves, self.seeds = 0, 0, self.seeds[:1]
            self.confirming_seeds = ()
            self.budget = quick_budget(task)

    @property
    def n_runs(self):
        """The number of runs, if no edge of the space moves and no candidate repeats another."""
        n_first = len(self.wide) + self.n_near
        n_later = self.n_best * (len(self.seeds) - 1) + len(self.confirming_seeds)
        return n_first + n_later

    def pattern(self, parameters):
        return pattern(self.file, parameters)


def quick_budget(task):
    return int(QUICK_PART * TASKS[task]["max_calls"])


def pattern(path, parameters):
    """A solver of a file as benchopt names it."""
    given = ",".join(f"{name}={value!r}" for name, value in parameters.items())
    return f"{path}[{given}]" if given else str(path)


def load(path):
    """The class of the solver of a file; the script ends with a sentence if that fails."""
    if not path.is_file() or path.suffix != ".py":
        raise SystemExit(f"There is no file {path} of Python; give the file of a solver.")
    try:
        name_of(path)
        [cls] = BENCHMARK.check_solver_patterns([str(path)], class_only=True)
        cls.is_installed(raise_on_not_installed=True)
    except Unparsable as reason:
        raise SystemExit(f"{path} {reason}.") from reason
    except KeyboardInterrupt:
        raise
    # A file may raise anything when it is imported.
    except BaseException as error:
        raise SystemExit(f"{path} {import_failure(path, error)}.") from error
    if not isinstance(cls.name, str):
        raise SystemExit(f"{path}: its class Solver has no name; give it one, a text.")
    return cls


def import_failure(path, error):
    """What went wrong in the import of a solver's file, and in which line."""
    # If the file has no class Solver, benchopt raises that from the error of the import.
    cause = error.__cause__ or error
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(cause.__traceback__)
        if Path(frame.filename) == path.resolve()
    ]
    if not lines:
        return "has no class Solver that is a solver of benchopt; docs/tutorial.md shows one"
    return f"could not be imported ({in_one_line(cause)}, line {lines[-1]})"


def known_anchors(archive, anchors):
    """The anchors that the archive has; the script ends if it has none of them."""
    made = archive.manifest["curves"]
    known = [name for name in anchors if name in made]
    if anchors and not known:
        raise SystemExit(
            f"None of the anchors {', '.join(anchors)} is in the archive of {archive.task.name}; "
            f"give some of {', '.join(made)}, or --no-calibration to leave times as they are here."
        )
    if len(known) < len(anchors):
        print(f"Of the anchors, the archive of {archive.task.name} has only {', '.join(known)}.")
    return known


def calibrate(archive, anchors, folder):
    """The ratio of times here and in the archive, by running the anchors again.

    Raises
    ------
    Unrelated
        If no anchor has reached a level both here and in the archive.
    """
    here = []
    for name in anchors:
        made = archive.manifest["curves"][name]
        n_repetitions = sum(made["status"].values())
        solver, outputs = {name: made["parameters"]}, folder / "anchors" / name
        # Curves of the cache may be of a time when this machine was slower.
        results = run_repetitions(archive.task, solver, n_repetitions, outputs, cache=False)
        here.append(as_points(curves_of(results, range(n_repetitions)), name, archive.manifest))
    there = read_task(archive.folder)
    ratios = time_ratios(pd.concat(here), there[there["method"].isin(anchors)])
    ratio = time_ratio(ratios)
    for name, of_anchor in ratios.items():
        if math.isnan(of_anchor):
            print(f"{name} reached no level both here and in the archive, and does not count.")
        else:
            print(f"{name} takes {of_anchor:.2f} times as long here as in the archive.")
    print(f"Times of this machine are divided by {ratio:.2f}.")
    return ratio


def cost_table(points, cost):
    """What each level costs, in the median over seeds: the lines of a table, best method first."""
    ranking = Ranking(points, cost)
    costs = costs_to_levels(points)[cost].groupby(["method", "level"]).median().unstack("level")
    header = (UNITS[cost], "score", *map(name_of_level, LEVELS))
    rows = [
        (method, f"{score:.2f}", *(f"{costs.loc[method, level]:.2g}" for level in LEVELS), "")
        for method, score in ranking.scores.items()
    ]
    return table(header, rows, width())


def draw(points, new, title, path, costs=COSTS):
    """The gaps of all methods against costs; the new one in black, if there is one."""
    figure, [axes] = plt.subplots(
        1, len(costs), figsize=(9.5, 4.2), sharey=True, layout="constrained", squeeze=False
    )
    for axis, cost in zip(axes, costs, strict=True):
        draw_gaps(axis, points, cost, bold=new)
    axes[0].set_ylabel("h - h*, median and quartiles over seeds")
    figure.suptitle(title, fontsize=10)
    figure.legend(
        *axes[0].get_legend_handles_labels(), loc="outside right center", fontsize=7, frameon=False
    )
    with replaced(path) as draft:
        figure.savefig(draft, dpi=150)
    plt.close(figure)


def announcement(archived, tuning, quick):
    """How many runs are about to start, and how long they take, as a sentence."""
    n_runs = (tuning.n_runs if tuning else 0) + (N_FIRST if quick else N_REPETITIONS)
    seconds = archived.groupby(["method", "repetition"])["time"].max().median()
    expected = duration(n_runs * (QUICK_PART if quick else 1) * seconds)
    return (
        f"About {n_runs} runs: about {expected} if they take as long as those of the archive, "
        "besides compiling, judging and the anchors."
    )


def divergence(curves, method):
    """How many curves of a method diverged, as a sentence, if any did."""
    ends = curves.groupby("repetition")["status"].last()
    n_diverged = (ends == "diverged").sum()
    if n_diverged:
        yield f"{method}: {n_diverged} of {len(ends)} curves diverged."


def standing(points, method, cost):
    """The rank of a method, as a sentence."""
    scores = Ranking(points, cost).scores
    rank = 1 + (scores > scores[method]).sum()
    return f"{method} is number {rank} of {len(scores)} by {cost}."


def compare(path, task_name, anchors=ANCHORS, tuning=True, root=ARCHIVE, quick=False):
    """Tune and run the solver of a file on a task, beside those of the archive.

    Parameters
    ----------
    path : pathlib.Path
    task_name : str
    anchors : sequence of str
        Methods of the archive that run again; without any, times are not calibrated.
    tuning : bool
        Whether to tune a solver that has a search space; otherwise it runs with its defaults.
    root : pathlib.Path
        The archive.
    quick : bool
        Whether to take a first look only, without anchors.

    Returns
    -------
    points : pandas.DataFrame
        All curves on the task, with the new ones. Their times are those of the archive's machine if
        anchors ran, NaN if these reached no level that they reached there.
    """
    require_task(root, task_name)
    cls, archive = load(path), Archive(Task(task_name), root)
    reason = archive.task.refusal(cls.get_instance())
    if reason:
        raise SystemExit(reason)
    folder = OUTPUTS / task_name / cls.name
    anchors = [] if quick else known_anchors(archive, anchors)
    has_space = tuning and is_tuned(cls)
    tuning = FileTuning(task_name, path, cls, folder, quick) if has_space else None
    print(announcement(read_task(archive.folder), tuning, quick), flush=True)
    parameters = options_of(task_name, cls)
    if tuning:
        tuning.tune()
        print("\n".join(tuning.report()))
        parameters |= tuning.best()
    if quick:
        archive.task.max_calls = quick_budget(task_name)
        results = run_repetitions(archive.task, pattern(path, parameters), N_FIRST, folder)
        curves = curves_of(results, range(N_FIRST))
    else:
        curves, _ = run_curves(archive.task, pattern(path, parameters), folder)
    check(curves, cls.name, archive.manifest)
    write_curves(curves, folder / "curves.parquet")
    costs, ratio = COSTS, 1.0
    if anchors:
        try:
            ratio = calibrate(archive, anchors, folder)
        except Unrelated as reason:
            print(f"{reason} Here are the oracle calls.")
            costs, ratio = ["calls"], math.nan
    new = f"{cls.name} (new)"
    points = as_points(curves, new, archive.manifest)
    points["time"] = points["time"] / ratio
    points = pd.concat([read_task(archive.folder), points], ignore_index=True)
    for cost in costs:
        ranked = [*divergence(curves, new), standing(points, new, cost)]
        print("\n" + "\n".join([*cost_table(points, cost), "", *ranked]))
    if quick:
        print("This was a first look; run without --quick for ten seeds and the whole budget.")
    figure = folder.parent / f"{folder.name}.png"
    draw(points, new, f"{cls.name} on {task_name}, beside the archive", figure, costs)
    print(f"\nCurves: {folder / 'curves.parquet'}\nFigure: {figure}")
    return points


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("solver", type=Path, help="the file of a solver")
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("--quick", action="store_true", help="a first look, in a minute")
    parser.add_argument("--no-tuning", action="store_true", help="run with the defaults")
    parser.add_argument("--anchors", nargs="+", default=ANCHORS, help="run again, for times")
    parser.add_argument("--no-calibration", action="store_true", help="run no anchors")
    parser.add_argument("--archive", type=Path, default=ARCHIVE)
    arguments = parser.parse_args()
    fit_the_terminal()
    anchors = () if arguments.no_calibration else arguments.anchors
    tuning = not arguments.no_tuning
    try:
        compare(
            arguments.solver, arguments.task, anchors, tuning, arguments.archive, arguments.quick
        )
    except (BelowOptimum, Raised) as reason:
        raise SystemExit(str(reason)) from reason


if __name__ == "__main__":
    end_in_sentences()
    main()

"""Run the final runs of a task, and keep their curves in the archive.

    python scripts/archive.py [TASK] [--solver SOLVER ...] [--variant VARIANT]
    python scripts/archive.py --check

Each solver that can treat the task runs with ten seeds, which tuning has not used: with the
parameters of tuning/TASK/chosen.yml if it has a search space, else with its defaults. If the first
three curves are the same, the solver uses no random numbers, and these are enough. Curves are
written to archive/TASK/SOLVER.parquet, and archive/TASK/manifest.json says how they were made. What
is there is not run again, so a command that was interrupted goes on where it was; to run a solver
again, remove its file. Without TASK, all tasks of configs/tasks.yml are run.

A variant is kept apart, in archive/TASK/VARIANT: `float32`, `5_trials`, with the best of the first
five points of tuning, or `other_machine`, the same runs on a second machine, which shows what
depends on the first. `--check` reads all of the archive.

The exit code is 1 if a curve is below h*: then h* is not the optimum, and the curve is not kept.
So it is if a solver raised an exception; give the same command again when that is mended.
"""

import argparse
import sys
from datetime import date
from pathlib import Path

import yaml
from benchopt.utils.sys_info import get_sys_info
from candidates import FOLDER, Tuning, is_tuned, options_of
from final_runs import N_FIRST, N_REPETITIONS, Task, environment, run_curves
from suite import BENCHMARK, ROOT, TASKS

from benchmark_utils.ends import end_in_sentences
from benchmark_utils.results.archive import (
    COUNTS,
    RAISED,
    read_archive,
    read_floor,
    read_manifest,
    thin,
    write_curves,
    write_manifest,
)
from benchmark_utils.results.levels import (
    LEVELS,
    BelowOptimum,
    costs_to_levels,
    name_of,
    relative_gaps,
)
from benchmark_utils.results.terminal import duration
from benchmark_utils.results.tuning import ranking

ARCHIVE = ROOT / "archive"
OUTPUTS = ROOT / "outputs" / "archive"
OTHER_MACHINE = "other_machine"
VARIANTS = ("float32", "5_trials", OTHER_MACHINE)
LARGEST = 20 * 2**20  # bytes


class Raised(Exception):
    """A curve ended in an exception of its solver, and is not kept."""


class Archive:
    """The archive's folder of one task.

    Parameters
    ----------
    task : Task
    root : pathlib.Path
    """

    def __init__(self, task, root=ARCHIVE):
        self.task, self.folder = task, root / task.name
        common = task.manifest()
        self.manifest = read_manifest(self.folder) or dict(
            **common, read_floor={}, refused={}, environments=[], curves={}
        )
        for key in ("dataset", "problem", "data", "budget"):
            if self.manifest[key] != common[key]:
                raise SystemExit(
                    f"{self.folder} has curves of another {key}: {self.manifest[key]}, while "
                    f"configs/tasks.yml gives {common[key]}; remove the folder to start anew."
                )
        # A better optimum may have been found since; gaps are computed when curves are read.
        self.manifest |= common

    def has(self, name, parameters):
        """Whether the curves of a method are there, with these parameters and without an error."""
        made = self.manifest["curves"].get(name)
        if made is None or not (self.folder / f"{name}.parquet").exists():
            return False
        return made["parameters"] == parameters and not set(RAISED) & set(made["status"])

    def refuse(self, name, reason):
        self.manifest["refused"][name] = reason
        write_manifest(self.manifest, self.folder)

    def refuse_another_processor(self, variant):
        """End the script where seconds would not be those of the curves that are there.

        Those of another machine are compared among themselves.
        """
        here, environments = get_sys_info()["system-processor"], self.manifest["environments"]
        processors = {
            environments[made["environment"]]["processor"]
            for name, made in self.manifest["curves"].items()
            if (name.split("/")[0] == OTHER_MACHINE) == (variant == OTHER_MACHINE)
            and made["environment"] is not None
        } - {here}
        if processors:
            raise SystemExit(
                f"{self.folder} has curves made on {', '.join(sorted(processors))}, and this "
                f"machine has {here}, on which seconds are others. Run there what is missing, give "
                f"--variant {OTHER_MACHINE}, or compare by `make compare`, which calibrates times; "
                "to make all curves anew here, remove the folder."
            )

    def add(self, name, tuned, parameters, curves, results):
        """Keep the curves of a method, unless one of them is below h* or ended in an error."""
        manifest = self.manifest
        check(curves, name, manifest)
        if results is not None and environment(results) not in manifest["environments"]:
            manifest["environments"].append(environment(results))
        status = curves.groupby("repetition")["status"].last().value_counts().to_dict()
        manifest["curves"][name] = dict(
            tuned=tuned,
            parameters=parameters,
            status=status,
            made=str(date.today()),
            environment=(
                None if results is None else manifest["environments"].index(environment(results))
            ),
        )
        for cost, lowest in read_floor(curves).items():
            manifest["read_floor"][cost] = min(lowest, manifest["read_floor"].get(cost, lowest))
        write_curves(
            thin(curves, manifest["start"], manifest["optimum"]), self.folder / f"{name}.parquet"
        )
        write_manifest(manifest, self.folder)


def as_points(curves, method, manifest):
    """Curves with the columns that levels need."""
    return curves.assign(
        task=manifest["task"],
        method=method,
        gap=curves["value"] - manifest["optimum"],
        calls=curves[COUNTS].sum(axis=1),
    )


def check(curves, method, manifest):
    """Raise BelowOptimum if a curve is below h*, Raised if one ended in an exception."""
    check_for_errors(curves, method, manifest["task"])
    relative_gaps(as_points(curves, method, manifest))


def check_for_errors(curves, method, task):
    repetitions = curves.loc[curves["status"].isin(RAISED), "repetition"].unique()
    if len(repetitions):
        raise Raised(
            f"{method} on {task} ended in an exception, in repetition "
            f"{', '.join(map(str, sorted(repetitions)))}; mend it, and make its curves again."
        )


def say(curves, method, manifest):
    """A line on the curves of a method."""
    points = as_points(curves, method, manifest)
    costs = costs_to_levels(points).groupby("level").median()
    times = [f"{costs.loc[level, 'time']:9.3g}" for level in LEVELS]
    status = points.groupby("repetition")["status"].last().value_counts()
    words = ", ".join(f"{n} {word}" for word, n in status.items())
    return f"{method:<24}{''.join(times)}   {words}"


def chosen_parameters(solver, task, variant):
    """The parameters of a solver's final runs.

    Returns
    -------
    parameters : dict or None
        None if the solver has not been tuned yet, or if it is not part of the variant.
    """
    parameters = {}
    if variant == "5_trials":
        tuning = Tuning(task, solver.name, []) if is_tuned(solver) else None
        parameters = tuning and best_of_first(5, tuning)
    elif is_tuned(solver):
        path = FOLDER / task / "chosen.yml"
        parameters = (yaml.safe_load(path.read_text()) if path.exists() else {}).get(solver.name)
    if variant == "float32":
        takes = parameters is not None and "precision" in solver.parameters
        parameters = parameters | dict(precision="float32") if takes else None
    return None if parameters is None else options_of(task, solver) | parameters


def announcement(solver, task):
    """How many runs of a solver are about to start, and how long they take, as a sentence."""
    text = f"{solver.name}: {N_FIRST} or {N_REPETITIONS} runs"
    seconds = Tuning(task.name, solver.name, []).seconds() if is_tuned(solver) else None
    if seconds is None:
        return f"{text}, each with {task.max_calls:.3g} oracle calls, or {task.about['timeout']} s."
    return f"{text}; about {duration(N_REPETITIONS * seconds)}, as those of tuning took."


def best_of_first(n, tuning):
    """What the first seed would have chosen of the first n candidates; None if not all have run."""
    runs = tuning.first_runs_of(tuning.wide[:n])
    return None if runs.empty else tuning.parameters(ranking(runs, tuning.names).iloc[0])


def fill(archive, names, variant):
    """Run what is missing; sentences on curves that are not kept."""
    wrong = []
    task = archive.task
    print(f"{task.name}: seconds to {', '.join(map(name_of, LEVELS))}")
    for solver in BENCHMARK.get_solvers():
        if names and solver.name not in names:
            continue
        name = f"{variant}/{solver.name}" if variant else solver.name
        parameters = chosen_parameters(solver, task.name, variant)
        if parameters is None or archive.has(name, parameters):
            continue
        reason = task.refusal(solver.get_instance(**parameters))
        if reason:
            archive.refuse(name, reason)
            continue
        archive.refuse_another_processor(variant)
        outputs = OUTPUTS / task.name / name
        print(announcement(solver, task), flush=True)
        curves, results = run_curves(task, {solver.name: parameters}, outputs)
        try:
            archive.add(name, is_tuned(solver), parameters, curves, results)
            print(say(curves, name, archive.manifest), flush=True)
        except (BelowOptimum, Raised) as error:
            wrong.append(str(error))
            print(error, flush=True)
    if archive.manifest["curves"]:
        # What is known of the task may have changed since, such as its optimum.
        write_manifest(archive.manifest, archive.folder)
    return wrong


def check_all(root):
    """Read all curves of an archive; its problems, as sentences."""
    size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    for variant in ("", *VARIANTS):
        points, _ = read_archive(root, variant)
        for _, of_task in points.groupby("task"):
            try:
                relative_gaps(of_task)
            except BelowOptimum as error:
                yield str(error)
        for (task, method), curves in points.groupby(["task", "method"]):
            try:
                check_for_errors(curves, method, task)
            except Raised as error:
                yield str(error)
        n_curves = len(points.groupby(["task", "method", "repetition"]))
        print(f"{variant or 'main':<14}{n_curves} curves, {len(points)} points")
    print(f"{size / 2**20:.1f} MB")
    if size > LARGEST:
        yield f"The archive has {size / 2**20:.1f} MB, where 20 are allowed."


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("task", nargs="?", choices=TASKS, help="all by default")
    parser.add_argument("--solver", nargs="+", action="extend", default=[], help="all by default")
    parser.add_argument("--variant", choices=VARIANTS, default="")
    parser.add_argument("--check", action="store_true", help="read all curves, and run nothing")
    parser.add_argument("--archive", type=Path, default=ARCHIVE)
    arguments = parser.parse_args()
    if arguments.check:
        wrong = list(check_all(arguments.archive))
    else:
        wrong = [
            sentence
            for name in ([arguments.task] if arguments.task else TASKS)
            for sentence in fill(
                Archive(Task(name), arguments.archive),
                arguments.solver,
                arguments.variant,
            )
        ]
    print("\n".join(wrong), file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    end_in_sentences()
    raise SystemExit(main())

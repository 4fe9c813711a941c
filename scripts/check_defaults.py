"""Run all stochastic solvers with their default parameters, ten seeds on each task.

    python scripts/check_defaults.py [TASK ...]

Each run has the task's budget of oracle calls. tuning/defaults/ten_seeds.csv gets one row per task
and solver: how many runs diverged, and the median and the largest gap h - h* at their ends, over
the gap at the start. What is there is not run again: remove its rows to do so. The exit code is 1
if a run diverged or ended in an exception.
"""

import argparse

import pandas as pd
from candidates import FOLDER, options_of, text, write
from defaults import STOCHASTIC
from final_runs import N_REPETITIONS, Task, run_repetitions
from progress import fit_the_terminal
from suite import BENCHMARK

from archive import OUTPUTS
from benchmark_utils.ends import end_in_sentences
from benchmark_utils.results.archive import RAISED, curves_of

PATH = FOLDER / "defaults" / "ten_seeds.csv"


def summary(task, solver):
    """The ends of a solver's curves, as a row of the table."""
    pattern = {solver.name: options_of(task.name, solver)}
    outputs = OUTPUTS / "defaults" / task.name / solver.name
    results = run_repetitions(task, pattern, N_REPETITIONS, outputs)
    ends = curves_of(results, range(N_REPETITIONS)).groupby("repetition").last()
    start, optimum = task.objective.start_value(), task.objective.optimum
    gaps = (ends["value"] - optimum) / (start - optimum)
    return dict(
        task=task.name,
        solver=solver.name,
        defaults=defaults_of(solver),
        runs=len(ends),
        diverged=int(ends["status"].isin(["diverged", *RAISED]).sum()),
        median_gap=gaps.median(),
        largest_gap=gaps.max(),
    )


def defaults_of(solver):
    """The default parameters of a solver's class, and what its automatic steps are, as text."""
    given = {name: values[0] for name, values in solver.parameters.items()}
    steps = dict(auto_inner_step=solver.auto_inner_step, auto_outer_step=solver.auto_outer_step)
    return text(given | (steps if "auto" in given.values() else {}))


def missing(task, rows):
    """The stochastic solvers that can treat a task, and are in no row with these defaults."""
    done = {(row["solver"], row["defaults"]) for row in rows if row["task"] == task.name}
    for solver in BENCHMARK.get_solvers():
        is_wanted = "batch_size" in solver.parameters
        is_wanted = is_wanted and (solver.name, defaults_of(solver)) not in done
        if is_wanted and not task.refusal(solver.get_instance(**options_of(task.name, solver))):
            yield solver


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("tasks", nargs="*", metavar="TASK", help="all by default")
    arguments = parser.parse_args()
    fit_the_terminal()
    rows = pd.read_csv(PATH).to_dict("records") if PATH.exists() else []
    for task in map(Task, arguments.tasks or STOCHASTIC):
        for solver in missing(task, rows):
            key = task.name, solver.name
            rows = [row for row in rows if (row["task"], row["solver"]) != key]
            rows.append(summary(task, solver))
            write(pd.DataFrame(rows), PATH)
            print(*rows[-1].values(), flush=True)
    return int(any(row["diverged"] for row in rows))


if __name__ == "__main__":
    end_in_sentences()
    raise SystemExit(main())

"""The final runs of a task, with which methods are compared."""

import contextlib
from functools import cached_property

import yaml
from benchopt.cli.main import run
from benchopt.results import read_results
from candidates import run_config
from suite import ROOT, TASKS, judged_task

from benchmark_utils.results.archive import COUNTS, curves_of

N_REPETITIONS, N_FIRST = 10, 3


class Task:
    """A task of configs/tasks.yml: its problem, its start and its optimum.

    Parameters
    ----------
    name : str
    """

    def __init__(self, name):
        self.name, self.about = name, TASKS[name]
        self.max_calls = self.about["max_calls"]

    @cached_property
    def objective(self):
        """The objective, with its data; the script ends if h* is not known."""
        objective, self.problem = judged_task(self.name)
        return objective

    def manifest(self):
        """What all curves of the task have in common."""
        objective = self.objective
        return dict(
            task=self.name,
            dataset=str(objective._dataset),
            problem=objective.problem_name(),
            smooth=self.problem.smooth,
            samples=self.problem.n_inner_samples + self.problem.n_outer_samples,
            data=objective.data_fingerprint,
            start=objective.start_value(),
            optimum=objective.optimum,
            budget={name: self.about[name] for name in ("max_calls", "timeout")},
            command=f"make archive TASK={self.name}",
        )

    def refusal(self, solver):
        """Why a solver cannot treat the task, a sentence; None if it can."""
        _, reason = solver.skip(problem=self.objective and self.problem)
        return reason

    def config(self, pattern, n_repetitions, output, cache=True):
        """The run configuration of one solver."""
        return run_config(self.name, [pattern], self.max_calls) | {
            "n-repetitions": n_repetitions,
            "seed": 0,
            "output": str(output),
            "no-cache": not cache,
        }


def run_curves(task, pattern, outputs):
    """The curves of one solver, with as many seeds as say something.

    Parameters
    ----------
    task : Task
    pattern : str or dict
        A solver with its parameters, as in a run configuration.
    outputs : pathlib.Path
        A folder for the configuration, the results and what benchopt prints.

    Returns
    -------
    curves : pandas.DataFrame
        As :func:`curves_of` returns them.
    results : pandas.DataFrame or None
        As benchopt writes them.
    """
    results = run_repetitions(task, pattern, N_FIRST, outputs)
    curves = curves_of(results, range(N_FIRST))
    if not repeats(curves):
        results = run_repetitions(task, pattern, N_REPETITIONS, outputs)
        curves = curves_of(results, range(N_REPETITIONS))
    return curves, results


def repeats(curves):
    """Whether all curves are the same, as far as they go: the solver uses no random numbers.

    The last point of a curve does not count, as it may be where the time was over.
    """
    last = curves.groupby("repetition").cumcount(ascending=False) == 0
    curves = curves[~last | (curves["status"] == "failed")]
    points = curves.groupby(curves.groupby("repetition").cumcount())
    return bool((points[["value", *COUNTS]].nunique() <= 1).all(axis=None))


def run_repetitions(task, pattern, n_repetitions, outputs, cache=True):
    """Run benchopt; the results, or None if no run ended well.

    With ``cache``, benchopt takes runs that it has made before from its cache.
    """
    outputs.mkdir(parents=True, exist_ok=True)
    config, results = outputs / "config.yml", outputs / "results.parquet"
    results.unlink(missing_ok=True)
    config.write_text(yaml.safe_dump(task.config(pattern, n_repetitions, results, cache)))
    arguments = [str(ROOT), "--config", str(config), "--no-plot", "--no-display"]
    with (outputs / "log.txt").open("w") as log, contextlib.redirect_stdout(log):
        try:
            run(arguments, standalone_mode=False)
        except SystemExit:
            return None
    return read_results(results)


def environment(results):
    """How curves were made, from the last row of one of them."""
    row = results.dropna(subset="final_results").iloc[-1]
    final = row["final_results"]
    return dict(
        commit=final["commit"],
        dirty=[] if final["dirty"] is None else list(final["dirty"]),
        python=final["python"],
        packages=final["packages"],
        threads=final["threads"],
        platform=row["platform"],
        processor=row["system-processor"],
        parallel=bool(results["objective_parallel"].any()),
    )

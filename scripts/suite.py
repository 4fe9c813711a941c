"""The suite as benchopt sees it, for the other scripts of this folder."""

from importlib import import_module
from pathlib import Path

import yaml
from benchopt.benchmark import Benchmark
from benchopt.utils.parametrized_name_mixin import product_param
from benchopt.utils.run_context import RunContext

ROOT = Path(__file__).parents[1]
# benchopt makes benchmark_utils importable, from wherever a script is run: import this first.
BENCHMARK = Benchmark(ROOT)
# Names of solvers may hold any sign.
import_module("benchmark_utils.results.terminal").replace_what_cannot_be_shown()
TASKS = yaml.safe_load((ROOT / "configs" / "tasks.yml").read_text())


def latest_results():
    """The path of the latest results file; the script ends if there is none."""
    try:
        return BENCHMARK.get_result_files()[0]
    except RuntimeError as error:
        raise SystemExit(
            f"There are no results in {BENCHMARK.get_output_folder()}; make some by `make run`."
        ) from error


def make_dataset(name, **parameters):
    """A dataset by its name, with these parameters."""
    [cls] = [cls for cls in BENCHMARK.get_datasets() if cls.name == name]
    return cls.get_instance(**parameters)


def parts_of(task):
    """The objective and the dataset of a task of configs/tasks.yml."""
    about = TASKS[task]
    [parameters] = product_param(about["objective"])
    objective = BENCHMARK.get_benchmark_objective().get_instance(**parameters)
    [(dataset, grid)] = BENCHMARK.check_dataset_patterns([about["dataset"]])
    [parameters] = product_param(grid)
    return objective, dataset.get_instance(**parameters)


def problem_of(objective, dataset, base_seed=0):
    """The problem that an objective makes from a dataset, as in a run of benchopt.

    The script ends with the reason if the data are not available.
    """
    RunContext().set_run_context(objective, dataset, "script", repetition=0, base_seed=base_seed)
    skip, reason = objective._set_dataset(dataset)
    if skip:
        raise SystemExit(reason)
    return objective.get_objective()["problem"]


def judged_task(task):
    """The objective and the problem of a task; the script ends if its optimum is not known."""
    objective, dataset = parts_of(task)
    problem = problem_of(objective, dataset)
    if objective.optimum is None:
        raise SystemExit(
            f"The optimum of {task} is not known, so there is nothing to measure a gap from; run "
            f"`make optima TASK={task}` first."
        )
    return objective, problem

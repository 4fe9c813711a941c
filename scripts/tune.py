"""Tune the parameters of solvers on a task of configs/tasks.yml.

    python scripts/tune.py TASK [SOLVER ...] [-j N] [--parallel-config FILE] [--confirm N]
    python scripts/tune.py TASK [SOLVER ...] --batched [--confirm N]
    python scripts/tune.py --config TASK
    python scripts/tune.py --quickstart
    python scripts/tune.py --costs

Without solvers, all that have a search space and can treat the task are tuned. Each has 20
quasi-random points and one run per point: 12 points of its space, and the candidates that the task
gives, then 8 of a third of each range around the best of these. The best five have two more runs,
with other seeds, and the best of them seven more: if one diverges, the next takes its place. If the
choice lies at an edge of the space, the edge moves, and 8 more points follow. All runs are kept in
tuning/TASK/SOLVER.csv, and none is run twice: a tuning that was interrupted goes on where it was.
The choice is written to tuning/TASK/chosen.yml. With --confirm, N runs confirm the choice instead
of seven.

With --batched, runs that differ in step sizes and seeds advance together, as one program of JAX.

With --quickstart, the solvers of configs/quickstart.yml get those candidates on `simulated` whose
curves end lowest. With --config, configs/TASK.yml gets the chosen parameters, and the solvers
without a search space. With --costs, what the runs of each task have taken is printed.
"""

import argparse

import yaml
from candidates import FOLDER, BatchedTuning, Tuning, is_tuned, options_of, run_config
from progress import fit_the_terminal
from suite import BENCHMARK, ROOT, TASKS, judged_task

from benchmark_utils.ends import end_in_sentences
from benchmark_utils.results.files import write_text
from benchmark_utils.results.terminal import duration

CONFIGS = ROOT / "configs"
HEADER = "# Made by `python scripts/tune.py --config {task}` from tuning/{task}/chosen.yml.\n"
QUICKSTART_HEADER = """\
# Steps by `python scripts/tune.py --quickstart`: of all candidates of tuning/simulated, those
# whose curves end lowest. Those of SOBA are set by hand, and decrease: after constant steps its
# last point is anywhere between 1e-6 and 1e-4 above the optimum. Comparisons take those of the best
# score.
"""
QUICKSTART = {"SOBA": dict(step_size=0.4, outer_step_size=200.0, decay=0.25, outer_decay=0.45)}


def tuned_solvers():
    """The classes of all solvers that have a search space, by name."""
    return {solver.name: solver for solver in BENCHMARK.get_solvers() if is_tuned(solver)}


def asked_for(names):
    """The classes of those that are named, or of all; ends the script if one cannot be tuned."""
    known = tuned_solvers()
    for name in names:
        if name not in known:
            raise SystemExit(f"{name} has no search space; give one of {', '.join(known)}.")
    return {name: known[name] for name in names or known}


def write_chosen(task):
    """Write the choice of all solvers whose tuning is complete."""
    chosen = {}
    for solver in sorted(tuned_solvers()):
        tuning = Tuning(task, solver, parallel=[])
        best = tuning.best()
        if best is not None:
            chosen[solver] = best
    path = FOLDER / task / "chosen.yml"
    write_text(path, yaml.safe_dump(chosen, sort_keys=False))
    return path


def config_of(task):
    """The text of configs/TASK.yml: all solvers, tuned where they have a search space."""
    chosen = yaml.safe_load((FOLDER / task / "chosen.yml").read_text())
    classes = {solver.name: solver for solver in BENCHMARK.get_solvers()}
    tuned = [
        {solver: options_of(task, classes[solver]) | parameters}
        for solver, parameters in chosen.items()
    ]
    others = sorted(set(classes) - set(tuned_solvers()))
    config = run_config(task, others + tuned) | {"n-repetitions": 10}
    return HEADER.format(task=task) + yaml.safe_dump(config, sort_keys=False)


def write_config(task):
    """Write configs/TASK.yml, and return its path."""
    path = CONFIGS / f"{task}.yml"
    write_text(path, config_of(task))
    return path


def lowest(tuning):
    """The candidate whose curves end lowest, by the worst of all seeds: a last point is noisy."""
    gaps = tuning.runs().groupby(tuning.names, sort=False)["gap"].agg(["max", "count"])
    gaps = gaps[gaps["count"] == gaps["count"].max()].reset_index()
    return tuning.parameters(gaps.loc[gaps["max"].argmin()])


def quickstart_parameters(name, task):
    """A solver's parameters in a first run; None for those it has by default."""
    if name in QUICKSTART:
        return QUICKSTART[name]
    tuning = Tuning(task, name, []) if name in tuned_solvers() else None
    return lowest(tuning) if tuning and tuning.path.exists() else None


def write_quickstart(task="simulated"):
    """Give the solvers of configs/quickstart.yml the candidates whose curves end lowest."""
    path = CONFIGS / "quickstart.yml"
    config = yaml.safe_load(path.read_text())
    names = [next(iter(entry)) if isinstance(entry, dict) else entry for entry in config["solver"]]
    given = {name: quickstart_parameters(name, task) for name in names}
    config["solver"] = [{name: given[name]} if given[name] else name for name in names]
    write_text(path, QUICKSTART_HEADER + yaml.safe_dump(config, sort_keys=False))
    return path


def costs(task):
    """A row of the table of costs: the tuned solvers of a task, their runs, and what these took."""
    budget = TASKS[task]["max_calls"]
    tunings = [Tuning(task, solver, parallel=[]) for solver in tuned_solvers()]
    tunings = [tuning for tuning in tunings if tuning.path.exists()]
    tables = [tuning.table() for tuning in tunings]
    seconds = [table.loc[table["max_calls"] == budget, "seconds"] for table in tables]
    n_methods, n_runs = sum(len(runs) > 0 for runs in seconds), sum(map(len, seconds))
    n_moved = sum(tuning.search()[1] != tuning.space for tuning in tunings)
    total = duration(sum(runs.sum() for runs in seconds))
    return task, f"{budget:.0e}", n_methods, n_moved, n_runs, total


def print_costs():
    print("| task | oracle calls per run | methods | with a moved edge | runs | solvers' time |")
    print("|" + 6 * "---|")
    for task in TASKS:
        if (FOLDER / task / "chosen.yml").exists():
            print("|", " | ".join(map(str, costs(task))), "|")


def add_parallel_options(parser):
    parser.add_argument("-j", "--n-jobs", help="as for `benchopt run`")
    parser.add_argument("--parallel-config", help="as for `benchopt run`")


def parallel_options(arguments):
    """The options of ``benchopt run`` on how its jobs run."""
    return [
        part
        for name in ("n_jobs", "parallel_config")
        if (value := getattr(arguments, name))
        for part in (f"--{name.replace('_', '-')}", value)
    ]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("task", nargs="?", choices=TASKS)
    parser.add_argument("solvers", nargs="*", metavar="SOLVER")
    add_parallel_options(parser)
    parser.add_argument(
        "--confirm", type=int, metavar="N", help="number of runs that confirm a choice (7)"
    )
    parser.add_argument("--batched", action="store_true", help="many runs in one program of JAX")
    parser.add_argument("--config", action="store_true", help="write configs/TASK.yml")
    parser.add_argument("--quickstart", action="store_true", help="write configs/quickstart.yml")
    parser.add_argument("--costs", action="store_true", help="print what tuning has taken")
    arguments = parser.parse_args()
    fit_the_terminal()
    if arguments.quickstart:
        print(f"Wrote {write_quickstart()}")
        return
    if arguments.costs:
        print_costs()
        return
    if arguments.task is None:
        parser.error(f"give a task: one of {', '.join(TASKS)}")
    if arguments.config:
        print(f"Wrote {write_config(arguments.task)}")
        return
    parallel = parallel_options(arguments)
    if arguments.batched and parallel:
        parser.error("--batched is one process; leave out -j and --parallel-config")
    if arguments.confirm is not None and arguments.confirm < 1:
        parser.error("--confirm takes a number of runs, at least 1")
    solvers = asked_for(arguments.solvers)
    _, problem = judged_task(arguments.task)
    for solver in solvers:
        kind = BatchedTuning if arguments.batched else Tuning
        tuning = kind(arguments.task, solver, parallel)
        skip, reason = tuning.instance().skip(problem)
        if skip:
            print(reason)
            continue
        if arguments.confirm is not None:
            tuning.confirm_with(arguments.confirm)
        tuning.tune()
        print("\n".join(tuning.report()))
        write_chosen(arguments.task)


if __name__ == "__main__":
    end_in_sentences()
    main()

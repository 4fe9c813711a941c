"""Run a configuration, with solvers of one's own besides those that it has.

    python scripts/run_config.py CONFIG [--add SOLVER ...] [options of benchopt run]

SOLVER is a name or a file, with parameters in brackets if any: my_solver.py[step_size=0.1]. All
solvers of the configuration run with their parameters, as `benchopt run --config CONFIG -s SOLVER`
would not do; curves in benchopt's cache are not computed again. At the end there are the table and
the commands to go on with.
"""

import argparse
from contextlib import suppress
from pathlib import Path

import yaml
from benchopt import runner
from benchopt.cli.main import run
from benchopt.utils.parametrized_name_mixin import product_param
from click import BadParameter
from configuration import option, read_configuration, seconds
from progress import failures, fit_the_terminal
from result_page import make as make_page
from suite import BENCHMARK, ROOT
from summary import print_summary

from benchmark_utils.algorithms.limits import FAILED
from benchmark_utils.budget import DIVERGED
from benchmark_utils.ends import end_in_sentences, save_results
from benchmark_utils.results.files import write_text
from benchmark_utils.results.levels import BelowOptimum
from benchmark_utils.results.terminal import duration, paragraph, width

FOLDER = ROOT / "outputs" / "configs"
PROGRESS = (
    "Lines say how much of its budget a solver has used. Initialization is compiling.",
    "At the end there is a table, and a page of curves.",
)


def with_solvers(config, added):
    """A configuration with more solvers.

    Raises
    ------
    SystemExit
        If it has one of them already, or if there is no such solver.
    """
    solvers = config["solver"]
    names = [next(iter(entry)) if isinstance(entry, dict) else entry for entry in solvers]
    for solver in added:
        if solver in names:
            raise SystemExit(
                f"The configuration has {solver} already; give parameters, as in "
                f"{solver}[step_size=0.1], or leave it out."
            )
        try:
            BENCHMARK.check_solver_patterns([solver])
        except (ValueError, BadParameter) as error:
            raise SystemExit(f"{solver} is no solver: {error}") from error
    return config | dict(solver=[*solvers, *added])


def n_chosen(found):
    """How many components benchopt has found, all combinations of their parameters counted."""
    return sum(len(list(product_param(grid))) for _, grid in found)


def announcement(config):
    """What is about to run, and for how long at most, as a sentence or two."""
    n_solvers = n_chosen(BENCHMARK.check_solver_patterns(config["solver"]))
    n_datasets = n_chosen(BENCHMARK.check_dataset_patterns(config["dataset"]))
    n_objectives = n_chosen(BENCHMARK.check_objective_filters(config.get("objective", [])))
    n_repetitions = config.get("n-repetitions", 1)
    n_curves = n_solvers * n_datasets * n_objectives * n_repetitions
    parts = {
        "solver": n_solvers,
        "dataset": n_datasets,
        "objective": n_objectives,
        "repetition": n_repetitions,
    }
    listed = ", ".join(f"{n} {part}{'s' * (n > 1)}" for part, n in parts.items())
    text = f"{n_curves} curves: {listed}."
    if config.get("timeout") is not None:
        longest = duration(n_curves * seconds(config["timeout"]))
        text += (
            f" All take at most {longest} of the solvers' own time, one after the other, besides "
            "judging, and compiling in a first run. Curves in the cache take none."
        )
    return text


def kept_results():
    """The paths of results files, which are added as benchopt writes them: it chooses the folder of
    a name, its ending, and a number if there is such a file."""
    paths = []

    def save(results, path):
        paths.append(save_results(results, path))
        return paths[-1]

    runner.save_results = save
    return paths


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", type=Path)
    parser.add_argument("--add", nargs="+", default=[], metavar="SOLVER")
    parser.add_argument("--timeout", help="as of benchopt run")
    arguments, options = parser.parse_known_args()
    if not arguments.config.is_file():
        raise SystemExit(f"There is no file {arguments.config}; give a configuration of configs/.")
    config = read_configuration(arguments.config)
    missing = [name for name in ("solver", "dataset") if name not in config]
    if missing:
        raise SystemExit(
            f"{arguments.config} has no {' and no '.join(missing)}; write which to run."
        )
    config = with_solvers(config, arguments.add)
    if arguments.timeout is not None:
        config["timeout"] = option("The command line", "timeout", arguments.timeout)
    # With what benchopt reads as it is meant.
    path = FOLDER / arguments.config.name
    FOLDER.mkdir(parents=True, exist_ok=True)
    write_text(path, yaml.safe_dump(config, sort_keys=False))
    print("\n".join([*paragraph(announcement(config), width()), *PROGRESS]), flush=True)
    fit_the_terminal()
    end_in_sentences()
    failed, paths = failures(), kept_results()
    # The page is the suite's own; `benchopt plot .` makes the other one.
    command = [str(ROOT), "--config", str(path), "--no-display", "--no-plot", *options]
    run(command, standalone_mode=False)
    # benchopt has ended the script if there are none.
    [results] = paths
    # The file has the curves that kept their points.
    kept = DIVERGED, FAILED
    left_out = [sentence for sentence, status in failed.items() if status not in kept]
    # The summary ends with the same exception, as a sentence.
    with suppress(BelowOptimum):
        make_page(results, left_out)
    try:
        print_summary(results)
    finally:
        for sentence in failed:
            print("\n".join(["", *paragraph(sentence, width())]))


if __name__ == "__main__":
    main()

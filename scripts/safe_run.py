"""Run each solver in a process of its own, with a deadline, and put all curves into one file.

    python scripts/safe_run.py [OPTIONS of benchopt run] [--deadline SECONDS]

A solver that crashes its process, loops for ever, or does not even parse ends as its own failure,
and keeps the points that it had. Curves are the same as by `benchopt run`, and are kept in the same
cache. The exit code is 1 if a solver's process failed.
"""

import os
import shutil
import signal
import tempfile
from datetime import datetime
from pathlib import Path

import click
import pandas as pd
from benchopt.cli.main import run as benchopt_run
from benchopt.config import get_setting
from benchopt.plotting import plot_benchmark
from click.core import ParameterSource
from configuration import option, read_configuration, seconds
from dataset_process import leave_out
from solver_files import as_list, files_of
from solver_process import Part
from suite import BENCHMARK
from summary import print_summary

from benchmark_utils.ends import on_hang_up
from benchmark_utils.results.curves import failures
from benchmark_utils.results.files import Elsewhere, new_path, read, save

# Seconds for judging and compiling, besides the solver's own time, between two points.
ALLOWANCE = 120
# What this command does itself, once.
OWN = ("benchmark", "config_file", "output", "plot", "display", "html", "solver", "force_solver",
       "deadline")  # fmt: skip


def options_of(context):
    """The options of the command line, and of the configuration where it says nothing."""
    options = dict(context.params)
    file = options["config_file"]
    for key, value in (read_configuration(Path(file)) if file else {}).items():
        name = key.replace("-", "_")
        if name not in options:
            raise click.UsageError(f"{file}: there is no option {key}; see --help.")
        if context.get_parameter_source(name) == ParameterSource.DEFAULT:
            options[name] = value
    options["timeout"] = option("The command line", "timeout", options["timeout"])
    return options


def output_of(given):
    """The file of results, which does not exist yet, as benchopt chooses it."""
    name = datetime.now().strftime("benchopt_run_%Y-%m-%d_%Hh%Mm%S") if given == "None" else given
    path = Path(name)
    if os.sep not in name:
        path = BENCHMARK.get_output_folder() / path
    path.parent.mkdir(parents=True, exist_ok=True)
    return new_path(path).absolute()


def deadline_of(options):
    """The seconds in which a solver must make its next point; None if there is no timeout."""
    if options["deadline"] is not None or options["no_timeout"]:
        return options["deadline"]
    timeout = options["timeout"]
    return ALLOWANCE + float(
        seconds(get_setting("default_timeout") if timeout is None else timeout)
    )


def parts_of(options, folder):
    """One part for each file of a solver that is meant."""
    chosen = {name: as_list(options[name]) for name in ("solver", "force_solver")}
    common = {name: value for name, value in options.items() if name not in OWN}
    common |= {name: list(value) for name, value in common.items() if isinstance(value, tuple)}
    common |= dict(plot=False, display=False, benchmark=str(options["benchmark"]))
    forced = files_of(chosen["force_solver"]) if chosen["force_solver"] else {}
    files = files_of(chosen["solver"]) if chosen["solver"] or not forced else {}
    return [
        Part(folder / str(number), file,
             common | dict(solver=files.get(file, []), force_solver=forced.get(file, [])))
        for number, file in enumerate({**files, **forced})
    ]  # fmt: skip


def leave_out_of(parts, deadline):
    """Leave out of all parts the data sets that end their process.

    Returns
    -------
    kept, failed : list
        As of :func:`leave_out`.
    """
    folder = parts[0].folder.with_name("data")
    kept, failed = leave_out(parts[0].options["dataset"], folder, deadline)
    if failed:
        for part in parts:
            part.options["dataset"] = kept
    return kept, failed


def run_all(parts, deadline):
    """Run all parts, until a user ends it; sentences on those that failed."""
    failed, data_are_tried = [], False
    # As an interrupt, so that what has been started is ended.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    on_hang_up(signal.default_int_handler)
    for number, part in enumerate(parts):
        try:
            reason = part.run(deadline)
            if reason and part.imported and not data_are_tried:
                data_are_tried, (kept, left_out) = True, leave_out_of(parts, deadline)
                failed += left_out
                if not kept:
                    break
                reason = part.run(deadline) if left_out else reason
            failed.append(reason)
        except KeyboardInterrupt:
            left = len(parts) - number
            failed.append(
                f"Interrupted with {left} of {len(parts)} solvers left. Give the same command to "
                "go on: curves that are finished come from the cache."
            )
            break
    return list(filter(None, failed))


def merge(parts, output):
    """Write the curves of all parts into one file; None, or say in a sentence how that failed."""
    curves = [frame for part in parts for frame in part.curves()]
    if not curves:
        return "No solver has left a curve, so there is no results file."
    try:
        save(output, pd.concat(curves, ignore_index=True))
    except Elsewhere as reason:
        return str(reason)
    except OSError as error:
        raise SystemExit(
            f"{output} cannot be written ({error}). Its curves are kept in "
            f"{parts[0].folder.parent}; make room, and give the same command again."
        ) from error
    return None


def show(output, options):
    """The page and the table of results, and sentences on what failed."""
    if options["plot"]:
        try:
            plot_benchmark(output, BENCHMARK, html=options["html"], display=options["display"])
        except Exception as error:
            yield f"The page could not be made ({error}); `benchopt plot . -f {output}` makes it."
    try:
        print_summary(output)
    except SystemExit as below_optimum:
        yield str(below_optimum)
    yield from failures(read(output))


@click.pass_context
def safe_run(context, **_):
    options = options_of(context)
    try:
        output = output_of(options["output"])
        folder = Path(tempfile.mkdtemp(prefix="parts_of_a_run_"))
    except OSError as error:
        raise SystemExit(
            f"Results cannot be written ({error}); give --output a path where they can."
        ) from error
    try:
        parts = parts_of(options, folder)
    except ValueError as reason:
        raise click.UsageError(str(reason)) from reason
    failed = run_all(parts, deadline_of(options))
    unwritten = merge(parts, output)
    failed += [unwritten] if unwritten else []
    told = [] if unwritten else list(show(output, options))
    shutil.rmtree(folder)
    if failed or told:
        print("\nNot all went well:\n" + "\n".join(f"* {sentence}" for sentence in failed + told))
    raise SystemExit(1 if failed else 0)


command = click.Command(
    "safe_run",
    callback=safe_run,
    params=[
        *benchopt_run.params,
        click.Option(
            ["--deadline"], type=float,
            help=f"End a solver that makes no point for so many seconds; by default {ALLOWANCE} "
            "more than the timeout.",
        ),
    ],
    help=__doc__,
)  # fmt: skip

if __name__ == "__main__":
    command()

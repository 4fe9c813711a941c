"""Run a single solver's file as `benchopt run` does. Started by scripts/safe_run.py.

    python scripts/one_solver.py SOLVER.py BENCHMARK OPTIONS.yml STAGE

Files of other solvers are not imported, as they may not return. How far this got is written to the
file STAGE: a word of STAGES, or a sentence that says why the solver cannot run.
"""

import sys
from contextlib import chdir
from pathlib import Path

from benchopt.benchmark import Benchmark
from benchopt.cli.main import run
from suite import BENCHMARK

from benchmark_utils.data.downloads import in_one_line
from benchmark_utils.journal import expect_a_point

# Seconds for importing the suite and the solver, and for loading data.
FOR_IMPORTS = 60
STAGES = IMPORT, RUN, DONE = "import", "run", "done"
NOT_IMPORTED = "could not be imported"


def load(file):
    """The class of a solver; the process ends with a sentence if it cannot be imported."""
    Benchmark.get_solvers = lambda self: []
    try:
        # The file may change the directory.
        with chdir(Path.cwd()):
            [solver] = BENCHMARK.check_solver_patterns([file], class_only=True)
            solver.is_installed(raise_on_not_installed=True)
    # Such as that of sys.exit, which benchopt lets pass.
    except BaseException as error:
        raise SystemExit(f"{NOT_IMPORTED} ({in_one_line(error)})") from error
    return solver


def main():
    file, benchmark, options, stage = sys.argv[1:]
    stage = Path(stage)
    stage.write_text(IMPORT)
    expect_a_point(besides=FOR_IMPORTS)
    try:
        solver = load(file)
    except SystemExit as reason:
        stage.write_text(str(reason))
        raise
    Benchmark.get_solvers = lambda self: [solver]
    stage.write_text(RUN)
    try:
        run([benchmark, "--config", options], standalone_mode=False)
    except SystemExit:
        # So benchopt ends where there are no curves, having said why.
        stage.write_text("has left no curve; the reason is above")
        raise
    stage.write_text(DONE)


if __name__ == "__main__":
    main()

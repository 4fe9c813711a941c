"""Load the data of a single pattern, as a run does. Started by scripts/safe_run.py.

    python scripts/one_dataset.py PATTERN.yml STAGE

How far this got is written to the file STAGE, as by scripts/one_solver.py.
"""

import sys
from contextlib import chdir, suppress
from pathlib import Path

import yaml
from benchopt.utils.parametrized_name_mixin import product_param
from benchopt.utils.run_context import RunContext
from one_solver import DONE, FOR_IMPORTS, IMPORT, NOT_IMPORTED, RUN
from suite import BENCHMARK

from benchmark_utils.data.downloads import in_one_line
from benchmark_utils.journal import expect_a_point


def find(pattern):
    """The datasets that a pattern means; the process ends with a sentence if that fails."""
    try:
        # The file may change the directory.
        with chdir(Path.cwd()):
            return [
                cls.get_instance(**parameters)
                for cls, grid in BENCHMARK.check_dataset_patterns([pattern])
                for parameters in product_param(grid)
            ]
    except BaseException as error:
        raise SystemExit(f"{NOT_IMPORTED} ({in_one_line(error)})") from error


def main():
    pattern, stage = map(Path, sys.argv[1:])
    stage.write_text(IMPORT)
    expect_a_point(besides=FOR_IMPORTS)
    try:
        datasets = find(yaml.safe_load(pattern.read_text()))
    except SystemExit as reason:
        stage.write_text(str(reason))
        raise
    stage.write_text(RUN)
    for dataset in datasets:
        expect_a_point(besides=FOR_IMPORTS)
        RunContext().set_run_context("bilevel", dataset, "solver", repetition=0, base_seed=0)
        # The objective skips a dataset that raises.
        with suppress(Exception, SystemExit):
            dataset.get_data()
    stage.write_text(DONE)


if __name__ == "__main__":
    main()

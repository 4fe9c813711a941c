"""Run configurations, and compare every point of every curve with a stored reference.

    python scripts/reproduce.py [--update] [CONFIG.yml ...]

The configurations are configs/reproducibility*.yml by default; the reference of each is the CSV
file of the same name in the same folder. Counts of oracle calls must be equal, h and the norm of
its gradient within the tolerances of benchmark_utils/results/reference.py. Differences are printed,
and the exit code is 1. With --update they are printed as well, and the runs become the references.
The results file is a configuration's `output`, and is replaced.
"""

import argparse
from pathlib import Path

import yaml
from benchopt.cli.main import run
from suite import ROOT

from benchmark_utils.ends import end_in_sentences
from benchmark_utils.results.files import read
from benchmark_utils.results.reference import (
    curve_table,
    differences,
    largest_deviations,
    read_table,
    write_table,
)

CONFIGS = sorted((ROOT / "configs").glob("reproducibility*.yml"))


def run_config(config):
    """Run a configuration, and return its curves as a table."""
    results = Path(yaml.safe_load(config.read_text())["output"])
    results.unlink(missing_ok=True)
    run([str(ROOT), "--config", str(config), "--no-display"], standalone_mode=False)
    return curve_table(read(results))


def update(table, path):
    """Make a table the reference, and say what changed; the exit code."""
    if path.exists():
        changes = differences(read_table(path), table, tolerances={})
        print("\n".join(changes) or "Nothing changed.")
    write_table(table, path)
    print(f"Wrote {path}: {len(table)} points.")
    return 0


def compare(table, path):
    """Compare a table with the reference; the exit code."""
    reference = read_table(path)
    found = differences(reference, table)
    print("\n".join(found))
    deviations = largest_deviations(reference, table).items()
    print(
        f"{len(table)} points, {len(found)} differences to {path}. Largest relative deviations: "
        + ", ".join(f"{column} {deviation:.1e}" for column, deviation in deviations)
    )
    return 1 if found else 0


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("configs", nargs="*", type=Path, help="by default all that are stored")
    parser.add_argument("--update", action="store_true", help="make this run the reference")
    arguments = parser.parse_args()
    codes = []
    for config in arguments.configs or CONFIGS:
        table, path = run_config(config), config.with_suffix(".csv")
        codes.append(update(table, path) if arguments.update else compare(table, path))
    return max(codes)


if __name__ == "__main__":
    end_in_sentences()
    raise SystemExit(main())

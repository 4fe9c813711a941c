"""The suite as benchopt sees it, for the scripts beside this file."""

from pathlib import Path

from benchopt.benchmark import Benchmark

ROOT = Path(__file__).parents[1]
# benchopt makes benchmark_utils importable, from wherever a script is run: import this first.
BENCHMARK = Benchmark(ROOT)


def latest_results():
    """The path of the latest results file."""
    return BENCHMARK.get_result_files()[0]

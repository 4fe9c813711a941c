"""Measure the peak of a run's memory, as a multiple of the size of its data.

    python scripts/bench_memory.py [--samples N] [--features P]

The run is SOBA, compiled by numba, on `logreg` with dense data, from the data to some chunks of
iterations and one exact evaluation, in its own process. The peak is that of its resident memory,
with Python and all libraries. The last column subtracts the peak of the same run on few data.
`arrays` are given to the problem directly, with a fifth of the samples for validation; `simulated`
is that dataset, given to the objective as in `benchopt run`, and its size includes the test
samples.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from stopwatch import make_problem, make_solver, stochastic_solvers
from suite import BENCHMARK, make_dataset, problem_of

from benchmark_utils.judge import Judge

MEGABYTE = 1e6
N_CHUNKS = 3


def peak():
    """Bytes of resident memory at this process's peak."""
    status = Path("/proc/self/status")
    if status.exists():
        # On Linux ru_maxrss begins at the memory of the process that started this one.
        [kilobytes] = [line for line in status.read_text().splitlines() if "VmHWM" in line]
        return 1024 * int(kilobytes.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def from_arrays(n_samples, n_features):
    n_val = n_samples // 5
    return make_problem(n_samples - n_val, n_val, n_features)


def from_simulated(n_samples, n_features):
    dataset = make_dataset("simulated", n_samples=n_samples, n_features=n_features)
    return problem_of(BENCHMARK.get_benchmark_objective().get_instance(), dataset)


SOURCES = {"arrays": from_arrays, "simulated": from_simulated}


def run(source, n_samples, n_features):
    """Run SOBA, judge its result, and print the peak."""
    problem = SOURCES[source](n_samples, n_features)
    [soba] = stochastic_solvers(["SOBA"])
    solver = make_solver(soba, problem, framework="numba")
    solver.pre_run_hook(None)
    calls = iter(range(N_CHUNKS))
    solver.run(lambda: next(calls, None) is not None)
    result = solver.get_result()
    Judge(problem).evaluate(result["inner_var"], result["outer_var"])
    print(peak())


def peak_of_run(source, n_samples, n_features):
    """The peak of a run in its own process, in bytes."""
    command = [sys.executable, __file__, "--run", source]
    command += ["--samples", str(n_samples), "--features", str(n_features)]
    # Compiling needs memory too: here each run compiles, whatever has been compiled before.
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "NUMBA_CACHE_DIR": cache}
        done = subprocess.run(
            command, stdout=subprocess.PIPE, text=True, check=True, env=environment
        )
    return int(done.stdout.split()[-1])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--samples", type=int, default=2_000_000)
    parser.add_argument("--features", type=int, default=50)
    parser.add_argument("--run", choices=SOURCES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        return run(options.run, options.samples, options.features)
    size = 8 * options.samples * options.features
    print(f"SOBA on {options.samples} x {options.features} samples, {size / MEGABYTE:.0f} MB")
    print(f"{'':<10}{'peak (MB)':>12}{'ratio':>8}{'less the peak on few data':>32}")
    for source in SOURCES:
        highest = peak_of_run(source, options.samples, options.features)
        without_data = peak_of_run(source, 1_000, options.features)
        print(
            f"{source:<10}{highest / MEGABYTE:>12.0f}{highest / size:>8.2f}"
            f"{(highest - without_data) / size:>32.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()

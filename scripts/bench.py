"""Measure speed at IJCNN1's size, in microseconds and in read floors.

    python scripts/bench.py [--seconds S] [--batches 1,64,512] [--solvers SOBA,SABA]

A read floor is the time of merely summing the entries of one inner and one outer minibatch, chosen
at random and stored in contiguous blocks, measured in the same process with the same minibatches'
size and precision. Times are the fastest of many chunks of iterations, as a machine that is shared
only ever adds to them. Data are random, 37,492 training and 12,498 validation samples, 22 features.
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from benchopt.benchmark import Benchmark
from benchopt.utils.run_context import RunContext
from numba import njit

# benchopt makes benchmark_utils importable, from wherever this is run.
BENCHMARK = Benchmark(Path(__file__).parents[1])

from benchmark_utils.judge import Judge  # noqa: E402
from benchmark_utils.problems.logreg import LogReg  # noqa: E402

N_TRAIN, N_VAL, N_FEATURES = 37_492, 12_498, 22
PRECISIONS = ("float64", "float32")
CHUNK = 2048


def make_problem():
    """A random logistic regression of IJCNN1's size."""
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (N_TRAIN + N_VAL, N_FEATURES))
    y = np.where(X.sum(axis=1) + rng.logistic(size=len(X)) > 0, 1.0, -1.0)
    parts = dict(X_train=X[:N_TRAIN], y_train=y[:N_TRAIN], X_val=X[N_TRAIN:], y_val=y[N_TRAIN:])
    return LogReg(**parts, reg="exp", n_reg="full", seed=0)


def make_solver(cls, problem, **parameters):
    solver = cls.get_instance(eval_freq=CHUNK, **parameters)
    RunContext().set_run_context("bilevel", "bench", solver, repetition=0, base_seed=0)
    solver.set_objective(problem)
    return solver


def microseconds_per_iteration(solver, seconds):
    """The fastest chunk of a solver's iterations, after the first, which may compile."""
    solver.pre_run_hook(None)
    times, begin = [], time.perf_counter()
    last = [begin]

    def callback():
        now = time.perf_counter()
        times.append(now - last[0])
        last[0] = now
        return len(times) < 4 or now - begin < seconds

    solver.run(callback)
    return min(times[2:]) / CHUNK * 1e6


@njit(fastmath=True)
def sum_blocks(inner, outer, inner_batches, outer_batches):
    total = inner[0, 0] - inner[0, 0]
    for t in range(inner_batches.shape[0]):
        block = inner[inner_batches[t]]
        for k in range(block.shape[0]):
            total += block[k]
        block = outer[outer_batches[t]]
        for k in range(block.shape[0]):
            total += block[k]
    return total


def read_floor(problem, batch_size, precision, seconds):
    """Microseconds to read one inner and one outer minibatch."""
    rng = np.random.default_rng(0)
    arrays = problem.arrays(batch_size, batch_size, np.dtype(precision), rng)
    rows = [blocks.reshape(len(blocks), -1) for blocks in (arrays.inner_rows, arrays.outer_rows)]
    batches = [rng.integers(len(blocks), size=CHUNK) for blocks in rows]
    times, begin = [], time.perf_counter()
    while len(times) < 4 or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        sum_blocks(*rows, *batches)
        times.append(time.perf_counter() - start)
    return min(times[1:]) / CHUNK * 1e6


def bench_iterations(solvers, frameworks, batches, seconds):
    problem = make_problem()
    for framework in frameworks:
        for precision in PRECISIONS:
            print(f"\n{framework}, {precision}: microseconds per outer iteration (read floors)")
            print(f"{'batch':>6}{'floor':>8}" + "".join(f"{cls.name:>18}" for cls in solvers))
            for batch_size in batches:
                floor = read_floor(problem, batch_size, precision, seconds / 2)
                print(f"{batch_size:>6}{floor:>8.3f}", end="", flush=True)
                for cls in solvers:
                    parameters = dict(
                        framework=framework, precision=precision, batch_size=batch_size
                    )
                    solver = make_solver(cls, problem, **parameters)
                    cost = microseconds_per_iteration(solver, seconds)
                    print(f"{cost:>10.2f}{f'({cost / floor:.1f})':>8}", end="", flush=True)
                print()


def bench_judge():
    """Milliseconds of one exact evaluation, warm-started near the last one."""
    problem = make_problem()
    judge = Judge(problem)
    times = []
    for k in range(20):
        start = time.perf_counter()
        judge.evaluate(problem.inner_var0, problem.outer_var0 + 1e-2 * k)
        times.append(time.perf_counter() - start)
    first, later = 1e3 * times[0], 1e3 * min(times[1:])
    print(f"\none exact evaluation: {first:.1f} ms the first, {later:.1f} ms after")


def first_iteration(framework, name):
    """Seconds from the solver's choice to the end of its first iterations; in a fresh process."""
    problem = make_problem()
    cls = next(cls for cls in BENCHMARK.get_solvers() if cls.name == name)
    start = time.perf_counter()
    make_solver(cls, problem, framework=framework)
    print(time.perf_counter() - start)


def bench_start(solvers, frameworks):
    print("\nseconds to the first iterations, with the kernels' cache warm:")
    print("from the start of the process (of these, from the choice of the solver)")
    for framework in frameworks:
        for cls in solvers:
            start = time.perf_counter()
            command = [sys.executable, __file__, "--first", framework, cls.name]
            chosen = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            total = time.perf_counter() - start
            print(f"{framework:>8} {cls.name:<10}{total:>8.2f} ({float(chosen):.2f})", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=0.5, help="for each measurement")
    parser.add_argument("--batches", default="1,64,512")
    parser.add_argument("--frameworks", default="numba,jax")
    parser.add_argument("--solvers", default="", help="all stochastic ones by default")
    parser.add_argument("--first", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.first:
        return first_iteration(*options.first)
    names = options.solvers.split(",") if options.solvers else None
    solvers = [
        cls
        for cls in BENCHMARK.get_solvers()
        if "framework" in cls.parameters and (names is None or cls.name in names)
    ]
    frameworks = options.frameworks.split(",")
    batches = [int(batch) for batch in options.batches.split(",")]
    bench_iterations(solvers, frameworks, batches, options.seconds)
    bench_judge()
    bench_start(solvers, frameworks)


if __name__ == "__main__":
    main()

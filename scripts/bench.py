"""Measure speed at IJCNN1's size, in microseconds and in read floors.

    python scripts/bench.py [--seconds S] [--batches 1,64,512] [--solvers SOBA,SABA]
        [--frameworks numba,jax,torch]

A read floor is the time to sum the entries of one inner and one outer minibatch, chosen at random
and stored in contiguous blocks, measured in the same process with minibatches of the same size and
precision. Times are the fastest of many chunks of iterations, because other load on the machine
only adds to them. Data are random: 37,492 training and 12,498 validation samples, 22 features.

Each line also gives the time of the iteration's oracle calls when made separately, and the ratio of
the two. The algorithm's own work raises it; oracles that are combined in one call lower it.
"""

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import time

from stopwatch import (
    CHUNK,
    cost_of_oracles,
    make_problem,
    make_solver,
    microseconds_per_iteration,
    oracle_costs,
    read_floor,
    stochastic_solvers,
)

from benchmark_utils.frameworks import refuse_framework
from benchmark_utils.judge import Judge

PRECISIONS = ("float64", "float32")
# Iterations between two points of a curve by default, and many more, after which little is left of
# the time that Python takes for each chunk.
SHORT_CHUNK = 256
# PyTorch compiles nothing, and an iteration takes a thousand times as long.
CHUNKS = {"torch": (4, 16)}


def bench_iterations(solvers, frameworks, batches, seconds):
    problem = make_problem()
    for framework, precision, batch_size in itertools.product(frameworks, PRECISIONS, batches):
        parameters = dict(framework=framework, precision=precision, batch_size=batch_size)
        floor = read_floor(problem, batch_size, precision, seconds / 2)
        short_chunk, chunk = CHUNKS.get(framework, (SHORT_CHUNK, CHUNK))
        costs = oracle_costs(problem, seconds / 2, chunk=chunk, **parameters)
        listed = ", ".join(f"{name} {cost:.2f}" for name, cost in costs.items())
        print(f"\n{framework}, {precision}, minibatches of {batch_size}; microseconds")
        print(f"one read floor {floor:.3f}; one minibatch's {listed}")
        print(f"{'':<10}{short_chunk:>10}{chunk:>10}{'floors':>8}{'oracles':>10}{'ratio':>7}")
        for cls in solvers:
            solver = make_solver(cls, problem, chunk=chunk, **parameters)
            cost = microseconds_per_iteration(solver, seconds)
            oracles = cost_of_oracles(solver, costs)
            solver.eval_freq = short_chunk
            short = microseconds_per_iteration(solver, seconds)
            print(
                f"{cls.name:<10}{short:>10.2f}{cost:>10.2f}{cost / floor:>8.1f}{oracles:>10.2f}"
                f"{cost / oracles:>7.2f}",
                flush=True,
            )


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


def compile_all(framework, names):
    """Print the CPU seconds in which each solver is compiled and run once, in this process."""
    problem = make_problem()
    for cls in stochastic_solvers(names):
        start = time.process_time()
        make_solver(cls, problem, chunk=SHORT_CHUNK, framework=framework)
        print(cls.name, time.process_time() - start)


def seconds_of_compiling(framework, names, folder):
    """The same in a new process that keeps machine code in a folder, by solver."""
    command = [sys.executable, __file__, "--compile", framework, ",".join(names)]
    environment = {**os.environ, "NUMBA_CACHE_DIR": folder}
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return {name: float(seconds) for name, seconds in map(str.split, done.stdout.splitlines())}


def bench_compiling(solvers, frameworks):
    names = [cls.name for cls in solvers]
    for framework in frameworks:
        if framework in CHUNKS:
            continue
        with tempfile.TemporaryDirectory() as folder:
            first, second = (seconds_of_compiling(framework, names, folder) for _ in range(2))
        print(f"\n{framework}: CPU seconds to compile, in a first process and in a second one")
        for name in names:
            print(f"{name:<10}{first[name]:>8.2f}{second[name]:>8.2f}")
        print(f"{'all':<10}{sum(first.values()):>8.2f}{sum(second.values()):>8.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=0.5, help="for each measurement")
    parser.add_argument("--batches", default="1,64,512")
    parser.add_argument("--frameworks", default="numba,jax")
    parser.add_argument("--solvers", default="", help="all stochastic ones by default")
    parser.add_argument("--compile", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.compile:
        framework, names = options.compile
        return compile_all(framework, names.split(","))
    names = options.solvers.split(",") if options.solvers else None
    solvers = stochastic_solvers(names)
    frameworks = options.frameworks.split(",")
    for reason in filter(None, map(refuse_framework, frameworks)):
        raise SystemExit(f"{reason}.")
    batches = [int(batch) for batch in options.batches.split(",")]
    bench_iterations(solvers, frameworks, batches, options.seconds)
    bench_judge()
    bench_compiling(solvers, frameworks)


if __name__ == "__main__":
    main()

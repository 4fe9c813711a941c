"""Measure SOBA's iterations in JAX and PyTorch on the CPU and on a GPU, in microseconds.

    python scripts/bench_devices.py [--seconds S] [--batches 64,1024] [--runs 1,12,120,1200]

First one run at a time, on `logreg` of IJCNN1's size and on data cleaning with a convolutional
network (16,384 random images of 28 x 28 pixels, 4,096 for validation). Then many runs of `logreg`
that advance together, as in `python scripts/tune.py --batched`: microseconds per iteration and run.
Times are the fastest of several chunks of iterations. Devices that are not there are left out.
"""

import argparse
import itertools
import time

import numpy as np
from stopwatch import make_problem, make_solver, microseconds_per_iteration, stochastic_solvers

from benchmark_utils.algorithms.batched import BatchedRuns
from benchmark_utils.frameworks import NoDevice, get_framework, refuse_framework
from benchmark_utils.problems.data_cleaning_cnn import DataCleaningCnn
from benchmark_utils.problems.logreg import LogReg

FRAMEWORKS, DEVICES, PRECISIONS = ("jax", "torch"), ("cpu", "cuda"), ("float64", "float32")
# Iterations between two points of a curve by default; PyTorch and networks take much longer.
CHUNK, SHORT_CHUNK = 256, 16
IMAGE_SHAPE, N_CLASSES = (28, 28), 10
[SOBA] = stochastic_solvers(["SOBA"])


def make_cleaning(n_train=16_384, n_val=4_096):
    """Data cleaning with a convolutional network, on random images."""
    rng = np.random.default_rng(0)
    X = rng.uniform(0, 1, (n_train + n_val, np.prod(IMAGE_SHAPE)))
    y = rng.permutation(np.arange(n_train + n_val) % N_CLASSES)
    parts = dict(X_train=X[:n_train], y_train=y[:n_train], X_val=X[n_train:], y_val=y[n_train:])
    return DataCleaningCnn(**parts, image_shape=IMAGE_SHAPE, ridge=1e-3, seed=0)


def found_devices(framework):
    """The devices that a framework finds, with their descriptions."""
    found, runtime = {}, get_framework(framework)
    for device in DEVICES:
        try:
            found[device] = runtime.describe_device(runtime.find_device(device))
        except NoDevice:
            continue
    return found


def chunk_of(problem, framework):
    return CHUNK if framework == "jax" and isinstance(problem, LogReg) else SHORT_CHUNK


def bench_single(problem, frameworks, batches, seconds):
    """Print a line per framework, precision and batch size, with a column per device."""
    for framework, precision, batch_size in itertools.product(frameworks, PRECISIONS, batches):
        cells = [f"{framework:<7}{precision:<9}{batch_size:>6}"]
        for device in found_devices(framework):
            parameters = dict(framework=framework, precision=precision, device=device)
            chunk = chunk_of(problem, framework)
            solver = make_solver(SOBA, problem, chunk, batch_size=batch_size, **parameters)
            cells.append(f"{microseconds_per_iteration(solver, seconds):>12.1f}")
        print(*cells, flush=True)


def microseconds_of_batch(problem, n_runs, seconds, **parameters):
    """The fastest chunk of runs that advance together, per iteration and run."""
    solver = make_solver(SOBA, problem, CHUNK, framework="jax", **parameters)
    settings = [dict(step_size=size) for size in np.geomspace(1e-3, 1e-1, n_runs)]
    runs = BatchedRuns(solver, problem, settings, seeds=[0])
    times, begin = [], time.perf_counter()
    while len(times) < 4 or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        runs.advance()
        times.append(time.perf_counter() - start)
    return min(times[1:]) / CHUNK / n_runs * 1e6


def bench_batched(problem, numbers, seconds):
    """Print a line per precision and number of runs, with a column per device."""
    for precision, n_runs in itertools.product(PRECISIONS, numbers):
        cells = [f"{precision:<9}{n_runs:>6}"]
        for device in found_devices("jax"):
            parameters = dict(precision=precision, device=device)
            cells.append(f"{microseconds_of_batch(problem, n_runs, seconds, **parameters):>12.3f}")
        print(*cells, flush=True)


def whole_numbers(text):
    return [int(part) for part in text.split(",")]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=0.5, help="for each measurement")
    parser.add_argument("--batches", type=whole_numbers, default=[64, 1024])
    parser.add_argument("--runs", type=whole_numbers, default=[1, 12, 120, 1200])
    options = parser.parse_args()
    frameworks = [name for name in FRAMEWORKS if not refuse_framework(name)]
    for framework in frameworks:
        for device, description in found_devices(framework).items():
            print(f"{framework} finds {device}: {description}")
    logreg = make_problem()
    for name, problem in (("logreg", logreg), ("data_cleaning_cnn", make_cleaning())):
        print(f"\n{name}: microseconds per iteration, by size of minibatch, on {DEVICES}")
        bench_single(problem, frameworks, options.batches, options.seconds)
    print(f"\nlogreg in JAX: microseconds per iteration and run, by number of runs, on {DEVICES}")
    bench_batched(logreg, options.runs, options.seconds)


if __name__ == "__main__":
    main()

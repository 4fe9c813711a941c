"""The Lasso with one penalty: seconds until h - h* <= 1e-6, compared with the whole path of LARS.

    python scripts/bench_lasso.py [--solvers GridSearch,HOAG] [--seconds 10]

On leukemia, and on simulated data of its size; solvers have their default parameters. h* is the
least value on the path of scikit-learn's ``lars_path`` down to the smallest penalty of the box:
between two of its points theta is linear in the penalty, and h a parabola. Seconds are those of the
processor, without judging, and the least of three runs. A run that does not get there counts as a
whole.
"""

import argparse
import time

import numpy as np
from sklearn.linear_model import lars_path
from stopwatch import run_by_its_own_time
from suite import BENCHMARK, make_dataset, problem_of

from benchmark_utils.numerics.value_function import value_function

GAP = 1e-6
N_RUNS = 3
SOLVERS = "GridSearch,Implicit,HOAG,QuasiNewton"


def make_problem(dataset):
    cls = BENCHMARK.get_benchmark_objective()
    return problem_of(cls.get_instance(problem="lasso", n_reg=1), dataset)


def lowest_on_path(problem):
    """The least h on the path of LARS, and the seconds that it took."""
    start = time.process_time()
    smallest = np.exp(problem.lower)
    _, _, path = lars_path(problem.X, problem.y, method="lasso", alpha_min=smallest)
    residuals = problem.X_val @ path - problem.y_val[:, None]
    before, steps = residuals[:, :-1], np.diff(residuals)
    lengths = np.sum(steps**2, axis=0)
    parts = -np.sum(before * steps, axis=0) / np.where(lengths > 0, lengths, 1)
    lowest = before + np.clip(parts, 0, 1) * steps
    value = np.mean(lowest**2, axis=0).min()
    return value, time.process_time() - start


def seconds_until(optimum, name, dataset, limit):
    """The seconds that a solver takes to h - h* <= GAP or to its end, and its last gap."""
    # One for each, as a problem keeps the part of the path that it was asked for.
    problem, judge = make_problem(dataset), make_problem(dataset)
    [cls] = [cls for cls in BENCHMARK.get_solvers() if cls.name == name]
    solver = cls.get_instance()
    solver.set_objective(problem)
    spent, gap = 0.0, np.inf

    def look(seconds):
        nonlocal spent, gap
        outer_var = solver.get_result()["outer_var"]
        spent, gap = seconds, value_function(judge, outer_var, judge.inner_var0)[0] - optimum
        return gap > GAP and spent < limit

    run_by_its_own_time(solver, look)
    return spent, gap


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--solvers", default=SOLVERS)
    parser.add_argument("--seconds", type=float, default=10.0, help="at most, for each run")
    options = parser.parse_args()
    simulated = make_dataset("simulated_regression", n_samples=57, n_features=7129)
    for dataset in (make_dataset("leukemia"), simulated):
        problem = make_problem(dataset)
        optimum, reference = min(lowest_on_path(problem) for _ in range(N_RUNS))
        print(f"\n{dataset.name}: h* {optimum:.9f}, the path of LARS takes {reference:.3f} s")
        for name in options.solvers.split(","):
            runs = [seconds_until(optimum, name, dataset, options.seconds) for _ in range(N_RUNS)]
            seconds, gap = min(runs)
            print(f"{name:<12}{seconds:>8.3f} s{seconds / reference:>8.1f} paths, gap {gap:.1e}")


if __name__ == "__main__":
    main()

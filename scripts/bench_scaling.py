"""Measure how the cost of an iteration grows with the size of the problem.

    python scripts/bench_scaling.py [--seconds S] [--solvers SOBA,SABA] [--frameworks numba]

One size at a time is varied: the number of samples n, of features p, of samples per minibatch, and,
on sparse data, the fraction of non-zero entries. Each table ends with the exponent e of the
least-squares fit cost ~ size^e. Stochastic algorithms promise 0 for n. Their cost still grows when
the data leave the processor's cache, as the first line of a table shows: the time to sum the
entries of one inner and one outer minibatch (a read floor). The other exponents are at most 1, and
lower if fixed costs matter.
"""

import argparse

import numpy as np
from stopwatch import (
    make_problem,
    make_solver,
    microseconds_per_iteration,
    read_floor,
    stochastic_solvers,
)

# Samples, features, samples per minibatch and density of the base case, and the sizes measured.
BASE = dict(n=16_000, p=50, batch=64, density=None)
SWEEPS = {
    "n": ([2_000, 8_000, 32_000, 128_000], {}),
    "p": ([10, 50, 250, 1_250], {}),
    "batch": ([16, 64, 256, 1_024], {}),
    "density": ([0.003, 0.01, 0.03, 0.1, 0.3], dict(p=1_000)),
}
CHUNK = 256


def exponent(sizes, costs):
    """The slope of the logarithm of the costs against that of the sizes."""
    slope, _ = np.polyfit(np.log(sizes), np.log(costs), 1)
    return float(slope)


def costs(solvers, framework, seconds, n, p, batch, density):
    """Microseconds of an iteration on data of this size, by solver, and of reading a minibatch."""
    problem = make_problem(n, n // 4, p, density)
    measured = {}
    if density is None:
        measured["reading"] = read_floor(problem, batch, "float64", seconds)
    for cls in solvers:
        solver = make_solver(cls, problem, CHUNK, framework=framework, batch_size=batch)
        measured[cls.name] = microseconds_per_iteration(solver, seconds)
    return measured


def sweep(name, solvers, framework, seconds):
    """Print one table."""
    sizes, others = SWEEPS[name]
    fixed = {**BASE, **others}
    del fixed[name]
    told = ", ".join(f"{key}={value}" for key, value in fixed.items() if value is not None)
    print(f"\n{framework}: microseconds per iteration against {name} ({told})")
    print(f"{'':<10}" + "".join(f"{size:>10}" for size in sizes) + f"{'exponent':>10}", flush=True)
    table = [costs(solvers, framework, seconds, **{**fixed, name: size}) for size in sizes]
    for row in table[0]:
        measured = [column[row] for column in table]
        cells = "".join(f"{cost:>10.2f}" for cost in measured)
        print(f"{row:<10}{cells}{exponent(sizes, measured):>10.2f}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=0.3, help="for each measurement")
    parser.add_argument("--frameworks", default="numba")
    parser.add_argument("--solvers", default="SOBA,SABA")
    parser.add_argument("--sweeps", default=",".join(SWEEPS))
    options = parser.parse_args()
    solvers = stochastic_solvers(options.solvers.split(","))
    for framework in options.frameworks.split(","):
        for name in options.sweeps.split(","):
            sweep(name, solvers, framework, options.seconds)


if __name__ == "__main__":
    main()

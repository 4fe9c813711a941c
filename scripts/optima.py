"""Find the lowest h of tasks, and store it in configs/optima.csv.

    python scripts/optima.py [TASK ...]                 all tasks of configs/tasks.yml by default

SciPy's L-BFGS-B minimises h, with exact gradients, from the first lambda of the task, from shared
values on a grid of its box, and from random points. Without a box it searches lambda from -20 to
20. A row of the table keeps the lowest value, and how many starts ended there: see
benchmark_utils/optima.py. A lower value that the table already has stays.
"""

import csv
import sys

import numpy as np
from scipy.optimize import Bounds, minimize
from suite import TASKS, parts_of, problem_of

from benchmark_utils.numerics.value_function import value_function
from benchmark_utils.optima import TABLE, Optimum, stored_optima
from benchmark_utils.results.files import replaced

N_SHARED, N_RANDOM = 5, 4
WIDEST = 20.0
AGREEMENT = 1e-9


def starts(problem, lower, upper, rng):
    """The points from which h is minimised, (d,) each."""
    yield problem.outer_var0
    if problem.outer_dim > 1000:
        return
    for fraction in (np.arange(N_SHARED) + 0.5) / N_SHARED:
        yield np.full(problem.outer_dim, lower + fraction * (upper - lower))
    for _ in range(N_RANDOM):
        yield rng.uniform(lower, upper, problem.outer_dim)


def minimise(problem, start, lower, upper):
    """The lowest h from one start, and the lambda (d,) where it is."""
    inner_var = problem.inner_var0

    def h(outer_var):
        nonlocal inner_var
        value, gradient, inner_star = value_function(problem, outer_var, inner_var)
        inner_var = inner_star
        return value, gradient

    options = dict(maxiter=5000, maxfun=8000, maxcor=30, ftol=0, gtol=1e-11)
    bounds = Bounds(lower, upper)
    result = minimize(h, start, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return result.fun, result.x


def optimum(objective, dataset):
    """Minimise h of a task; a row of the table."""
    problem = problem_of(objective, dataset)
    lower, upper = max(problem.lower, -WIDEST), min(problem.upper, WIDEST)
    ends = []
    for start in starts(problem, lower, upper, np.random.default_rng(0)):
        ends.append(minimise(problem, start, lower, upper))
        print(f"  from {np.mean(start):8.2f} on average: {ends[-1][0]:.14g}", flush=True)
    value, outer_var = min(ends, key=lambda end: end[0])
    _, gradient, _ = value_function(problem, outer_var, problem.inner_var0)
    return Optimum(
        dataset=str(dataset),
        problem=objective.problem_name(),
        start_value=objective.start_value(),
        value=value,
        grad_norm=float(np.linalg.norm(problem.projected_gradient(outer_var, gradient))),
        starts=len(ends),
        agreeing=sum(end <= value + AGREEMENT for end, _ in ends),
        at_lower=int(np.sum(outer_var <= lower)),
        at_upper=int(np.sum(outer_var >= upper)),
    )


def store(row):
    """Put a row into the table, unless that has a lower value of the same task."""
    same = [old for old in stored_optima() if (old.dataset, old.problem) == row[:2]]
    lower = [old for old in same if old.value < row.value and old.starts_at(row.start_value)]
    rows = sorted([*(set(stored_optima()) - set(same)), *(lower or [row])])
    with replaced(TABLE) as draft, draft.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([Optimum._fields, *rows])
    stored_optima.cache_clear()


def main(names):
    for name in names or TASKS:
        print(name, flush=True)
        row = optimum(*parts_of(name))
        store(row)
        print(f"  h* = {row.value:.14g}, from {row.agreeing} of {row.starts} starts", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

"""When stochastic methods pay: time and oracle calls to an accuracy as the number of samples grows.

    python scripts/scaling.py [--sizes 5000,50000] [--data simulated] [--methods SOBA,HOAG]
                              [--seeds 3] [--seconds 120]

Each method runs until h - h* is at most the lowest level, as a part of h(lambda_0) - h*, or its
seconds are over. h* is found by L-BFGS-B with exact gradients. Runs are kept in
outputs/scaling.csv, and are not made again: a command that was stopped goes on when it is given
once more. Seconds are those of the processor, so that other load on the machine does not count, and
the solver's own, without compilation and judging; those to cut the data into minibatches are
printed, and kept, apart.

Writes docs/figures/scaling.png and the table of docs/scaling.md, and prints where the lines of a
stochastic method and of QuasiNewton cross.
"""

import argparse
import csv
import time
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import yaml
from benchopt.utils.run_context import RunContext
from optima import minimise
from stopwatch import make_solver
from suite import BENCHMARK, ROOT, make_dataset

from benchmark_utils.numerics.value_function import value_function
from benchmark_utils.problems.logreg import LogReg
from benchmark_utils.results.files import put_between_marks, replaced

FIGURE = ROOT / "docs" / "figures" / "scaling.png"
PAGE = ROOT / "docs" / "scaling.md"
MARKS = "<!-- table of make scaling -->", "<!-- end of the table -->"
PICTURE = "![](figures/scaling.png)"
KEPT = ROOT / "outputs" / "scaling.csv"

SIZES = tuple(round(5e3 * 10 ** (k / 2)) for k in range(7))
LEVELS = (1e-2, 1e-3, 1e-4)  # parts of the gap at the start
YARDSTICK = "QuasiNewton"
CONSTANT = dict(decay=0.0, outer_decay=0.0)
# Steps from a few trials at 2e4 to 5e4 samples, for methods that `make tune` has not tuned on the
# task of the same name. They are the same at all sizes.
METHODS = {
    "simulated": {
        "QuasiNewton": {},
        "HOAG": {},
        "SOBA": dict(step_size=0.02, outer_step_size=10.0, **CONSTANT),
        "SABA": dict(step_size=0.5, outer_step_size=100.0, init_memory="full"),
        "StocBiO": dict(step_size=0.3, neumann_step_size=0.3, outer_step_size=30.0),
    },
    "ijcnn1": {
        "QuasiNewton": {},
        "HOAG": {},
        "SOBA": dict(step_size=1.2, outer_step_size=0.9, **CONSTANT),
        "SABA": dict(step_size=1.2, outer_step_size=0.9, init_memory="full"),
        "StocBiO": dict(step_size=0.3, neumann_step_size=1.0, outer_step_size=100.0),
    },
}
SELF_TUNING = ("QuasiNewton", "HOAG")
# Iterations of a stochastic method between two looks at the clock.
CHUNK = 256
# A curve is judged whenever its time has grown by this factor.
GROWTH = 1.2


class Row(NamedTuple):
    """One run: what it cost to reach a level, infinite if it did not."""

    data: str
    n_samples: int
    method: str
    parameters: str
    seed: int
    level: float
    seconds: float
    calls: float
    setup: float  # seconds to cut the data into minibatches
    budget: float  # seconds


def make_problem(data, n_samples):
    """The simulated data, or rows of IJCNN1 drawn with replacement in the official proportion."""
    parameters = dict(n_samples=n_samples) if data == "simulated" else {}
    dataset = make_dataset(data, **parameters)
    RunContext().set_run_context("bilevel", dataset, "script", repetition=0, base_seed=0)
    arrays = dataset.get_data()
    if "unavailable" in arrays:
        raise SystemExit(arrays["unavailable"])
    parts = {key: arrays[key] for key in ("X_train", "y_train", "X_val", "y_val")}
    if data != "simulated":
        parts = resampled(parts, n_samples)
    return LogReg(**parts, reg="exp", n_reg="full", seed=0)


def resampled(parts, n_samples):
    """As many rows, drawn with replacement."""
    rng = np.random.default_rng(0)
    n_all = len(parts["y_train"]) + len(parts["y_val"])
    drawn = {}
    for name in ("train", "val"):
        X, y = parts[f"X_{name}"], parts[f"y_{name}"]
        rows = rng.integers(len(y), size=round(n_samples * len(y) / n_all))
        drawn |= {f"X_{name}": X[rows], f"y_{name}": y[rows]}
    return drawn


def lowest(problem):
    """h*, by L-BFGS-B from the best of a few shared lambda."""
    shared = np.linspace(problem.lower, problem.upper, 5)[1:-1]
    starts = [np.full(problem.outer_dim, value) for value in shared]
    start = min(
        starts, key=lambda outer_var: value_function(problem, outer_var, problem.inner_var0)[0]
    )
    return minimise(problem, start, problem.lower, problem.upper)[0]


def parameters_of(data, method):
    """The tuned parameters of a method, or those above."""
    path = ROOT / "tuning" / data / "chosen.yml"
    tuned = yaml.safe_load(path.read_text()) if path.exists() else {}
    return tuned.get(method, METHODS[data][method])


def make_runner(method, parameters, problem):
    """A solver that is compiled, with its data cut into minibatches, and the time of cutting."""
    [cls] = [cls for cls in BENCHMARK.get_solvers() if cls.name == method]
    if method in SELF_TUNING:
        solver = cls.get_instance(**parameters)
        solver.set_objective(problem)
    else:
        solver = make_solver(cls, problem, CHUNK, **parameters)
    return solver


def curve_of(solver, problem, optimum, seconds):
    """Run a solver to the lowest level.

    Returns
    -------
    points : array, (n_points, 3)
        Seconds, one-sample oracle calls and h - h*, as a part of that at the start, at times that
        grow by the factor ``GROWTH``.
    """
    points, spent, next_look, started = [], 0.0, 0.0, None
    value, _, inner_var = value_function(problem, problem.outer_var0, problem.inner_var0)
    gap = value - optimum

    def callback():
        nonlocal spent, next_look, started, inner_var
        if started is not None:
            spent += time.process_time() - started
        if spent >= next_look:
            result = solver.get_result()
            value, _, inner_var = value_function(problem, result["outer_var"], inner_var)
            points.append((spent, sum(result["calls"].values()), (value - optimum) / gap))
            next_look = GROWTH * spent
        started = time.process_time()
        return spent < seconds and points[-1][2] > LEVELS[-1]

    solver.run(callback)
    return np.array(points)


def cost_to(points, level, column):
    """The cost at which a curve's gap is first at most a level, interpolated in logarithms.

    Parameters
    ----------
    points : array, (n_points, 3)
        As :func:`curve_of` makes them.
    level : float
    column : int
        0 for seconds, 1 for calls.

    Returns
    -------
    cost : float
        Infinite if the level is not reached.
    """
    reached = np.flatnonzero(points[:, 2] <= level)
    if not reached.size:
        return np.inf
    last = reached[0]
    if last == 0 or points[last - 1, column] == 0:
        return points[last, column]
    before, after = points[last - 1], points[last]
    # A gap may be below h*'s own error.
    gaps = np.log(np.maximum([before[2], after[2]], 1e-3 * LEVELS[-1]))
    part = (gaps[0] - np.log(level)) / (gaps[0] - gaps[1])
    return before[column] * (after[column] / before[column]) ** part


def run(data, n_samples, missing, seconds):
    """Make the missing runs (method, seed) on one size of data, and keep them one by one."""
    problem = make_problem(data, n_samples)
    optimum = lowest(problem)
    print(f"{data}, {n_samples:,} samples: h* = {optimum:.9f}", flush=True)
    for method, seed in missing:
        parameters = parameters_of(data, method)
        solver = make_runner(method, parameters, problem)
        solver.seeds = 0, seed
        start = time.process_time()
        solver.pre_run_hook(None)
        setup = time.process_time() - start
        points = curve_of(solver, problem, optimum, seconds)
        if points[:, 2].min() < -1e-2 * LEVELS[-1]:
            raise SystemExit(f"{method} is {-points[:, 2].min():.1e} below h*, which is wrong.")
        costs = [[cost_to(points, level, column) for column in (0, 1)] for level in LEVELS]
        keep(
            Row(data, n_samples, method, str(parameters), seed, level, *cost, setup, seconds)
            for level, cost in zip(LEVELS, costs, strict=True)
        )
        told = "  ".join(
            f"{level:g}: {cost[0]:.3g} s" for level, cost in zip(LEVELS, costs, strict=True)
        )
        print(f"  {method:<12} seed {seed}  {told}  (minibatches {setup:.2g} s)", flush=True)


def keep(rows):
    """Append rows to the file of runs."""
    KEPT.parent.mkdir(exist_ok=True)
    is_new = not KEPT.exists()
    with KEPT.open("a", newline="") as file:
        writer = csv.writer(file)
        if is_new:
            writer.writerow(Row._fields)
        writer.writerows(rows)


def kept():
    """The runs so far with the parameters of now, a table with the columns of :class:`Row`."""
    runs = pd.read_csv(KEPT) if KEPT.exists() else pd.DataFrame(columns=Row._fields)
    now = [str(parameters_of(*pair)) for pair in zip(runs["data"], runs["method"], strict=True)]
    return runs[runs["parameters"] == now]


def runs_missing(data, n_samples, methods, seeds):
    """The runs (method, seed) that are not in the file; a self-tuning method needs one seed."""
    runs = kept()
    here = runs[(runs["data"] == data) & (runs["n_samples"] == n_samples)]
    done = set(zip(here["method"], here["seed"], strict=True))
    wanted = (
        (method, seed)
        for method in methods
        for seed in range(1 if method in SELF_TUNING else seeds)
    )
    return [pair for pair in wanted if pair not in done]


def medians(runs, data, level, column):
    """Median costs over seeds: one row for each size, one column for each method."""
    here = runs[(runs["data"] == data) & (runs["level"] == level)]
    return here.pivot_table(column, "n_samples", "method", aggfunc="median")


def crossing(sizes, costs, other_costs):
    """The size from which on costs are below others, interpolated in logarithms.

    Returns
    -------
    size : float
        The first size if costs are lower at all sizes, infinite if they are not at the last one.
    """
    with np.errstate(invalid="ignore"):
        ratio = np.log(costs) - np.log(other_costs)
    # A method that does not reach a level where the other one does is above it.
    ratio = np.where(np.isnan(ratio), np.inf, ratio)
    above = np.flatnonzero(ratio >= 0)
    if not above.size:
        return sizes[0]
    last = above[-1]
    if last == len(sizes) - 1:
        return np.inf
    if np.isinf(ratio[last]):
        return sizes[last + 1]
    part = ratio[last] / (ratio[last] - ratio[last + 1])
    return sizes[last] * (sizes[last + 1] / sizes[last]) ** part


def in_words(size, sizes):
    if size == np.inf:
        return "not yet"
    return "at all sizes" if size == sizes[0] else f"from {size:.1e}"


def crossings(runs):
    """A table, in Markdown, of the sizes from which on stochastic methods are ahead."""
    lines = ["| data | level | cost | SOBA | SABA | StocBiO |", "|---" * 6 + "|"]
    for data in METHODS:
        for level in LEVELS:
            for column in ("seconds", "calls"):
                costs = medians(runs, data, level, column)
                if YARDSTICK not in costs:
                    continue
                sizes, cells = costs.index.to_numpy(float), []
                for method in ("SOBA", "SABA", "StocBiO"):
                    if method not in costs:
                        cells.append("")
                        continue
                    size = crossing(sizes, costs[method], costs[YARDSTICK])
                    cells.append(in_words(size, sizes))
                lines.append(f"| {data} | {level:g} | {column} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def draw(runs):
    """Seconds and calls against the number of samples: a row for each, a column for each level."""
    shown = [(data, column) for data in METHODS for column in ("seconds", "calls")]
    shown = [pair for pair in shown if (runs["data"] == pair[0]).any()]
    shape = len(shown), len(LEVELS)
    size = 2.4 * shape[1], 1.9 * shape[0]
    figure, axes = plt.subplots(*shape, figsize=size, layout="constrained", squeeze=False)
    for row, (data, column) in zip(axes, shown, strict=True):
        for axis, level in zip(row, LEVELS, strict=True):
            costs = medians(runs, data, level, column)
            for number, method in enumerate(METHODS[data]):
                if method in costs:
                    reached = costs[method][np.isfinite(costs[method])]
                    axis.loglog(
                        reached.index, reached, "o-", color=f"C{number}", markersize=3, label=method
                    )
            axis.set_title(f"{data}, level {level:g}", fontsize=8)
            axis.tick_params(which="both", labelsize=7)
            axis.grid(alpha=0.3)
        row[0].set_ylabel(column, fontsize=8)
    for axis in axes[-1]:
        axis.set_xlabel("samples", fontsize=8)
    axes[0, 0].legend(fontsize=6)
    with replaced(FIGURE) as draft:
        figure.savefig(draft, dpi=200)
    plt.close(figure)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of samples")
    parser.add_argument("--data", default=",".join(METHODS))
    parser.add_argument("--methods", default=",".join(METHODS["simulated"]))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=120, help="budget of a run")
    options = parser.parse_args()
    for n_samples in map(int, options.sizes.split(",")):
        for data in options.data.split(","):
            missing = runs_missing(data, n_samples, options.methods.split(","), options.seeds)
            if missing:
                run(data, n_samples, missing, options.seconds)
    runs = kept()
    draw(runs)
    table = crossings(runs)
    put_between_marks(PAGE, MARKS, f"{PICTURE}\n\n{table}")
    print(table)


if __name__ == "__main__":
    main()

"""When stochastic methods pay: time and oracle calls to an accuracy as the number of samples grows.

    python scripts/scaling.py [--sizes 5000,50000] [--data simulated] [--methods SOBA,HOAG]
                              [--seeds 3] [--seconds 120]

Each method runs until h - h* is at most the lowest level, as a part of h(lambda_0) - h*, or its
seconds are over. h* is found by L-BFGS-B with exact gradients. A stochastic method has the steps
that `make tune` chose, except for that of lambda: at each size it is the best of four. Runs are
kept in archive/scaling.csv, and are not made again, unless they missed a level and --seconds is
more than they had. So a command that was stopped goes on when it is given once more, on a machine
with the same processor. Seconds are those of the processor, so that other load on the machine does
not count, and the solver's own, without compilation and judging; those to cut the data into
minibatches are kept apart.

Writes docs/figures/scaling.png and the table of docs/scaling.md, and prints where the lines of a
stochastic method and of QuasiNewton cross.
"""

import argparse
import csv
import time
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd
import yaml
from benchopt.utils.run_context import RunContext
from benchopt.utils.sys_info import get_sys_info
from optima import minimise
from scaling_figure import DATA, LEVELS, METHODS, STOCHASTIC, crossings, draw
from stopwatch import make_solver, run_by_its_own_time
from suite import BENCHMARK, ROOT, make_dataset

from benchmark_utils.numerics.value_function import value_function
from benchmark_utils.problems.logreg import LogReg
from benchmark_utils.results.files import put_between_marks

PAGE = ROOT / "docs" / "scaling.md"
MARKS = "<!-- table of make scaling -->", "<!-- end of the table -->"
PICTURE = (
    "![Twelve panels, seconds and oracle calls to three levels against the number of samples: the "
    "line of QuasiNewton rises in proportion to it, those of SOBA and SABA more "
    "slowly.](figures/scaling.png)"
)
KEPT = ROOT / "archive" / "scaling.csv"

SIZES = tuple(round(5e3 * 10 ** (k / 2)) for k in range(7))
# Of the outer step that `make tune` chose for the whole data: tried at each size, by runs with a
# seed of their own. Few samples want smaller steps, as SABA's oscillate on 5,000 rows of IJCNN1.
FACTORS = (0.1, 0.3, 1.0, 3.0)
TRIAL_SEED = 1000
PROCESSOR = get_sys_info()["system-processor"]
MISS = 10  # budgets that a level costs which was not reached
# Iterations of a stochastic method between two looks at the clock.
CHUNK = 256
# What tells a run from others.
KIND = ["data", "n_samples", "method"]
RUN = [*KIND, "factor", "seed"]
# A curve is judged whenever its time has grown by this factor.
GROWTH = 1.2


class Row(NamedTuple):
    """One run: what it cost to reach a level, infinite if it did not."""

    data: str
    n_samples: int
    method: str
    factor: float
    seed: int
    level: float
    seconds: float
    calls: float
    setup: float  # seconds to cut the data into minibatches
    budget: float  # seconds
    processor: str


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


def parameters_of(data, method, factor):
    """The parameters that were tuned on all of the data, with another outer step."""
    if method not in STOCHASTIC:
        return {}
    tuned = yaml.safe_load((ROOT / "tuning" / data / "chosen.yml").read_text())[method]
    return tuned | dict(outer_step_size=factor * tuned["outer_step_size"])


def make_runner(method, parameters, problem):
    """A solver that is compiled, with its data cut into minibatches, and the time of cutting."""
    [cls] = [cls for cls in BENCHMARK.get_solvers() if cls.name == method]
    if method in STOCHASTIC:
        return make_solver(cls, problem, CHUNK, **parameters)
    solver = cls.get_instance(**parameters)
    solver.set_objective(problem)
    return solver


def curve_of(solver, problem, optimum, seconds):
    """Run a solver to the lowest level.

    Returns
    -------
    points : array, (n_points, 3)
        Seconds, one-sample oracle calls and h - h*, as a part of that at the start, at times that
        grow by the factor ``GROWTH``.
    """
    points, next_look = [], 0.0
    value, _, inner_var = value_function(problem, problem.outer_var0, problem.inner_var0)
    gap = value - optimum

    def look(spent):
        nonlocal next_look, inner_var
        if spent >= next_look:
            result = solver.get_result()
            value, _, inner_var = value_function(problem, result["outer_var"], inner_var)
            points.append((spent, sum(result["calls"].values()), (value - optimum) / gap))
            next_look = GROWTH * spent
        return spent < seconds and points[-1][2] > LEVELS[-1]

    run_by_its_own_time(solver, look)
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


class Size:
    """All runs on one size of data; each is kept as soon as it has ended.

    Parameters
    ----------
    data : {"simulated", "ijcnn1"}
    n_samples : int
    seconds : float
        Budget of a run.
    """

    def __init__(self, data, n_samples, seconds):
        self.data, self.n_samples, self.seconds = data, n_samples, seconds

    @cached_property
    def problem(self):
        return make_problem(self.data, self.n_samples)

    @cached_property
    def optimum(self):
        optimum = lowest(self.problem)
        print(f"{self.data}, {self.n_samples:,} samples: h* = {optimum:.9f}", flush=True)
        return optimum

    def complete(self, method, n_seeds):
        """Make the runs of a method that are missing: first the trials, if it has steps."""
        if method not in STOCHASTIC:
            self.need(method, 1.0, [0])
            return
        for factor in FACTORS:
            self.need(method, factor, [TRIAL_SEED])
        runs = kept().groupby(KIND).get_group((self.data, self.n_samples, method))
        self.need(method, best_factor(runs), range(n_seeds))

    def need(self, method, factor, seeds):
        """Make the runs with these seeds, except those that are kept."""
        runs = kept()
        # With more seconds, a run may reach what it missed.
        missed = runs[(runs["seconds"] == np.inf) & (runs["budget"] < self.seconds)]
        done = runs_in(runs) - runs_in(missed)
        for seed in seeds:
            if (self.data, self.n_samples, method, factor, seed) not in done:
                refuse_another_processor()
                self.run(method, factor, seed)

    def run(self, method, factor, seed):
        parameters = parameters_of(self.data, method, factor)
        solver = make_runner(method, parameters, self.problem)
        solver.seeds = 0, seed
        start = time.process_time()
        solver.pre_run_hook(None)
        setup = time.process_time() - start
        points = curve_of(solver, self.problem, self.optimum, self.seconds)
        if points[:, 2].min() < -1e-2 * LEVELS[-1]:
            raise SystemExit(f"{method} is {-points[:, 2].min():.1e} below h*, which is wrong.")
        costs = [[cost_to(points, level, column) for column in (0, 1)] for level in LEVELS]
        about = self.data, self.n_samples, method, factor, seed
        keep(
            Row(*about, level, *cost, setup, self.seconds, PROCESSOR)
            for level, cost in zip(LEVELS, costs, strict=True)
        )
        told = "  ".join(
            f"{level:g}: {cost[0]:.3g} s" for level, cost in zip(LEVELS, costs, strict=True)
        )
        print(f"  {method:<12} outer step x {factor:<4} seed {seed:<5} {told}", flush=True)


def runs_in(table):
    """What tells the runs of a table apart, a set of tuples."""
    return set(table[RUN].itertuples(index=False, name=None))


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
    """The runs so far, a table with the columns of :class:`Row`; of the same run, the last one."""
    if not KEPT.exists():
        return pd.DataFrame(columns=Row._fields)
    return pd.read_csv(KEPT).drop_duplicates([*RUN, "level"], keep="last", ignore_index=True)


def refuse_another_processor():
    """End the script where seconds would not be those of the runs that are kept."""
    others = sorted(set(kept()["processor"]) - {PROCESSOR})
    if others:
        raise SystemExit(
            f"{KEPT} has runs made on {', '.join(others)}, and this machine has {PROCESSOR}, on "
            "which seconds are others. Run there what is missing; to make all runs anew here, "
            "remove the file."
        )


def best_factor(runs):
    """Of one method on one size, that of the trial with the lowest mean of logarithms of costs."""
    trials = runs[runs["seed"] == TRIAL_SEED]
    if trials.empty:
        return 1.0
    costs = np.log(np.minimum(trials["seconds"], MISS * trials["budget"]))
    return costs.groupby(trials["factor"]).mean().idxmin()


def final(runs):
    """The runs that are no trials, with the outer step that is the best of these."""
    return pd.concat(
        group[(group["seed"] != TRIAL_SEED) & (group["factor"] == best_factor(group))]
        for _, group in runs.groupby(KIND, sort=False)
    )


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", default=",".join(map(str, SIZES)), help="numbers of samples")
    parser.add_argument("--data", default=",".join(DATA))
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=120, help="budget of a run")
    options = parser.parse_args()
    for n_samples in map(int, options.sizes.split(",")):
        for data in options.data.split(","):
            size = Size(data, n_samples, options.seconds)
            for method in options.methods.split(","):
                size.complete(method, options.seeds)
    runs = final(kept())
    draw(runs)
    table = crossings(runs)
    put_between_marks(PAGE, MARKS, f"{PICTURE}\n\n{table}")
    print(table)


if __name__ == "__main__":
    main()

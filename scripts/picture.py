"""Draw the curves of a results file, h - h* against time and against oracle calls, as a PNG.

    python scripts/picture.py [RESULTS.parquet [PICTURE.png]]

h* is the optimum that a full-batch quasi-Newton method, L-BFGS-B on the exact h and its gradient
with |lambda_k| <= 30, finds from several starting points, or the lowest value of any curve if that
is lower. Curves are medians over repetitions.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from benchopt.benchmark import Benchmark
from benchopt.results import read_results
from benchopt.utils.run_context import RunContext
from scipy.optimize import minimize

# benchopt makes benchmark_utils importable, from wherever this is run.
BENCHMARK = Benchmark(Path(__file__).parents[1])

from benchmark_utils.judge import value_function  # noqa: E402
from benchmark_utils.results.curves import final_points, median_curves  # noqa: E402

BOX = 30
# Seconds: what is drawn starts here.
FIRST_TIME = 1e-3
STARTS = (0.0, -3.0, -6.0)


def optimum(problem, starts=STARTS):
    """The lowest h that L-BFGS-B on lambda finds.

    Parameters
    ----------
    problem : Problem
    starts : tuple of float
        Values that all entries of lambda start from.

    Returns
    -------
    value : float
    """
    inner_star = np.zeros(problem.inner_dim)

    def h(outer_var):
        nonlocal inner_star
        value, gradient, inner_star = value_function(problem, outer_var, inner_star)
        return value, gradient

    bounds = [(-BOX, BOX)] * problem.outer_dim
    options = dict(maxiter=2000, maxfun=4000, ftol=0, gtol=1e-13, maxcor=30)
    return min(
        minimize(h, np.full(problem.outer_dim, start), jac=True, method="L-BFGS-B",
                 bounds=bounds, options=options).fun
        for start in starts
    )  # fmt: skip


def problem_of(results):
    """The problem that a results file was made on."""
    row = results.iloc[0]
    [(dataset, _)] = instances(BENCHMARK.check_dataset_patterns([row["dataset_name"]]))
    [(objective, _)] = instances(BENCHMARK.check_objective_filters([row["objective_name"]]))
    RunContext().set_run_context(
        objective, dataset, "picture", repetition=0, base_seed=row["base_seed"]
    )
    skip, reason = objective._set_dataset(dataset)
    if skip:
        raise SystemExit(f"The data of these results cannot be had: {reason}")
    return objective.get_objective()["problem"]


def instances(selected):
    from benchopt.benchmark import _list_parametrized_classes

    return list(_list_parametrized_classes(*selected))


def draw(results, best, path):
    """Two panels, h - h* against time and against the sum of one-sample oracle calls."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True, layout="constrained")
    curves = median_curves(results)
    curves["gap"] = curves["objective_value"] - best
    # The best of all curves may be h* itself, which a logarithmic axis cannot show.
    curves = curves[(curves["gap"] > 0) & (curves["time"] > FIRST_TIME)]
    calls = [column for column in curves if column.endswith("_calls")]
    curves["oracle calls"] = curves[calls].sum(axis=1)
    for name, curve in curves.groupby("solver_name"):
        for axis, x in zip(axes, ("time", "oracle calls"), strict=True):
            axis.loglog(curve[x], curve["gap"], label=name.split("[")[0], linewidth=1.8)
    axes[0].set(xlabel="time (s)", ylabel="$h(\\lambda) - h^*$")
    axes[1].set(xlabel="one-sample oracle calls")
    for axis in axes:
        axis.grid(alpha=0.3)
    axes[1].legend(fontsize=8, ncols=2)
    figure.suptitle(results["dataset_name"].iloc[0], fontsize=10)
    figure.savefig(path, dpi=150)


def main(results_path=None, picture=None):
    results_path = results_path or BENCHMARK.get_result_files()[0]
    results = read_results(results_path)
    best = min(optimum(problem_of(results)), results["objective_value"].min())
    picture = Path(picture or "docs/ijcnn1.png")
    picture.parent.mkdir(exist_ok=True)
    draw(results, best, picture)
    print(f"h* = {best:.12f}\nWrote {picture}")
    for name, row in (
        final_points(results).groupby("solver_name").median(numeric_only=True).iterrows()
    ):
        print(f"{row['objective_value'] - best:10.2e} after {row['time']:7.2f} s  {name}")


if __name__ == "__main__":
    main(*sys.argv[1:])

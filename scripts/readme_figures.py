"""Draw the figures of the README and of docs/problem.md.

    python scripts/readme_figures.py problem [--output FIGURE.png]
    python scripts/readme_figures.py ijcnn1 [--results RESULTS.parquet] [--output FIGURE.png]

`problem` is docs/problem.png: h of one penalty on a small dataset, and its tangents. `ijcnn1` is
docs/ijcnn1.png: h - h* against time and against oracle calls, for all curves of a results file, by
default the latest, which should be of configs/ijcnn1.yml. h* is the optimum that a full-batch
quasi-Newton method, L-BFGS-B on the exact h and its gradient with |lambda_k| <= 30, finds from
several starting points, or the lowest value of any curve if that is lower. Curves are medians over
repetitions.
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from benchopt.benchmark import _list_parametrized_classes
from scipy.optimize import minimize
from suite import BENCHMARK, ROOT, latest_results, make_dataset, problem_of, results_of

from benchmark_utils.judge import value_function
from benchmark_utils.results.curves import final_points, median_curves, oracle_calls
from benchmark_utils.results.files import replaced

BOX = 30
# Seconds at which the time axis starts.
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


def problem_of_results(results):
    """The problem that a results file was made on."""
    row = results.iloc[0]
    chosen = (
        BENCHMARK.check_objective_filters([row["objective_name"]]),
        BENCHMARK.check_dataset_patterns([row["dataset_name"]]),
    )
    [[(objective, _)], [(dataset, _)]] = (_list_parametrized_classes(*one) for one in chosen)
    return problem_of(objective, dataset, row["base_seed"])


def draw_curves(results, best, path):
    """Two panels, h - h* against time and against the sum of one-sample oracle calls."""
    figure, axes = plt.subplots(1, 2, figsize=(9, 3.6), sharey=True, layout="constrained")
    curves = median_curves(results)
    curves["gap"] = curves["objective_value"] - best
    curves["oracle calls"] = oracle_calls(curves, "all")
    # The best of all curves may be h* itself, which a logarithmic axis cannot show.
    curves = curves[(curves["gap"] > 0) & (curves["time"] > FIRST_TIME)]
    for name, curve in curves.groupby("solver_name"):
        for axis, x in zip(axes, ("time", "oracle calls"), strict=True):
            axis.loglog(curve[x], curve["gap"], label=name.split("[")[0], linewidth=1.8)
    axes[0].set(xlabel="time (s)", ylabel="$h(\\lambda) - h^*$")
    axes[1].set(xlabel="one-sample oracle calls")
    for axis in axes:
        axis.grid(alpha=0.3)
    axes[1].legend(fontsize=8, ncols=2)
    figure.suptitle(results["dataset_name"].iloc[0], fontsize=10)
    with replaced(path) as draft:
        figure.savefig(draft, dpi=150)


def make_ijcnn1(path, results_path):
    results = results_of(results_path or latest_results())
    best = min(optimum(problem_of_results(results)), results["objective_value"].min())
    draw_curves(results, best, path)
    print(f"h* = {best:.12f}")
    last = final_points(results).groupby("solver_name").median(numeric_only=True)
    for name, row in last.iterrows():
        print(f"{row['objective_value'] - best:10.2e} after {row['time']:7.2f} s  {name}")


def small_problem():
    """A logistic regression with few samples and a single penalty."""
    dataset = make_dataset("simulated", n_samples=400, n_features=40)
    return problem_of(BENCHMARK.get_benchmark_objective().get_instance(n_reg=1), dataset)


def losses_by_penalty(problem):
    """Logarithms of penalties, the training loss and h at theta*, and the gradient of h."""
    logs, inner_star = np.linspace(-9, 2, 111), np.zeros(problem.inner_dim)
    training, values, slopes = [], [], []
    for log in logs:
        outer_var = np.array([log])
        value, [slope], inner_star = value_function(problem, outer_var, inner_star)
        with_penalty, _ = problem.inner_value_grad(inner_star, outer_var)
        training.append(with_penalty - np.exp(log) * inner_star @ inner_star / 2)
        values.append(value)
        slopes.append(slope)
    return logs, *map(np.array, (training, values, slopes))


def make_problem(path):
    logs, training, values, slopes = losses_by_penalty(small_problem())
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 2.8), layout="constrained")
    left.plot(logs, training, label="training loss")
    left.plot(logs, values, label="validation loss, h")
    left.legend(frameon=False)
    right.plot(logs, values, color="C1")
    for index in range(10, len(logs), 18):
        near = logs[index] + np.array([-0.8, 0.8])
        right.plot(near, values[index] + slopes[index] * (near - logs[index]), color="0.3", lw=1)
        right.plot(logs[index], values[index], "o", color="0.3", ms=3)
    for axes in (left, right):
        axes.set_xlabel("λ, the logarithm of the penalty")
        axes.spines[["top", "right"]].set_visible(False)
    left.set_ylabel("loss at θ*(λ)")
    right.set_ylabel("h(λ)")
    with replaced(path) as draft:
        figure.savefig(draft, dpi=150)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("figure", choices=("problem", "ijcnn1"))
    parser.add_argument("--results", type=Path, help="of ijcnn1; the latest by default")
    parser.add_argument("--output", type=Path, help="docs/FIGURE.png by default")
    arguments = parser.parse_args()
    path = arguments.output or ROOT / "docs" / f"{arguments.figure}.png"
    if arguments.figure == "ijcnn1":
        make_ijcnn1(path, arguments.results)
    else:
        make_problem(path)
    print(f"Wrote {path}")


if __name__ == "__main__":
    main()

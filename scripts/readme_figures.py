"""Draw the figures of the README and of docs/problem.md.

    python scripts/readme_figures.py problem [--output FIGURE.png]
    python scripts/readme_figures.py ijcnn1 [--output FIGURE.png]

`problem` is docs/problem.png: h of one penalty on a small dataset, and its tangents. `ijcnn1` is
docs/ijcnn1.png: h - h* against time and against oracle calls, of the methods of archive/ijcnn1
whose curves end lowest.
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from compare import draw
from suite import BENCHMARK, ROOT, make_dataset, problem_of

from archive import ARCHIVE
from benchmark_utils.numerics.value_function import value_function
from benchmark_utils.results.archive import read_task
from benchmark_utils.results.files import replaced
from benchmark_utils.results.styles import COLORS

# Methods that the README's figure shows.
SHOWN = 16


def make_ijcnn1(path):
    points = read_task(ARCHIVE / "ijcnn1")
    ends = points.groupby(["method", "repetition"])["gap"].last().groupby("method").median()
    lowest = points[points["method"].isin(ends.nsmallest(SHOWN).index)]
    draw(lowest, None, "logistic regression on IJCNN1", path)


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
    of_training, of_h = COLORS["blue"], COLORS["vermillion"]
    left.plot(logs, training, color=of_training, label="training loss")
    left.plot(logs, values, color=of_h, label="validation loss, h")
    left.legend(frameon=False)
    right.plot(logs, values, color=of_h)
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
    parser.add_argument("--output", type=Path, help="docs/FIGURE.png by default")
    arguments = parser.parse_args()
    path = arguments.output or ROOT / "docs" / f"{arguments.figure}.png"
    {"ijcnn1": make_ijcnn1, "problem": make_problem}[arguments.figure](path)
    print(f"Wrote {path}")


if __name__ == "__main__":
    main()

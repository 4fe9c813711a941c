"""Draw docs/problem.png: h of one penalty on a small data set, and its tangents.

python scripts/problem_figure.py [PICTURE.png]        docs/problem.png by default
"""

import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from benchopt.benchmark import Benchmark
from benchopt.utils.run_context import RunContext

# benchopt makes benchmark_utils importable, from wherever this is run.
ROOT = Path(__file__).parents[1]
BENCHMARK = Benchmark(ROOT)

from benchmark_utils.judge import value_function  # noqa: E402
from benchmark_utils.problems.logreg import LogReg  # noqa: E402


def curves():
    """Penalties' logarithms, the training loss and h at theta*, and the gradient of h."""
    [simulated] = [cls for cls in BENCHMARK.get_datasets() if cls.name == "simulated"]
    dataset = simulated.get_instance(n_samples=400, n_features=40)
    RunContext().set_run_context("bilevel", dataset, "solver", repetition=0, base_seed=0)
    data = dataset.get_data()
    del data["task"]
    problem = LogReg(**data, reg="exp", n_reg=1, seed=0)
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


def main(path=ROOT / "docs" / "problem.png"):
    logs, training, values, slopes = curves()
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
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    main(*sys.argv[1:])

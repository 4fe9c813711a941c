"""Measure complexity as the theorems state it, and write a figure and a table of it.

    python scripts/complexity.py [--solvers SOBA,SABA] [--repetitions 4]

A theorem of complexity names step sizes for each accuracy, and bounds the mean of ||grad h||^2 over
all iterates. So each method runs to several horizons T, each time with the constant steps that its
theorem prescribes for T, and

    epsilon(T) = 1/T sum_t ||grad h(lambda_t)||^2,    in the mean over repetitions,

is set against the oracle calls. With calls ~ epsilon^-a, the exponent a is fitted and stands beside
that of the theorem. The problem is a bilevel quadratic, the noise of whose minibatches does not
vanish at the solution. Its h is strongly convex, which the theorems do not assume: the last iterate
is better than the mean, and is shown apart.

Writes docs/figures/complexity.png and the table of docs/complexity.md.
"""

import argparse
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from stopwatch import make_solver, stochastic_solvers
from suite import BENCHMARK, ROOT, make_dataset, problem_of

from benchmark_utils.results.files import put_between_marks, replaced
from benchmark_utils.results.styles import for_matplotlib, style_of

DATA = dict(inner_dim=5, outer_dim=5, inner_conditioning=3, outer_conditioning=3, noise=1.0)
FIGURE = ROOT / "docs" / "figures" / "complexity.png"
PAGE = ROOT / "docs" / "complexity.md"
MARKS = "<!-- table of make complexity -->", "<!-- end of the table -->"
# A horizon is evaluated at least this often.
N_EVALUATIONS = 4096
ROUNDING = 1e-20  # of ||grad h||^2
HORIZONS = tuple(2**k for k in range(10, 17))
# The large batches of AmIGO and StocBiO are this part of the horizon.
BATCH_PART = 8
BATCHES = tuple(2**k for k in range(3, 10))


class Theorem(NamedTuple):
    """A bound of O(epsilon^-exponent) one-sample oracle calls, and the steps that it prescribes."""

    exponent: float
    source: str
    prescribed: str
    powers: dict  # parameters a T^-e, as (a, e)
    constants: dict = {}
    horizons: tuple = HORIZONS
    large_batches: bool = False

    def parameters(self, horizon):
        """The parameters for a horizon."""
        scaled = {name: a * float(horizon) ** -e for name, (a, e) in self.powers.items()}
        batch = {"batch_size": horizon // BATCH_PART} if self.large_batches else {}
        return {**self.constants, **scaled, **batch}


SERIES = dict(neumann_step_size=0.5, n_neumann_steps=40)
MOMENTUM = dict(decay=0.0, momentum=1.0, momentum_decay=2 / 3, **SERIES)
CUBE_ROOT = dict(step_size=(1.0, 1 / 3), outer_step_size=(1.0, 1 / 3))
LARGE_BATCHES = dict(horizons=tuple(BATCH_PART * batch for batch in BATCHES), large_batches=True)

# Bounds for h that need not be convex, and G strongly convex; logarithms are left out.
THEOREMS = {
    "SABA": Theorem(
        1.0,
        "Dagréou, Ablin, Vaiter and Moreau, NeurIPS 2022, Theorem 2",
        "constant",
        {},
        dict(step_size=0.03, outer_step_size=0.03, init_memory="zero"),
    ),
    "SRBA": Theorem(
        1.0,
        "Dagréou, Moreau, Vaiter and Ablin, AISTATS 2024, Theorem 1",
        "constant",
        {},
        dict(step_size=0.03, outer_step_size=0.03),
    ),
    "MRBO": Theorem(
        1.5,
        "Yang, Ji and Liang, NeurIPS 2021, Theorem 1",
        "T^(-1/3), momentum t^(-2/3)",
        CUBE_ROOT,
        MOMENTUM,
    ),
    "SUSTAIN": Theorem(
        1.5,
        "Khanduri et al., NeurIPS 2021, Theorem 1",
        "T^(-1/3), momentum t^(-2/3)",
        CUBE_ROOT,
        MOMENTUM,
    ),
    "AmIGO": Theorem(
        2.0,
        "Arbel and Mairal, ICLR 2022, Theorem 1",
        "constant, batch T/8",
        {},
        dict(step_size=0.3, linear_step_size=0.3, outer_step_size=0.3),
        **LARGE_BATCHES,
    ),
    "StocBiO": Theorem(
        2.0,
        "Ji, Yang and Liang, ICML 2021, Theorem 3",
        "constant, batch T/8",
        {},
        dict(step_size=0.3, outer_step_size=0.3, **SERIES),
        **LARGE_BATCHES,
    ),
    "SOBA": Theorem(
        2.5,
        "Dagréou, Ablin, Vaiter and Moreau, NeurIPS 2022, Theorem 1",
        "T^(-2/5), outer T^(-3/5)",
        dict(step_size=(1.0, 0.4), outer_step_size=(2.0, 0.6)),
        dict(decay=0.0, outer_decay=0.0),
    ),
}


class Ladder(NamedTuple):
    """What a method reached at each horizon, in the mean over repetitions."""

    calls: np.ndarray  # one-sample oracle calls
    mean: np.ndarray  # of ||grad h||^2 over all iterates
    last: np.ndarray  # ||grad h||^2 at the last iterate


def make_problem():
    objective = BENCHMARK.get_benchmark_objective().get_instance(problem="quadratic")
    return problem_of(objective, make_dataset("quadratic", **DATA))


def squared_norms(solver, problem, horizon):
    """||grad h||^2 at evenly spaced iterates from the first to the last."""
    values = []

    def callback():
        outer_var = solver.get_result()["outer_var"]
        values.append(np.sum(problem.value_grad(outer_var) ** 2))
        return (len(values) - 1) * solver.eval_freq < horizon

    solver.eval_freq = max(1, horizon // N_EVALUATIONS)
    solver.pre_run_hook(None)
    solver.run(callback)
    return np.array(values)


def climb(name, problem, theorem, horizons, repetitions, framework="numba"):
    """Run a method to all horizons.

    Parameters
    ----------
    name : str
    problem : Quadratic
    theorem : Theorem
    horizons : sequence of int
    repetitions : int
        With seeds of their own.
    framework : str

    Returns
    -------
    ladder : Ladder
    """
    [cls] = stochastic_solvers([name])
    solver, rungs = None, []
    for horizon in horizons:
        parameters = theorem.parameters(horizon)
        if solver is None or theorem.large_batches:
            solver = make_solver(cls, problem, framework=framework, **parameters)
        vars(solver).update(parameters)
        runs = []
        for repetition in range(repetitions):
            solver.seeds = horizon, repetition
            values = squared_norms(solver, problem, horizon)
            calls = sum(solver.get_result()["calls"].values())
            # The trapezoidal rule, as not every iterate is evaluated.
            runs.append((calls, np.trapezoid(values) / (len(values) - 1), values[-1]))
        rungs.append(np.mean(runs, axis=0))
    return Ladder(*np.transpose(rungs))


def exponent(calls, epsilons):
    """The a of calls ~ epsilon^-a: minus the inverse of the slope of log epsilon over log calls."""
    return -1 / np.polyfit(np.log(calls), np.log(epsilons), 1)[0]


def in_words(calls, epsilons):
    """The exponent; "linear" where values end at rounding, of which a power says nothing."""
    return "linear" if epsilons[-1] < ROUNDING else f"{exponent(calls, epsilons):.2f}"


def draw(ladders):
    """The mean and the last iterate against calls, side by side."""
    figure, axes = plt.subplots(1, 2, figsize=(6.8, 3.6), layout="constrained")
    for name, ladder in ladders.items():
        style = for_matplotlib(style_of(name)) | dict(markevery=1, markersize=3)
        for axis, values in zip(axes, (ladder.mean, ladder.last), strict=True):
            axis.loglog(ladder.calls, values, **style)
        mean, last = (in_words(ladder.calls, values) for values in (ladder.mean, ladder.last))
        label = f"{name}: theory {THEOREMS[name].exponent:g}, mean {mean}, last {last}"
        axes[0].plot([], [], label=label, **style)
    axes[0].set_title("mean over iterates, which theorems bound", fontsize=8)
    axes[1].set_title("last iterate, as $h$ is strongly convex", fontsize=8)
    axes[0].set_ylabel(r"$\|\nabla h\|^2$", fontsize=8)
    for axis in axes:
        axis.set_xlabel("oracle calls, of one sample", fontsize=8)
        axis.tick_params(labelsize=7)
        axis.grid(alpha=0.3)
    figure.legend(loc="outside lower center", ncols=2, fontsize=6.5)
    with replaced(FIGURE) as draft:
        figure.savefig(draft, dpi=200)
    plt.close(figure)


def table(ladders):
    """The rows of the page's table, in Markdown."""
    rows = [
        "| method | steps | theory | mean of iterates | without the first horizon | last iterate "
        "| theorem |",
        "|---" * 7 + "|",
    ]
    for name, ladder in ladders.items():
        theorem = THEOREMS[name]
        calls, mean, last = ladder
        measured = (
            in_words(*pair) for pair in ((calls, mean), (calls[1:], mean[1:]), (calls, last))
        )
        cells = name, theorem.prescribed, f"{theorem.exponent:g}", *measured
        rows.append("| " + " | ".join((*cells, theorem.source)) + " |")
    return "\n".join(rows)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--solvers", help="all of the table by default, and then it is written")
    parser.add_argument("--repetitions", type=int, default=4)
    options = parser.parse_args()
    problem, ladders = make_problem(), {}
    for name in options.solvers.split(",") if options.solvers else THEOREMS:
        theorem = THEOREMS[name]
        ladder = climb(name, problem, theorem, theorem.horizons, options.repetitions)
        ladders[name] = ladder
        mean, last = (in_words(ladder.calls, values) for values in (ladder.mean, ladder.last))
        print(
            f"{name:<8} theory {theorem.exponent:g}, mean of iterates {mean}, last {last}; "
            f"epsilon {ladder.mean[0]:.1e} to {ladder.mean[-1]:.1e}",
            flush=True,
        )
    if not options.solvers:
        draw(ladders)
        put_between_marks(PAGE, MARKS, table(ladders))


if __name__ == "__main__":
    main()

"""Find the parameters of solvers that do best over eight tasks: their defaults.

    python scripts/defaults.py [--tasks TASK ...] [-j N] [--parallel-config FILE] [SOLVER ...]

Candidates are quasi-random points. Step sizes that are `auto` by default are in units of the task:
those of theta and of its linear system over the largest smoothness of G, those of lambda over the
largest curvature of h where lambda starts. Each runs once on each task, with its budget or 1e8
oracle calls; all runs are kept in tuning/defaults/TASK/SOLVER.csv: remove that after a change of
the solver. Printed are, per solver, the five candidates that lose least to the best one of each
task, on average over tasks.
"""

import argparse

import pandas as pd
from candidates import FOLDER, Tuning, text
from progress import fit_the_terminal
from suite import TASKS, judged_task
from tune import add_parallel_options, asked_for, parallel_options

from benchmark_utils.algorithms.search_space import LogUniform, first_of, points
from benchmark_utils.results.tuning import regrets

N_CANDIDATES = 12
MAX_CALLS = 100_000_000
# In units of one over the smoothness.
INNER, OUTER = LogUniform(0.05, 1.5), LogUniform(0.003, 1)
# Tasks with minibatch oracles whose optimum is known.
STOCHASTIC = [
    "simulated", "ijcnn1", "ijcnn1_no_box", "multinomial_logreg", "quadratic_well_quiet",
    "quadratic_well_noisy", "quadratic_badly_quiet",
    "quadratic_badly_noisy",
]  # fmt: skip
SHOWN = 5


def units(problem):
    """By the name of a parameter, the unit of its values on a problem."""
    inner = 1 / problem.largest_smoothness
    return dict(
        step_size=inner,
        linear_step_size=inner,
        neumann_step_size=inner,
        outer_step_size=1 / problem.outer_smoothness,
    )


def is_auto(cls, name):
    return cls.parameters.get(name) == ["auto"]


def relative(cls):
    """A solver's search space, whose automatic step sizes are in units of the task."""
    ranges, space = {"step_size": INNER, "outer_step_size": OUTER}, {}
    for names, values in cls.search_space.items():
        first = first_of(names)
        space[names] = ranges.get(first, values) if is_auto(cls, first) else values
    return space


class Trial(Tuning):
    """The runs of common candidates on one task."""

    def __init__(self, task, solver, parallel, problem):
        super().__init__(task, solver, parallel)
        self.budget = min(self.budget, MAX_CALLS)
        self.path = FOLDER / "defaults" / task / f"{solver}.csv"
        every = units(problem)
        self.units = {name: every[name] for name in every if is_auto(self.cls, name)}

    def absolute(self, point):
        """A candidate with its values on this task."""
        return {
            name: float(f"{value * self.units[name]:.3g}") if name in self.units else value
            for name, value in point.items()
        }

    def runs_with(self, candidates):
        """One row per candidate, which its number names; missing runs are made first."""
        found = [self.absolute(point) for point in candidates]
        self.complete(found, self.seeds[:1])
        # In the order of the candidates, of which two may be the same in absolute values.
        rows = pd.DataFrame(found).astype(str).merge(self.runs_of(found), on=self.names)
        return rows.assign(candidate=range(len(found)))


def report(solver, candidates, tables):
    """The best candidates over all tasks, as lines of text."""
    best = regrets(tables, ["candidate"])
    for _, row in best.head(SHOWN).iterrows():
        yield f"{solver}: {text(candidates[int(row['candidate'])])}"
        losses = [f"{task} {row[task]:.2f}" for task in tables]
        yield f"  log10 of the cost, above the best on each task: {', '.join(losses)}"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("solvers", nargs="*", metavar="SOLVER")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=STOCHASTIC)
    add_parallel_options(parser)
    arguments = parser.parse_args()
    fit_the_terminal()
    solvers = asked_for(arguments.solvers)
    problems = {task: judged_task(task)[1] for task in arguments.tasks}
    for solver, cls in solvers.items():
        candidates = points(relative(cls), N_CANDIDATES)
        tables = {}
        for task, problem in problems.items():
            trial = Trial(task, solver, parallel_options(arguments), problem)
            if not trial.instance().skip(problem)[0]:
                tables[task] = trial.runs_with(candidates)
        print("\n".join(report(solver, candidates, tables)), flush=True)


if __name__ == "__main__":
    main()

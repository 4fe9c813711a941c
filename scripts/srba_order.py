"""How often SRBA diverges on IJCNN1 without a box, by the order in which it reads the samples.

    python scripts/srba_order.py

From ten starting points, theta from N(0, I) and exp(lambda) from U(0, 1), with both step sizes and
the period that benchopt/benchmark_bilevel has tuned, for 8,000 iterations. Prints the table of
docs/fidelity.md.
"""

import itertools

import numpy as np
from stopwatch import make_solver, stochastic_solvers
from suite import BENCHMARK, make_dataset, problem_of

from benchmark_utils.algorithms import stochastic
from benchmark_utils.minibatches.sampling import in_passes

N_STARTS, N_ITERATIONS, PERIOD = 10, 8000, 1106
STEP_SIZES = (0.25, 0.5)


class Unshuffled(np.random.Generator):
    """A generator that leaves samples in the order of the file."""

    def permutation(self, x):
        return np.arange(x) if np.isscalar(x) else x


class FirstInOrder(np.random.Generator):
    """A generator whose first permutation is in order, so that the first pass is."""

    began = False

    def permutation(self, x):
        first, self.began = not self.began, True
        return np.arange(x) if first else super().permutation(x)


def first_in_order(rng, n_blocks):
    return in_passes(FirstInOrder(rng.bit_generator), n_blocks)


# Name, whether the file's order stays, whether blocks are drawn with replacement, and what draws
# passes.
ORDERS = (
    ("shuffled, with replacement (default)", False, True, in_passes),
    ("shuffled, pass by pass (`replacement=False`)", False, False, in_passes),
    ("blocks in the file's order, drawn at random", True, True, in_passes),
    ("blocks in the file's order, first pass in order, as the peer", True, False, first_in_order),
)


def make_problem():
    objective = BENCHMARK.get_benchmark_objective().get_instance(problem="logreg", box="none")
    return problem_of(objective, make_dataset("ijcnn1"))


def diverges(solver, problem, start, unshuffled):
    """Whether theta or lambda is not finite, or far away, at the end of a run."""
    rng = np.random.default_rng(start)
    theta, weights = rng.standard_normal(problem.inner_dim), rng.uniform(size=problem.outer_dim)
    solver.start = theta, np.log(weights)
    solver.seeds = 0, start
    solver.pre_run_hook(None)
    if unshuffled:
        order = Unshuffled(np.random.PCG64(start))
        arrays = problem.arrays(*solver.batch_sizes, np.dtype(solver.precision), order)
        solver.arrays = solver.runtime.load(arrays, solver.found_device)

    def far():
        result = solver.get_result()
        point = np.concatenate([result["inner_var"].ravel(), result["outer_var"].ravel()])
        return not np.isfinite(point).all() or np.abs(point).max() > 1e6

    steps = itertools.count(0, solver.eval_freq)

    def callback():
        done = next(steps)
        return done < N_ITERATIONS and not (done and far())

    with np.errstate(all="ignore"):
        solver.run(callback)
    return far()


def main():
    problem, [cls] = make_problem(), stochastic_solvers(["SRBA"])
    print("| how samples are read | steps 0.25 | steps 0.5 |\n|---|---|---|")
    for name, unshuffled, replacement, sampler in ORDERS:
        stochastic.in_passes = sampler
        cells = []
        for step_size in STEP_SIZES:
            steps = dict(step_size=step_size, outer_step_size=step_size, period=PERIOD)
            solver = make_solver(cls, problem, 250, replacement=replacement, **steps)
            starts = [diverges(solver, problem, start, unshuffled) for start in range(N_STARTS)]
            cells.append(f"{sum(starts)} of {N_STARTS}")
        print("|", " | ".join([name, *cells]), "|", flush=True)


if __name__ == "__main__":
    main()

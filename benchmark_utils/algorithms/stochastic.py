"""The base of stochastic solvers: everything that is not the algorithm.

It draws the minibatches, follows the schedules of the step sizes, compiles the step for a
framework, counts oracle calls, and talks to benchopt. A solver adds its parameters, its state, and
``make_step``.
"""

from typing import Any

import numpy as np

from benchmark_utils.algorithms.base import BilevelSolver
from benchmark_utils.algorithms.counting import CallCounts, MeasuredCalls
from benchmark_utils.frameworks import FRAMEWORKS, get_framework
from benchmark_utils.validation import either, integer, one_of

Array = Any  # a NumPy or JAX array, whichever the framework computes with

# Frameworks that compute with a problem's arrays themselves; others make copies of their own.
LOADED_AS_THEY_ARE = ("numba", "python")


class StochasticSolver(BilevelSolver):
    """Base class of stochastic solvers.

    A solver defines

    * ``init(problem, inner_var, outer_var)``: the first state, a ``NamedTuple`` of arrays with at
      least ``inner_var`` and ``outer_var``; ``make_init`` instead, if it asks oracles;
    * ``make_step(framework, oracle)``: the function
      ``step(state, problem, inner_batches, outer_batches, step_sizes)`` of one iteration, written
      in what NumPy, numba and JAX have in common;
    * ``schedules()``: a pair (a, e) for each entry of ``step_sizes``, which is a t^(-e) at
      iteration t = 1, 2, ...;
    * ``n_inner_batches`` and ``n_outer_batches``: how many minibatches an iteration draws;
    * ``draw_more(rng, t)``, if an iteration draws more than minibatches, or does not do the same
      each time: what iterations t draw, an array of one row each, which the step takes as its last
      argument. What decides which oracles are called is one integer or bool an iteration; floats
      decide nothing.
    """

    requirements = ["numba", "scipy", "pip::jax"]

    parameters = {
        "batch_size": [64],
        "framework": ["numba"],
        "precision": ["float64"],
        "eval_freq": [256],
    }
    allowed = {
        "batch_size": either(integer(1), one_of("full")),
        "framework": one_of(*FRAMEWORKS),
        "precision": one_of("float64", "float32"),
        "eval_freq": integer(1),
    }
    test_config = {"eval_freq": 4, "batch_size": 16}

    n_inner_batches = 1
    n_outer_batches = 1
    reads_all_blocks = False  # whether the step depends on the number of blocks
    compiled_for = None, None
    lent = None  # the problem's arrays of this run

    def refuse(self, problem):
        if not problem.frameworks:
            return f"{self.name}: this problem has no minibatch oracles; give a full-batch solver."
        if self.framework not in problem.frameworks:
            return (
                f"{self.name}: framework={self.framework} has no oracles for this problem; give "
                f"one of {', '.join(problem.frameworks)}."
            )
        n_samples = min(problem.n_inner_samples, problem.n_outer_samples)
        if self.batch_size != "full" and self.batch_size > n_samples:
            return (
                f"{self.name}: batch_size={self.batch_size} is larger than the data; give at most "
                f"{n_samples}, or full."
            )
        return None

    def set_objective(self, problem):
        self.problem = problem
        self.seed = self.get_seed(use_repetition=True)
        full = self.batch_size == "full"
        self.batch_sizes = (
            problem.n_inner_samples if full else self.batch_size,
            problem.n_outer_samples if full else self.batch_size,
        )
        self.block_sizes = problem.block_sizes(*self.batch_sizes)
        self.start = tuple(
            variable.astype(self.precision) for variable in (problem.inner_var0, problem.outer_var0)
        )
        self.measured_calls = MeasuredCalls(self, *self.start, self.block_sizes)
        self.compile()

    def compile(self):
        """Compile the algorithm, unless a run before has, and run it once.

        Here rather than in ``warm_up``, which benchopt calls when the timeout already runs. What
        is compiled depends on the solver's parameters and the problem's oracles, and not on the
        data; JAX alone compiles anew for arrays of another shape.
        """
        oracle = self.problem.oracle(self.framework)
        shapes = self.batch_sizes, [array.size for array in (*self.start, *self.block_sizes)]
        n_blocks = tuple(map(len, self.block_sizes)) if self.reads_all_blocks else None
        # Two oracles of the same functions may be of different types of samples.
        made_for = id(oracle), n_blocks
        if made_for != self.compiled_for[0]:
            self.runtime = get_framework(self.framework)
            self.first_state = self.make_init(self.runtime, oracle)
            self.iterate = self.runtime.iterations(self.make_step(self.runtime, oracle))
        if (made_for, shapes) != self.compiled_for:
            self.run_once(1)
        self.compiled_for = made_for, shapes

    def make_init(self, framework, oracle):
        """The function that makes the first state; :meth:`init` unless a solver overrides it."""
        return self.init

    def pre_run_hook(self, stop_val):
        self.give_arrays_back()
        rng = np.random.default_rng(self.seed)
        arguments = *self.batch_sizes, np.dtype(self.precision), rng
        if self.framework in LOADED_AS_THEY_ARE:
            self.arrays = self.lent = self.problem.lend_arrays(*arguments)
        else:
            self.arrays = self.runtime.load(self.problem.arrays(*arguments))

    def give_arrays_back(self):
        if self.lent is not None:
            self.problem.take_back(self.lent)
        self.lent = self.arrays = None

    def run(self, callback):
        try:
            self.iterate_until(callback)
        finally:
            self.give_arrays_back()

    def iterate_until(self, callback):
        # benchopt keeps all solvers until its end: data and tables must not stay with them.
        arrays, self.arrays = self.arrays, None
        one_chunk = np.arange(self.eval_freq)
        inner_rng, outer_rng, more_rng = np.random.default_rng(self.seed).spawn(3)
        n_inner_blocks, n_outer_blocks = map(len, self.block_sizes)
        self.calls = CallCounts(self.measured_calls)
        self.iterations = 0
        state = self.first_state(arrays, *self.start)
        self.point = state.inner_var, state.outer_var
        while callback():
            inner_batches = inner_rng.integers(
                n_inner_blocks, size=(self.eval_freq, self.n_inner_batches)
            )
            outer_batches = outer_rng.integers(
                n_outer_blocks, size=(self.eval_freq, self.n_outer_batches)
            )
            t = self.iterations + 1 + one_chunk
            more = self.draw_more(more_rng, t)
            draws = inner_batches, outer_batches, self.step_sizes(t)
            draws = draws if more is None else (*draws, more)
            state = self.iterate(state, arrays, *draws)
            self.point = self.runtime.wait((state.inner_var, state.outer_var))
            self.iterations += self.eval_freq
            self.calls.add(inner_batches, outer_batches, more)

    def draw_more(self, rng, t):
        """What iterations t draw beside minibatches, an array of one row each; None if nothing."""
        return None

    def step_sizes(self, t):
        """The step sizes of iterations t, (len(t), number of schedules)."""
        columns = [scale * t.astype(float) ** -exponent for scale, exponent in self.schedules()]
        return np.stack(columns, axis=1).astype(self.precision)

    def get_result(self):
        inner_var, outer_var = map(self.runtime.to_numpy, self.point)
        return dict(
            inner_var=inner_var,
            outer_var=outer_var,
            iterations=self.iterations,
            calls=self.calls.totals(),
        )

"""The base of stochastic solvers: everything that is not the algorithm.

It draws the minibatches, follows the schedules of the step sizes, compiles the step for a
framework, counts oracle calls, and talks to benchopt. A solver adds its parameters, its state, and
``make_step``.
"""

from time import perf_counter
from typing import Any

import numpy as np

from benchmark_utils.algorithms.base import BilevelSolver
from benchmark_utils.algorithms.counting import CallCounts, MeasuredCalls
from benchmark_utils.algorithms.finite_differences import make_finite_oracle
from benchmark_utils.algorithms.limits import Clock, finish
from benchmark_utils.algorithms.refusals import StepRefused, refused_step
from benchmark_utils.algorithms.step_sizes import automatic
from benchmark_utils.frameworks import (
    FRAMEWORKS,
    NoDevice,
    get_framework,
    refuse_framework,
    that_runs,
)
from benchmark_utils.frameworks.python import row
from benchmark_utils.minibatches.sampling import in_passes, independent
from benchmark_utils.validation import any_of, integer, one_of, too_large

Array = Any  # an array or a tensor, whichever the framework computes with

# Iterations whose minibatches are drawn together.
DRAWN_TOGETHER = 2048
# Compiled code takes about ten seconds for so many.
MOST_MINIBATCHES = 10**7
# The most work between two looks at the clock, in units of which a one-sample call has p + 100. JAX
# does so much in about a third of a second on one core.
MOST_WORK = 5e8


class StochasticSolver(BilevelSolver):
    """Base class of stochastic solvers.

    A solver defines :meth:`schedules`, :meth:`init`, :meth:`make_step`, and how many minibatches an
    iteration draws; :meth:`draw` as well, if an iteration draws more, or does not do the same each
    time.

    Attributes
    ----------
    n_inner_batches, n_outer_batches : int
        The numbers of inner and outer minibatches that an iteration draws.
    draw_changes_calls : bool
        Whether the calls of oracles depend on what :meth:`draw` returns, which then is one integer
        or bool per iteration: calls are counted for each of its values.
    reads_all_blocks : bool
        Whether the step depends on the number of blocks.
    auto_inner_step, auto_outer_step : float
        What the step sizes ``auto`` are in units of the problem; see
        :mod:`benchmark_utils.algorithms.step_sizes`.
    search_space : dict
        Where its parameters are searched, on all tasks; see :mod:`benchmark_utils.algorithms.
        search_space`. A solver without one is not tuned.
    """

    requirements = ["numba", "scipy", "pip::jax"]

    parameters = {
        "batch_size": [64],
        "replacement": [True],
        "framework": ["numba"],
        "precision": ["float64"],
        "device": ["auto"],
        "eval_freq": [256],
        "seed": [0],
        "derivatives": ["exact"],
    }
    allowed = {
        "batch_size": any_of(integer(1), one_of("full")),
        "replacement": one_of(True, False),
        "framework": one_of(*FRAMEWORKS),
        "precision": one_of("float64", "float32"),
        # auto is a GPU where the framework finds one.
        "device": one_of("auto", "cpu", "cuda"),
        "eval_freq": integer(1, 10**6),
        "seed": integer(0, 2**32 - 1),
        # finite makes a method of first derivatives of one of second derivatives.
        "derivatives": one_of("exact", "finite"),
    }
    test_config = {"eval_freq": 4, "batch_size": 16}

    n_inner_batches = 1
    n_outer_batches = 1
    takes_non_convex = True
    draw_changes_calls = False
    reads_all_blocks = False
    auto_inner_step = 0.5
    auto_outer_step = 0.03
    automatic = {}
    _compiled_oracle = None
    _compiled_blocks = None
    _ran_with = None

    def schedules(self):
        """The step sizes: pairs (a, e), each for a t^(-e) at iteration t = 1, 2, ..."""
        raise NotImplementedError(f"{self.name} needs schedules(): a pair (a, e) per step size.")

    def init(self, arrays, inner_var, outer_var):
        """The first state, a ``NamedTuple`` with at least ``inner_var`` and ``outer_var``.

        Its other fields are arrays, numbers, None, or tuples of these.
        """
        raise NotImplementedError(f"{self.name} needs init(arrays, inner_var, outer_var).")

    def make_step(self, framework, oracle):
        """The function of one iteration, which returns the next state.

        It is ``step(state, arrays, inner_batches, outer_batches, step_sizes)``, with one argument
        more if :meth:`draw` returns something. ``arrays`` are for oracles, minibatches are
        indices, and ``step_sizes`` has one number per schedule.

        Parameters
        ----------
        framework : module
            Arrays, loops and branches; see :mod:`benchmark_utils.frameworks`.
        oracle : Oracle
        """
        raise NotImplementedError(f"{self.name} needs make_step(framework, oracle).")

    def draw(self, rng, t):
        """Other random numbers of iterations t, an array of one row each, or None."""
        return None

    def make_init(self, framework, oracle):
        """The function that makes the first state: :meth:`init`, unless that needs oracles."""
        return self.init

    def make_parts(self, framework, oracle):
        """The functions of the first state and of an iteration, with the chosen derivatives."""
        if self.derivatives == "finite":
            oracle = make_finite_oracle(framework, oracle, self.precision)
        return self.make_init(framework, oracle), self.make_step(framework, oracle)

    def refuse(self, problem):
        if not problem.frameworks:
            return f"{self.name}: this problem has no minibatch oracles; give a full-batch solver."
        if self.framework not in problem.frameworks:
            return (
                f"{self.name}: framework={self.framework} has no oracles for this problem; give "
                f"one of {', '.join(problem.frameworks)}."
            )
        reason = self.refuse_framework()
        if reason:
            return reason
        n_samples = min(problem.n_inner_samples, problem.n_outer_samples)
        if self.batch_size != "full" and self.batch_size > n_samples:
            return (
                f"{self.name}: batch_size={self.batch_size} is larger than the data; give at most "
                f"{n_samples}, or full."
            )
        return self.refuse_draws() or self.refuse_step(problem)

    def refuse_framework(self):
        """Say why the framework cannot run here, or not on this device; None if it can."""
        reason = refuse_framework(self.framework)
        if reason:
            return f"{self.name}: {reason}."
        if self.device != "cuda":
            return None
        try:
            get_framework(that_runs(self.framework)).find_device(self.device)
        except NoDevice:
            return (
                f"{self.name}: device={self.device}, but framework={self.framework} finds no such "
                "device here; give device=cpu, or framework=jax or torch where there is one."
            )
        return None

    def refuse_draws(self):
        """Say why minibatches are too many between two evaluations; None if they are not."""
        names = [name for name in self.parameters if name.startswith(("n_", "eval_freq"))]
        n_batches = self.n_inner_batches + self.n_outer_batches
        if self.eval_freq * n_batches > MOST_MINIBATCHES:
            given = ", ".join(f"{name}={getattr(self, name)}" for name in names)
            return (
                f"{self.name}: {given} make {self.eval_freq * n_batches:,} minibatches between two "
                f"looks at the clock; give values that make at most {MOST_MINIBATCHES:,}."
            )
        return too_large(self, names, max(DRAWN_TOGETHER, self.eval_freq) * n_batches)

    def refuse_step(self, problem):
        """Say why the step cannot be compiled, by a trial of its source; None if it can."""
        trial = self.twin()  # as skipping must change nothing
        try:
            trial.prepare(problem)
            trial.try_step()
        except StepRefused as refused:
            return str(refused)
        except Exception as error:
            return str(refused_step(self, error))
        return None

    def try_step(self):
        """Run the Python source of the step once; raises :class:`StepRefused`."""
        more = self.draw(np.random.default_rng(0), np.arange(1, 9))
        self.measured_calls.steps(self.kinds(more)[0])

    def twin(self, **parameters):
        """A copy with other parameters; benchopt's would load the solver's file again."""
        twin = object.__new__(type(self))
        vars(twin).update(vars(self) | parameters)
        return twin

    def set_objective(self, problem):
        # The run's own seed, and one that tells runs of the same data and starting point apart.
        self.seeds = self.get_seed(use_repetition=True), self.seed
        self.prepare(problem)
        self.compile()

    def prepare(self, problem):
        """Cut minibatches for a problem, and count the oracle calls of a step."""
        self.problem = problem
        full = self.batch_size == "full"
        self.batch_sizes = (
            problem.n_inner_samples if full else self.batch_size,
            problem.n_outer_samples if full else self.batch_size,
        )
        self.block_sizes = problem.block_sizes(*self.batch_sizes)
        self.start = tuple(
            variable.astype(self.precision) for variable in (problem.inner_var0, problem.outer_var0)
        )
        self.automatic = automatic(self, problem)
        self.measured_calls = MeasuredCalls(self, *self.start, self.block_sizes)

    def mean_calls(self):
        """The one-sample calls of an iteration, in the mean if :meth:`draw` changes them."""
        t = np.arange(1, DRAWN_TOGETHER + 1 if self.draw_changes_calls else 2)
        values, kinds = self.kinds(self.draw(np.random.default_rng(0), t))
        return self.measured_calls.steps(values).n_samples.sum(axis=1)[kinds].mean()

    def compile(self):
        """Compile the algorithm, unless a run before has, and run a little of it.

        Here rather than in ``warm_up``, which benchopt calls when the timeout already runs. The
        compiled code depends on the solver's parameters and the problem's oracles, and not on the
        data; only JAX recompiles for new shapes.
        """
        framework = that_runs(self.framework)
        oracle = self.problem.oracle(framework)
        n_blocks = tuple(map(len, self.block_sizes)) if self.reads_all_blocks else None
        # Two oracles of the same functions may be of different types of samples.
        if self._compiled_oracle is not oracle or self._compiled_blocks != n_blocks:
            self.runtime = get_framework(framework)
            self.found_device = self.runtime.find_device(self.device)
            self.first_state, step = self.make_parts(self.runtime, oracle)
            self.iterate = self.runtime.iterations(step)
            self._compiled_oracle, self._compiled_blocks = oracle, n_blocks
            self._ran_with = None
        sizes = [array.size for array in (*self.start, *self.block_sizes)]
        ran_with = self.batch_sizes, sizes
        if ran_with != self._ran_with:
            # Two chunks: JAX compiles once more for a state that it has made itself.
            self.twin(eval_freq=self.first_length()).run_once(2)
            self._ran_with = ran_with

    def pre_run_hook(self, stop_val):
        rng = np.random.default_rng(self.seeds)
        arrays = self.problem.arrays(*self.batch_sizes, np.dtype(self.precision), rng)
        self.arrays = self.runtime.load(arrays, self.found_device)

    def follow(self, callback):
        # benchopt keeps all solvers until its end: data and tables must not stay with them.
        arrays, self.arrays = self.arrays, None
        chunks = self.chunks(np.random.default_rng(self.seeds).spawn(3))
        self.calls = CallCounts(self.measured_calls)
        self.iterations = 0
        state = self.first_state(arrays, *self.start)
        self.point = state.inner_var, state.outer_var
        clock, length = Clock(callback), self.first_length()
        while callback():
            draws, done = next(chunks), 0
            while done < self.eval_freq:
                piece = row(draws, slice(done, done + length))
                before = perf_counter()
                state = self.iterate(state, arrays, piece)
                self.point = self.runtime.wait((state.inner_var, state.outer_var))
                done += len(piece[0])
                self.iterations += len(piece[0])
                self.calls.add(piece)
                if clock.has_run_out():
                    finish(callback, self.iterations)
                    return
                length = self.next_length(length, perf_counter() - before)

    def first_length(self):
        """The number of iterations before the first look at the clock.

        JAX compiles for each such number, and keeps to this one.
        """
        if self.framework != "jax":
            return 1
        work = self.mean_calls() * (self.problem.inner_dim + 100)
        longest = max(1, min(DRAWN_TOGETHER, self.eval_freq, int(MOST_WORK // max(work, 1))))
        return next(length for length in range(longest, 0, -1) if self.eval_freq % length == 0)

    def next_length(self, length, seconds):
        """The next number of these, such that they take about a tenth of a second."""
        if self.framework == "jax":
            return length
        return 2 * length if seconds < 0.1 else max(1, length // 2)

    def chunks(self, rngs):
        """The draws of ``eval_freq`` iterations at a time, without end; see :meth:`draws`.

        They are drawn for many chunks together, as NumPy takes as long to begin as to draw some
        hundred numbers.
        """
        inner_rng, outer_rng, more_rng = rngs
        sampler = independent if self.replacement else in_passes
        n_inner_blocks, n_outer_blocks = map(len, self.block_sizes)
        samplers = sampler(inner_rng, n_inner_blocks), sampler(outer_rng, n_outer_blocks)
        n_together = max(1, DRAWN_TOGETHER // self.eval_freq)
        t = np.arange(1, n_together * self.eval_freq + 1)
        while True:
            draws = self.draws(samplers, more_rng, t)
            for start in range(0, len(t), self.eval_freq):
                yield row(draws, slice(start, start + self.eval_freq))
            t += len(t)

    def draws(self, samplers, rng, t):
        """The arguments of iterations t, one row per iteration.

        Parameters
        ----------
        samplers : pair of callable
            ``draw(shape)`` for inner and outer blocks.
        rng : numpy.random.Generator
            For :meth:`draw`.
        t : integer array

        Returns
        -------
        inner_batches, outer_batches : integer array, (len(t), n_inner_batches or n_outer_batches)
        step_sizes : tuple of array, (len(t),)
        more : array, (len(t), ...)
            Only if :meth:`draw` returns something.
        """
        draw_inner, draw_outer = samplers
        inner_batches = draw_inner((len(t), self.n_inner_batches))
        outer_batches = draw_outer((len(t), self.n_outer_batches))
        more = self.draw(rng, t)
        draws = inner_batches, outer_batches, self.step_sizes(t)
        return draws if more is None else (*draws, more)

    def kinds(self, more):
        """The kinds of iterations that differ in their calls, of what :meth:`draw` returned.

        Returns
        -------
        values : list or array, (n_kinds,)
            What each kind draws; a single value if all ask the same of oracles.
        kinds : integer array, (n_iterations,), or 0
            The kind of each iteration.
        """
        if self.draw_changes_calls:
            return np.unique(more, return_inverse=True)
        return [None if more is None else more[0]], 0

    def step_sizes(self, t):
        """The step sizes of iterations t, a tuple of one array (len(t),) per schedule."""
        return tuple(
            (scale * np.power(t, -float(exponent))).astype(self.precision)
            if exponent
            else np.full(len(t), scale, self.precision)
            for scale, exponent in self.twin(**self.automatic).schedules()
        )

    def get_result(self):
        inner_var, outer_var = map(self.runtime.to_numpy, self.point)
        return dict(
            inner_var=inner_var,
            outer_var=outer_var,
            iterations=self.iterations,
            calls=self.calls.totals(),
            device=self.runtime.describe_device(self.found_device),
        )

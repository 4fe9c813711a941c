"""Counting oracle calls, in units of one sample.

A Hessian-vector product on a minibatch of 64 samples counts 64, as the complexity results of the
field do. Stochastic solvers are counted by running one step of their Python source with oracles
that compute nothing, so that counts are measured and compiled code is not slowed down. This trial
refuses steps that cannot be compiled, too.
"""

from collections import Counter
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from benchmark_utils.algorithms.limits import OutOfBudget
from benchmark_utils.algorithms.refusals import (
    StepRefused,
    refuse_source,
    refuse_state,
    refused_step,
)
from benchmark_utils.algorithms.trial import TrialFramework, on_trial
from benchmark_utils.oracle import ORACLE_NAMES, Oracle, lambda_grad


class Position(int):
    """A minibatch index that remembers the place in the draw from which it came."""

    def __new__(cls, position):
        batch = super().__new__(cls, 0)
        batch.position = position
        return batch


def positions(n_batches):
    """A draw of n minibatches, an array of :class:`Position`."""
    drawn = np.empty(n_batches, object)
    drawn[:] = [Position(position) for position in range(n_batches)]
    return drawn


def counting_oracle(inner_dim, outer_dim, dtype):
    """Oracles that compute nothing and note who called them.

    Returns
    -------
    oracle : Oracle
        Each oracle returns zeros of the right shape.
    calls : list of (str, int or Position)
        Oracle name and minibatch of every call so far.
    """
    calls = []

    def counted(*names_and_dims):
        def call(arrays, inner_var, outer_var, *v_and_batch):
            calls.extend((name, v_and_batch[-1]) for name, _ in names_and_dims if name)
            values = tuple(on_trial(np.zeros(dim, dtype)) for _, dim in names_and_dims)
            return values if len(values) > 1 else values[0]

        return call

    grad, hvp, cross = ("inner_grad", inner_dim), ("hvp", inner_dim), ("cross", outer_dim)
    # The gradients in both variables, from one look at the minibatch, are one call.
    in_lambda = (None, outer_dim)
    grads, outer_grads = counted(grad, in_lambda), counted(("outer_grad", inner_dim), in_lambda)

    def project(arrays, outer_var):
        return outer_var

    def inner_value(arrays, inner_var, outer_var, batch):
        return on_trial(dtype.type(0))

    oracle = Oracle(
        inner_grad=counted(grad),
        inner_grads=grads,
        hvp=counted(hvp),
        cross=counted(cross),
        inner_grad_hvp_cross=counted(grad, hvp, cross),
        outer_grad=outer_grads,
        project=project,
        inner_lambda_grad=lambda_grad(grads),
        outer_lambda_grad=lambda_grad(outer_grads),
        inner_value=inner_value,
    )
    return oracle, calls


class MeasuredCalls:
    """The oracle calls of a stochastic solver's parts, by running its Python source.

    Parameters
    ----------
    solver : StochasticSolver
    inner_var, outer_var : array, (p,), (d,)
    block_sizes : pair of integer arrays
        Samples in each inner and outer block.

    Attributes
    ----------
    first : Counter
        One-sample calls of the first state, by oracle name.
    """

    def __init__(self, solver, inner_var, outer_var, block_sizes):
        self.solver, self.block_sizes = solver, block_sizes
        oracle, self._seen = counting_oracle(inner_var.size, outer_var.size, inner_var.dtype)
        framework = TrialFramework(self._seen)
        with self._refusals():
            make_first, self._step = solver.make_parts(framework, oracle)
            first_state = make_first(None, inner_var, outer_var)
        reason = refuse_source(solver, self._step)
        if reason:
            raise StepRefused(reason)
        self._state = on_trial(first_state, frozen=True)
        _, self.first = self._take_seen()
        self._steps, self._tried = {}, {}

    @contextmanager
    def _refusals(self):
        try:
            # What is computed from zeros says nothing.
            with np.errstate(all="ignore"):
                yield
        except Exception as error:
            raise refused_step(self.solver, error) from error

    def steps(self, values):
        """The calls of iterations that draw these values besides minibatches.

        Parameters
        ----------
        values : list
            One of each kind of iterations; of a single one if all ask the same of oracles.

        Returns
        -------
        calls : StepCalls
        """
        key = tuple(values) if self.solver.draw_changes_calls else None
        if key not in self._steps:
            calls = zip(*map(self._calls_with, values), strict=True)
            self._steps[key] = StepCalls(*map(np.stack, calls))
        return self._steps[key]

    def _calls_with(self, value):
        """The calls of an iteration that draws this value; each value is tried once."""
        key = value if self.solver.draw_changes_calls else None
        if key not in self._tried:
            self._tried[key] = self._step_calls(value)
        return self._tried[key]

    def _step_calls(self, value):
        n_drawn = self.solver.n_inner_batches, self.solver.n_outer_batches
        if not self.solver.draw_changes_calls:
            value = on_trial(value)
        with self._refusals():
            after = self._step(
                self._state,
                None,
                *map(positions, n_drawn),
                on_trial(tuple(column[0] for column in self.solver.step_sizes(np.ones(1)))),
                *(() if value is None else (value,)),
            )
        reason = refuse_state(self.solver, self._state, after)
        if reason:
            raise StepRefused(reason)
        drawn, fixed = self._take_seen()
        inner, outer = (np.zeros((len(ORACLE_NAMES), n), int) for n in n_drawn)
        for (name, position), n_calls in drawn.items():
            level = outer if name == "outer_grad" else inner
            level[ORACLE_NAMES.index(name), position] = n_calls
        largest = [sizes[0] for sizes in self.block_sizes]
        n_fixed = np.array([fixed[name] for name in ORACLE_NAMES])
        n_samples = inner.sum(axis=1) * largest[0] + outer.sum(axis=1) * largest[1] + n_fixed
        return n_samples, inner, outer

    def _take_seen(self):
        drawn, fixed = Counter(), Counter()
        for name, batch in self._seen:
            if isinstance(batch, Position):
                drawn[name, batch.position] += 1
            else:
                fixed[name] += int(sizes_of(name, self.block_sizes)[batch])
        self._seen.clear()
        return drawn, fixed


class StepCalls(NamedTuple):
    """The calls of one iteration of each kind, by oracle in the order of ``ORACLE_NAMES``."""

    n_samples: np.ndarray  # (n_kinds, 4), one-sample calls if no block is short
    inner: np.ndarray  # (n_kinds, 4, n_inner_batches), calls by their minibatch's place in the draw
    outer: np.ndarray  # (n_kinds, 4, n_outer_batches)


def sizes_of(name, block_sizes):
    """The sizes of the blocks that the oracle of this name reads."""
    inner_sizes, outer_sizes = block_sizes
    return outer_sizes if name == "outer_grad" else inner_sizes


class CallCounts:
    """One-sample oracle calls so far, for a solver that draws minibatches.

    Parameters
    ----------
    measured : MeasuredCalls
    """

    def __init__(self, measured):
        self.measured = measured
        self.counts = np.array([measured.first[name] for name in ORACLE_NAMES])

    def add(self, draws):
        """Count iterations with these draws, see ``StochasticSolver.draws``."""
        inner_batches, outer_batches, _, *more = draws
        values, kinds = self.measured.solver.kinds(*more or [None])
        steps = self.measured.steps(values)
        # This is done at each chunk: most have one kind of iterations, and no short block.
        if len(values) > 1:
            self.counts += np.bincount(kinds, minlength=len(values)) @ steps.n_samples
        else:
            self.counts += len(inner_batches) * steps.n_samples[0]
        levels = (inner_batches, steps.inner), (outer_batches, steps.outer)
        for (batches, calls), sizes in zip(levels, self.measured.block_sizes, strict=True):
            # Only the last block may be shorter.
            missing, is_last = sizes[0] - sizes[-1], batches == len(sizes) - 1
            if missing and np.count_nonzero(is_last):
                iterations, positions = np.nonzero(is_last)
                kind = kinds[iterations] if len(values) > 1 else 0
                self.counts -= missing * calls[kind, :, positions].sum(axis=0)

    def totals(self):
        """Calls so far, by oracle name."""
        return dict(zip(ORACLE_NAMES, self.counts.tolist(), strict=True))


class CountedProblem:
    """A copy of a problem whose full-batch oracles, in float64, count one-sample calls.

    A value is never asked for without its gradient, and counts as that. A dense Hessian counts as
    the products with it that would give its columns. A closed form, or the solver of another
    library, counts as one step of Newton's method.

    Parameters
    ----------
    problem : Problem
        Its ``max_calls`` limits the calls.
    clock : Clock, optional
        Limits the time.

    Raises
    ------
    OutOfBudget
        By the first call after the end of the budget.
    """

    def __new__(cls, problem, clock=None):
        # A subclass of the problem's own class, so that what its other methods ask for counts, too.
        return object.__new__(type(cls.__name__, (cls, type(problem)), {}))

    def __init__(self, problem, clock=None):
        vars(self).update(vars(problem))
        # The problem's own are read-only. Compiled code is of another type for those.
        self.inner_var0, self.outer_var0 = problem.inner_var0.copy(), problem.outer_var0.copy()
        self.clock, self.counts = clock, dict.fromkeys(ORACLE_NAMES, 0)
        self._is_counting = True

    def spend(self, name, n_calls):
        """Count calls of an oracle, unless the budget is spent."""
        spent = sum(self.counts.values()) >= self.max_calls
        if spent or (self.clock is not None and self.clock.has_run_out()):
            raise OutOfBudget
        self.counts[name] += n_calls

    @contextmanager
    def _one_call(self, name, n_calls):
        """Count an oracle, and nothing that it calls."""
        if not self._is_counting:
            yield
            return
        self.spend(name, n_calls)
        self._is_counting = False
        try:
            yield
        finally:
            self._is_counting = True

    def inner_value_grad(self, inner_var, outer_var):
        with self._one_call("inner_grad", self.n_inner_samples):
            return super().inner_value_grad(inner_var, outer_var)

    def hvp(self, inner_var, outer_var, v):
        with self._one_call("hvp", self.n_inner_samples):
            return super().hvp(inner_var, outer_var, v)

    def cross(self, inner_var, outer_var, v):
        with self._one_call("cross", self.n_inner_samples):
            return super().cross(inner_var, outer_var, v)

    def outer_value_grad(self, inner_var, outer_var):
        with self._one_call("outer_grad", self.n_outer_samples):
            return super().outer_value_grad(inner_var, outer_var)

    def inner_hessian(self, inner_var, outer_var):
        with self._one_call("hvp", self.n_inner_samples * self._n_columns(inner_var)):
            return super().inner_hessian(inner_var, outer_var)

    def hessian_on(self, inner_var, outer_var, places):
        with self._one_call("hvp", self.n_inner_samples * int(np.sum(places))):
            return super().hessian_on(inner_var, outer_var, places)

    def inner_hessian_diagonal(self, inner_var, outer_var):
        with self._one_call("hvp", self.n_inner_samples):
            return super().inner_hessian_diagonal(inner_var, outer_var)

    def inner_hessian_product(self, inner_var, outer_var):
        product = super().inner_hessian_product(inner_var, outer_var)

        def counted(v):
            with self._one_call("hvp", self.n_inner_samples):
                return product(v)

        return counted

    def solve_inner(self, outer_var, inner_start):
        before = sum(self.counts.values())
        inner_star, solve = super().solve_inner(outer_var, inner_start)
        if sum(self.counts.values()) == before:
            self.spend("inner_grad", self.n_inner_samples)
            self.spend("hvp", self.n_inner_samples * self._n_columns(inner_star))
        return inner_star, solve

    def _n_columns(self, inner_var):
        """The size of the Hessian: p, or that of the support if G is not smooth."""
        return self.inner_dim if self.smooth else np.count_nonzero(self.support(inner_var))

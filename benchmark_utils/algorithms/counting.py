"""Counting oracle calls, in units of one sample.

A Hessian-vector product on a minibatch of 64 samples counts 64, as the complexity results of the
field do. Stochastic solvers are counted by running one step of their Python source with oracles
that compute nothing, so that counts are measured and compiled code is not slowed down.
"""

from collections import Counter

import numpy as np

from benchmark_utils.frameworks import get_framework
from benchmark_utils.oracle import ORACLE_NAMES, Oracle


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
        def call(problem, inner_var, outer_var, *v_and_batch):
            calls.extend((name, v_and_batch[-1]) for name, _ in names_and_dims if name)
            values = tuple(np.zeros(dim, dtype) for _, dim in names_and_dims)
            return values if len(values) > 1 else values[0]

        return call

    grad, hvp, cross = ("inner_grad", inner_dim), ("hvp", inner_dim), ("cross", outer_dim)
    # The gradients in both variables, from one look at the minibatch, are one call.
    in_lambda = (None, outer_dim)

    def project(problem, outer_var):
        return outer_var

    oracle = Oracle(
        inner_grad=counted(grad),
        inner_grads=counted(grad, in_lambda),
        hvp=counted(hvp),
        cross=counted(cross),
        inner_grad_hvp_cross=counted(grad, hvp, cross),
        outer_grad=counted(("outer_grad", inner_dim), in_lambda),
        project=project,
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
        python = get_framework("python")
        oracle, self._seen = counting_oracle(inner_var.size, outer_var.size, inner_var.dtype)
        self._state = solver.make_init(python, oracle)(None, inner_var, outer_var)
        self._step = solver.make_step(python, oracle)
        _, self.first = self._take_seen()
        self._steps = {}

    def step(self, more):
        """The calls of one iteration.

        Parameters
        ----------
        more : object or None
            What the iteration draws beside minibatches.

        Returns
        -------
        drawn : Counter
            Minibatch calls on what the iteration draws, by (oracle name, position in the draw).
        fixed : Counter
            One-sample calls on other blocks, by oracle name.
        """
        kind = more if decides(more) else None
        if kind not in self._steps:
            self._step(
                self._state,
                None,
                positions(self.solver.n_inner_batches),
                positions(self.solver.n_outer_batches),
                self.solver.step_sizes(np.ones(1))[0],
                *(() if more is None else (more,)),
            )
            self._steps[kind] = self._take_seen()
        return self._steps[kind]

    def _take_seen(self):
        drawn, fixed = Counter(), Counter()
        for name, batch in self._seen:
            if isinstance(batch, Position):
                drawn[name, batch.position] += 1
            else:
                fixed[name] += int(sizes_of(name, self.block_sizes)[batch])
        self._seen.clear()
        return drawn, fixed


def decides(more):
    """Whether what is drawn beside minibatches decides which oracles are called."""
    return more is not None and np.asarray(more).dtype.kind in "bi"


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
        self.counts = dict.fromkeys(ORACLE_NAMES, 0) | measured.first

    def add(self, inner_batches, outer_batches, more=None):
        """Count iterations that read these blocks, (n_iterations, batches per iteration), and drew
        what else there is, an array of one row each."""
        if not decides(more):
            self._add_alike(inner_batches, outer_batches, None if more is None else more[0])
            return
        for value in np.unique(more):
            rows = more == value
            self._add_alike(inner_batches[rows], outer_batches[rows], value)

    def _add_alike(self, inner_batches, outer_batches, more):
        drawn, fixed = self.measured.step(more)
        for (name, position), n_calls in drawn.items():
            batches = outer_batches if name == "outer_grad" else inner_batches
            sizes = sizes_of(name, self.measured.block_sizes)
            self.counts[name] += n_calls * self._samples(batches[:, position], sizes)
        for name, n_samples in fixed.items():
            self.counts[name] += n_samples * len(inner_batches)

    @staticmethod
    def _samples(drawn, sizes):
        # Only the last block may be shorter.
        missing = int(sizes[0] - sizes[-1])
        short = np.count_nonzero(drawn == len(sizes) - 1) if missing else 0
        return drawn.size * int(sizes[0]) - missing * short

    def totals(self):
        """Calls so far, by oracle name."""
        return dict(self.counts)


class CountedProblem:
    """A problem's full-batch oracles in float64, which count one-sample calls.

    A value is never asked for without its gradient, and counts as that.

    Parameters
    ----------
    problem : Problem
    """

    def __init__(self, problem):
        self._problem = problem
        self.counts = dict.fromkeys(ORACLE_NAMES, 0)

    def __getattr__(self, name):
        return getattr(self._problem, name)

    def inner_value_grad(self, inner_var, outer_var):
        self.counts["inner_grad"] += self.n_inner_samples
        return self._problem.inner_value_grad(inner_var, outer_var)

    def hvp(self, inner_var, outer_var, v):
        self.counts["hvp"] += self.n_inner_samples
        return self._problem.hvp(inner_var, outer_var, v)

    def cross(self, inner_var, outer_var, v):
        self.counts["cross"] += self.n_inner_samples
        return self._problem.cross(inner_var, outer_var, v)

    def step(self, inner_var, outer_var, step_size):
        self.counts["inner_grad"] += self.n_inner_samples
        return self._problem.step(inner_var, outer_var, step_size)

    def step_vjp(self, inner_var, next_var, outer_var, step_size, u):
        self.counts["hvp"] += self.n_inner_samples
        self.counts["cross"] += self.n_inner_samples
        return self._problem.step_vjp(inner_var, next_var, outer_var, step_size, u)

    def outer_value_grad(self, inner_var, outer_var):
        self.counts["outer_grad"] += self.n_outer_samples
        return self._problem.outer_value_grad(inner_var, outer_var)

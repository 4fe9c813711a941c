"""Counting oracle calls, in units of one sample.

A Hessian-vector product on a minibatch of 64 samples counts 64, as the complexity results of the
field do. Stochastic solvers are counted by running one step of their Python source with oracles
that compute nothing, so that counts are measured and compiled code is not slowed down.
"""

from collections import Counter

import numpy as np

from benchmark_utils.frameworks import get_framework
from benchmark_utils.oracles import Oracle

ORACLE_NAMES = ("inner_grad", "hvp", "cross", "outer_grad")


class Position(int):
    """A minibatch index that remembers the place in the draw from which it came."""

    def __new__(cls, position):
        batch = super().__new__(cls, 0)
        batch.position = position
        return batch


def counting_oracle(inner_dim, outer_dim, dtype):
    """Oracles that compute nothing and note who called them.

    Returns
    -------
    oracle : Oracle
        Each oracle returns zeros of the right shape.
    calls : Counter
        Number of calls by ``(oracle name, batch)``, where ``batch`` is the minibatch's position in
        the draw if it is a :class:`Position`, and else its index.
    """
    calls = Counter()

    def counted(*names_and_dims):
        def call(problem, inner_var, outer_var, *v_and_batch):
            batch = v_and_batch[-1]
            for name, _ in names_and_dims:
                calls[name, getattr(batch, "position", batch)] += 1
            values = tuple(np.zeros(dim, dtype) for _, dim in names_and_dims)
            return values if len(values) > 1 else values[0]

        return call

    grad, hvp, cross = ("inner_grad", inner_dim), ("hvp", inner_dim), ("cross", outer_dim)

    def outer_grad(problem, inner_var, outer_var, batch):
        calls["outer_grad", getattr(batch, "position", batch)] += 1
        return np.zeros(inner_dim, dtype), np.zeros(outer_dim, dtype)

    def project(problem, outer_var):
        return outer_var

    oracle = Oracle(
        counted(grad),
        counted(hvp),
        counted(cross),
        counted(grad, hvp, cross),
        outer_grad,
        project,
    )
    return oracle, calls


def count_calls(solver, inner_var, outer_var, block_sizes):
    """Count the oracle calls of a stochastic solver by running its Python source once.

    Parameters
    ----------
    solver : StochasticSolver
    inner_var, outer_var : array, (p,), (d,)
    block_sizes : pair of integer arrays
        Samples in each inner and outer block.

    Returns
    -------
    first : dict of str to int
        One-sample calls of ``init``, by oracle name.
    step : Counter
        Minibatch calls of one step, by (oracle name, position in the draw).
    """
    python = get_framework("python")
    oracle, calls = counting_oracle(inner_var.size, outer_var.size, inner_var.dtype)
    state = solver.make_init(python, oracle)(None, inner_var, outer_var)
    first = dict.fromkeys(ORACLE_NAMES, 0)
    for (name, block), n_calls in calls.items():
        first[name] += n_calls * int(sizes_of(name, block_sizes)[block])
    calls.clear()
    solver.make_step(python, oracle)(
        state,
        None,
        [Position(position) for position in range(solver.n_inner_batches)],
        [Position(position) for position in range(solver.n_outer_batches)],
        solver.step_sizes(np.ones(1))[0],
    )
    return first, calls


def sizes_of(name, block_sizes):
    """The sizes of the blocks that the oracle of this name reads."""
    inner_sizes, outer_sizes = block_sizes
    return outer_sizes if name == "outer_grad" else inner_sizes


class CallCounts:
    """One-sample oracle calls so far, for a solver that draws minibatches.

    Parameters
    ----------
    calls_per_part : tuple
        What :func:`count_calls` returns.
    block_sizes : pair of integer arrays
        Samples in each inner and outer block; only the last one of each may be shorter.
    """

    def __init__(self, calls_per_part, block_sizes):
        first, self.step = calls_per_part
        self.block_sizes = block_sizes
        self.counts = dict(first)

    def add(self, inner_batches, outer_batches):
        """Count iterations that read these blocks, (n_iterations, batches per iteration)."""
        for (name, position), n_calls in self.step.items():
            batches = outer_batches if name == "outer_grad" else inner_batches
            self.counts[name] += n_calls * self._samples(
                batches[:, position], sizes_of(name, self.block_sizes)
            )

    @staticmethod
    def _samples(drawn, sizes):
        missing = int(sizes[0] - sizes[-1])
        short = np.count_nonzero(drawn == len(sizes) - 1) if missing else 0
        return drawn.size * int(sizes[0]) - missing * short

    def totals(self):
        """Calls so far, by oracle name."""
        return dict(self.counts)

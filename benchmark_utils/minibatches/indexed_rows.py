"""Minibatches of large dense samples, which are read in place and not copied.

Blocks would need as much memory as the samples. Instead, rows are read in random order, which takes
two to three times as long if they are not in a cache.
"""

from typing import NamedTuple

import numpy as np

from benchmark_utils.minibatches.blocks import block_sizes

# Samples of at least this many bytes are not copied.
LARGE = 2**27


class IndexedRows(NamedTuple):
    """All samples a_i = y_i x_i, and which of them are in which minibatch."""

    X: np.ndarray  # (n_samples, p)
    signs: np.ndarray  # (n_samples,), y
    order: np.ndarray  # (n_blocks, batch_size), negative where the last block ends


def make_indexed_rows(X, y, batch_size, rng):
    """The same minibatches as :func:`benchmark_utils.minibatches.blocks.make_blocks`.

    Returns
    -------
    blocks : IndexedRows
    scale : dtype
        n_blocks / n_samples; see :func:`benchmark_utils.minibatches.blocks.make_blocks`.
    """
    n_blocks = len(block_sizes(len(X), batch_size))
    order = np.full((n_blocks, batch_size), -1, np.int32)
    # In half of the memory, the same order as that of ``rng.permutation(len(X))``.
    order.ravel()[: len(X)] = rng.permutation(np.arange(len(X), dtype=np.int32))
    return IndexedRows(X, np.asarray(y, X.dtype), order), X.dtype.type(n_blocks / len(X))


def take_rows(xp, blocks, block):
    """One minibatch as a matrix that has its samples as columns, (p, batch_size)."""
    samples = blocks.order[block]
    signs = xp.where(samples < 0, 0, blocks.signs[samples])
    return (blocks.X[samples] * signs[:, None]).T

"""Sparse samples laid out for stochastic algorithms: shuffled once, in compressed sparse rows.

A block is a contiguous range of rows, and so of entries. The last block is padded with empty
samples.
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse import csc_array

from benchmark_utils.minibatches.blocks import block_sizes
from benchmark_utils.minibatches.indexed_rows import IndexedRows, take_rows


class CsrBlocks(NamedTuple):
    """All samples, in blocks of one minibatch each."""

    values: np.ndarray  # (n_entries + room,), the entries of all samples, one after the other
    columns: np.ndarray  # (n_entries + room,), the feature of each entry
    starts: np.ndarray  # (n_blocks, batch_size + 1), where each sample of a block starts, and ends
    # (p, room, 0): no data, but two sizes that JAX must know before it computes: the number of
    # features, and of entries in the largest block.
    shape: np.ndarray


def make_csr_blocks(rows, batch_size, dtype, rng):
    """Cut sparse samples into blocks of one minibatch each.

    Parameters
    ----------
    rows : csr_array, (n_samples, n_features)
    batch_size : int
    dtype : dtype
    rng : numpy.random.Generator
        Shuffles the samples, as :func:`benchmark_utils.minibatches.blocks.make_blocks` does.

    Returns
    -------
    blocks : CsrBlocks
    scale : dtype
        n_blocks / n_samples; see :func:`benchmark_utils.minibatches.blocks.make_blocks`.
    """
    n_samples, n_features = rows.shape
    n_blocks = len(block_sizes(n_samples, batch_size))
    shuffled = rows[rng.permutation(n_samples)]
    pointers = np.full(n_blocks * batch_size + 1, shuffled.nnz)
    pointers[: n_samples + 1] = shuffled.indptr
    windows = np.lib.stride_tricks.sliding_window_view(pointers, batch_size + 1)
    starts = np.ascontiguousarray(windows[::batch_size])
    room = int(np.max(starts[:, -1] - starts[:, 0]))
    blocks = CsrBlocks(
        np.concatenate([shuffled.data, np.zeros(room)], dtype=dtype, casting="same_kind"),
        np.concatenate([shuffled.indices, np.zeros(room)], dtype=np.int32, casting="unsafe"),
        starts,
        np.empty((n_features, room, 0), dtype),
    )
    return blocks, np.dtype(dtype).type(n_blocks / n_samples)


def take_block(xp, blocks, block):
    """One block as a matrix that has its samples as columns, (p, batch_size).

    Parameters
    ----------
    xp : module
        numpy or jax.numpy.
    blocks : CsrBlocks, IndexedRows, array, (n_blocks, p, batch_size), or list of matrices
    block : int
    """
    if isinstance(blocks, IndexedRows):
        return take_rows(xp, blocks, block)
    if not isinstance(blocks, CsrBlocks):
        return blocks[block]
    return _numpy_block(blocks, block) if xp is np else _jax_block(blocks, block)


def _numpy_block(blocks, block):
    starts = blocks.starts[block]
    entries = slice(starts[0], starts[-1])
    shape = blocks.shape.shape[0], len(starts) - 1
    return csc_array((blocks.values[entries], blocks.columns[entries], starts - starts[0]), shape)


def _jax_block(blocks, block):
    import jax
    import jax.numpy as jnp
    from jax.experimental.sparse import BCOO

    n_features, room, _ = blocks.shape.shape
    starts = blocks.starts[block]
    values, columns = (
        jax.lax.dynamic_slice_in_dim(array, starts[0], room)
        for array in (blocks.values, blocks.columns)
    )
    position = starts[0] + jnp.arange(room)
    n_samples = len(starts) - 1
    sample = jnp.repeat(jnp.arange(n_samples), jnp.diff(starts), total_repeat_length=room)
    # The entries after those of the block belong to the next one.
    values = jnp.where(position < starts[-1], values, 0)
    indices = jnp.stack([columns, sample], axis=1)
    return BCOO((values, indices), shape=(n_features, n_samples))

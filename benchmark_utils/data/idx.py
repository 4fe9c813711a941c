"""Read IDX, the format in which MNIST is published."""

import gzip

import numpy as np


def read_idx(path, n_dims):
    """Read an IDX file of bytes.

    Parameters
    ----------
    path : Path
        The file, or the same with ``.gz`` added.
    n_dims : int
        The number of dimensions that it must have.

    Returns
    -------
    array : array of uint8
        The header gives its shape: two zeros, the code 8 of unsigned bytes and the number of
        dimensions, then each dimension as a big-endian unsigned 32-bit integer.

    Raises
    ------
    FileNotFoundError
        If there is neither file.
    ValueError
        If it is not such a file, or not as long as its header says, or holds nothing.
    """
    if path.exists():
        content = path.read_bytes()
    else:
        content = gzip.decompress(path.with_name(f"{path.name}.gz").read_bytes())
    if content[:4] != bytes([0, 0, 8, n_dims]):
        raise ValueError(f"{path.name} is not an IDX file of bytes in {n_dims} dimensions")
    shape = np.frombuffer(content, ">u4", n_dims, offset=4)
    if 0 in shape:
        raise ValueError(f"{path.name} has the shape {tuple(shape.tolist())}, that is, nothing")
    return np.frombuffer(content, np.uint8, offset=4 + 4 * n_dims).reshape(shape)

"""Read IDX, the format in which MNIST is published."""

import gzip

import numpy as np


def read_idx(path):
    """Read an IDX file of bytes.

    Parameters
    ----------
    path : Path
        The file, or the same with ``.gz`` added.

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
        If it is not such a file, or shorter than its header says.
    """
    if path.exists():
        content = path.read_bytes()
    else:
        content = gzip.decompress(path.with_name(f"{path.name}.gz").read_bytes())
    if content[:3] != b"\0\0\x08":
        raise ValueError(f"{path.name} is not an IDX file of bytes")
    n_dims = content[3]
    shape = np.frombuffer(content, ">u4", n_dims, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * n_dims).reshape(shape)

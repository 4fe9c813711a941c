"""What people write and numba does not know: NumPy's functions of lists, and ``abs`` of arrays."""

import numpy as np
from numba import types
from numba.extending import overload


def _is_list_of_arrays(kind):
    return isinstance(kind, types.List) and isinstance(kind.dtype, types.Array)


@overload(np.concatenate)
def _concatenate(arrays):
    if not _is_list_of_arrays(arrays):
        return None

    def concatenate(arrays):
        length = 0
        for array in arrays:
            length += array.shape[0]
        out, start = np.empty((length, *arrays[0].shape[1:]), arrays[0].dtype), 0
        for array in arrays:
            out[start : start + array.shape[0]] = array
            start += array.shape[0]
        return out

    return concatenate


@overload(np.stack)
def _stack(arrays):
    if not _is_list_of_arrays(arrays):
        return None

    def stack(arrays):
        out = np.empty((len(arrays), *arrays[0].shape), arrays[0].dtype)
        for i in range(len(arrays)):
            out[i] = arrays[i]
        return out

    return stack


@overload(abs)
def _abs(x):
    return (lambda x: np.abs(x)) if isinstance(x, types.Array) else None

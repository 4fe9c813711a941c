"""NumPy's promotion of Python numbers: the product of 0.5 and a float32 array is a float32 array.

Numba takes a Python number for a float64 or an int64, and gives such a product float64 entries: a
step in single precision would run in double, twice as slowly, and differ from the other frameworks.
Compiled code cannot tell a Python number from a NumPy scalar; here both are promoted as the former,
see NumPy's NEP 50.
"""

import numpy as np
from numba import types
from numba.core.typing.npydecl import Numpy_rules_ufunc
from numba.extending import overload

_handle_inputs = Numpy_rules_ufunc._handle_inputs.__func__


def _handle_inputs_as_numpy(cls, ufunc, args, kws):
    base_types, *others = _handle_inputs(cls, ufunc, args, kws)
    dtypes = {arg.dtype for arg in args if isinstance(arg, types.ArrayCompatible)}
    if types.float32 in dtypes and types.float64 not in dtypes:
        base_types = [
            types.float32 if _is_number(arg) else base
            for arg, base in zip(args, base_types, strict=True)
        ]
    return base_types, *others


Numpy_rules_ufunc._handle_inputs = classmethod(_handle_inputs_as_numpy)


def _is_number(kind):
    return kind in types.real_domain | types.integer_domain


# For its target numba asks this before its own ``where``, which is for all targets.
@overload(np.where, target="CPU")
def _where(condition, x, y):
    dtypes = {kind.dtype for kind in (x, y) if isinstance(kind, types.Array)}
    if _is_number(x) and _is_number(y) and not isinstance(condition, types.Array):
        return lambda condition, x, y: x if condition else y
    if dtypes == {types.float32} and _is_number(y) and y != types.float32:
        return lambda condition, x, y: np.where(condition, x, np.float32(y))
    if dtypes == {types.float32} and _is_number(x) and x != types.float32:
        return lambda condition, x, y: np.where(condition, np.float32(x), y)
    return None

"""NumPy's promotion of Python numbers: the product of 0.5 and a float32 array is a float32 array.

Numba takes a Python number for a float64 or an int64, and gives such a product float64 entries: a
step in single precision would run in double, twice as slowly, and differ from the other frameworks.
Compiled code cannot tell a Python number from a NumPy scalar; here both are promoted as the former,
see NumPy's NEP 50.
"""

from numba import types
from numba.core.typing.npydecl import Numpy_rules_ufunc

_handle_inputs = Numpy_rules_ufunc._handle_inputs.__func__


def _handle_inputs_as_numpy(cls, ufunc, args, kws):
    base_types, *others = _handle_inputs(cls, ufunc, args, kws)
    dtypes = {arg.dtype for arg in args if isinstance(arg, types.ArrayCompatible)}
    if types.float32 in dtypes and types.float64 not in dtypes:
        base_types = [
            types.float32 if arg in types.real_domain | types.integer_domain else base
            for arg, base in zip(args, base_types, strict=True)
        ]
    return base_types, *others


Numpy_rules_ufunc._handle_inputs = classmethod(_handle_inputs_as_numpy)

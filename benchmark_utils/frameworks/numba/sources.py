"""What a compiled function is made from: code, and the values of constants."""

import hashlib
import types
from functools import cache
from pathlib import Path

import numpy as np
from numba.core.dispatcher import Dispatcher
from numba.core.types import Type
from numba.extending import _Intrinsic

HERE = Path(__file__).parent
CONSTANTS = (int, float, complex, str, bytes, type(None), type(...), np.generic, np.dtype, Type)


class NoLastingName(Exception):
    """A function depends on a value that the next process could not know again."""


def digest_of(function):
    """A hash of all that a function is compiled from.

    Parameters
    ----------
    function : function or numba dispatcher

    Returns
    -------
    digest : str or None
        Of its code and that of the functions that it calls, in whichever module, of the constants
        that they read, and of the files of this folder, whose functions numba also finds by other
        ways. None if it depends on what has no lasting name.
    """
    digest = hashlib.sha256(_this_folder())
    try:
        for part in _parts(function, set()):
            digest.update(repr(part).encode())
    except NoLastingName:
        return None
    return digest.hexdigest()


@cache
def _this_folder():
    return b"\0".join(path.read_bytes() for path in sorted(HERE.glob("*.py")))


def _parts(value, seen):
    """Yield what tells a value from others, each part with the same ``repr`` in any process."""
    if isinstance(value, (types.FunctionType, Dispatcher, _Intrinsic)):
        if id(value) not in seen:
            seen.add(id(value))
            yield from _parts_of_function(value, seen)
    elif isinstance(value, np.ndarray):
        yield value.dtype.str, value.shape, value.tobytes()
    elif isinstance(value, (tuple, list)):
        yield type(value).__qualname__, len(value), getattr(value, "_fields", ())
        for member in value:
            yield from _parts(member, seen)
    elif isinstance(value, (set, frozenset)):
        yield sorted(map(repr, value))
    elif isinstance(value, type):
        yield value.__qualname__, getattr(value, "_fields", ())
    elif isinstance(value, types.CodeType):
        yield value.co_code, value.co_names, value.co_varnames, value.co_freevars
        yield from _parts(value.co_consts, seen)
    elif isinstance(value, CONSTANTS):
        yield value
    elif callable(value) or isinstance(value, types.ModuleType):
        # Of a library: numba knows it by its name.
        yield getattr(value, "__name__", str(type(value)))
    else:
        raise NoLastingName


def _parts_of_function(value, seen):
    if isinstance(value, Dispatcher):
        yield from _parts(sorted(value.targetoptions.items()), seen)
    function = getattr(value, "py_func", getattr(value, "_defn", value))
    yield from _parts(function.__code__, seen)
    yield from _parts((function.__defaults__, *(function.__kwdefaults__ or {}).items()), seen)
    for cell in function.__closure__ or ():
        yield from _parts(cell.cell_contents, seen)
    for name, found in globals_of(function):
        yield name
        yield from _parts(found, seen)


def globals_of(function):
    """The globals that a function reads, and the members of its own modules among them.

    Yields
    ------
    name : str
        As ``helpers.scale`` for a member of a module.
    value : object
    """
    names = sorted(set(names_in(function.__code__)))
    for name in names:
        if name in function.__globals__:
            value = function.__globals__[name]
            yield name, value
            if isinstance(value, types.ModuleType) and not is_of_a_library(value):
                for member in names:
                    if member in vars(value):
                        yield f"{name}.{member}", vars(value)[member]


def is_of_a_library(module):
    """Whether a module comes with Python or is installed."""
    path = getattr(module, "__file__", None)
    return (
        path is None or "site-packages" in path or path.startswith(str(Path(types.__file__).parent))
    )


def names_in(code):
    """All names of globals and attributes in a function's code, and in that of functions in it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from names_in(constant)

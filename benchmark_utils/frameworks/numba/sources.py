"""What a compiled function is made from: code, and the values of constants."""

import dis
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
        ways. None if it depends on what has no lasting name, or on a function that calls itself:
        its machine code, read from disk, ends the process with a segmentation fault.
    """
    if calls_itself(function, (), set()):
        return None
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
        yield value.co_flags, value.co_argcount, value.co_kwonlyargcount
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
    for path, found in read_by(function):
        yield path
        yield from _parts(found, seen)


def calls_itself(function, callers, seen):
    """Whether a compiled function calls itself, or one that it calls does, by a variable's name."""
    if function in callers:
        return True
    if function in seen:
        return False
    seen.add(function)
    for path, value in read_by(function.py_func):
        # A member of a module may have the name of another attribute, and close no circle.
        callers_of_value = (*callers, function) if len(path) == 1 else ()
        if isinstance(value, Dispatcher) and calls_itself(value, callers_of_value, seen):
            return True
    return False


def read_by(function):
    """What a function reads from outside: globals, variables of the functions around it, and the
    members of the user's modules among these.

    Yields
    ------
    path : tuple of str
        As ``("helpers", "scale")`` for a member of a module.
    value : object
    """
    names, attributes = names_in(function.__code__)
    found = {name: value for name, value in function.__globals__.items() if name in names}
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    found |= {name: cell.cell_contents for name, cell in cells}
    yield from _with_members((), found, attributes, set())


def _with_members(path, found, attributes, seen):
    for name, value in sorted(found.items()):
        yield (*path, name), value
        if is_own_module(value) and value not in seen:
            members = {name: vars(value)[name] for name in attributes if name in vars(value)}
            yield from _with_members((*path, name), members, attributes, seen | {value})


def is_own_module(value):
    """Whether a value is a module that neither comes with Python nor is installed."""
    if not isinstance(value, types.ModuleType):
        return False
    path = getattr(value, "__file__", None)
    return (
        path is not None
        and "site-packages" not in path
        and not path.startswith(str(Path(types.__file__).parent))
    )


def names_in(code):
    """The names of globals in a function's code, and those of attributes; in functions in it too.

    Returns
    -------
    names, attributes : set of str
    """
    names, attributes = set(), set()
    for instruction in dis.get_instructions(code):
        if instruction.opname == "LOAD_GLOBAL":
            names.add(instruction.argval)
        elif instruction.opname in ("LOAD_ATTR", "LOAD_METHOD"):
            attributes.add(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            inner_names, inner_attributes = names_in(constant)
            names |= inner_names
            attributes |= inner_attributes
    return names, attributes

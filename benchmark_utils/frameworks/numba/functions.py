"""Functions as people write them, compiled together with the functions that they call."""

import dis
import inspect
import types
from weakref import WeakKeyDictionary

from numba import njit
from numba.core.errors import NumbaError
from numba.core.registry import cpu_target

from benchmark_utils.frameworks.numba.sources import read_by

# Called from Python.
ENTRY = {"error_model": "numpy"}
# Called from compiled code, to which numba need not add what Python would call. Loops are called:
# to make them part of each caller took a third more time to compile, and saved nothing with
# minibatches of 64.
LOOP = {**ENTRY, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
STEP = {**LOOP, "forceinline": True}

_COMPILED = WeakKeyDictionary()


def compiled(function):
    """Compile a Python function for compiled code to call.

    Numba takes a function only where all that it calls is compiled already. Here the Python
    functions in its closure, among its globals, and in modules among these, are compiled too. A
    function without loops and branches becomes part of its caller, where numba makes one loop of
    the arithmetic of both.

    Parameters
    ----------
    function : function, or numba dispatcher
        The latter is returned as it is.

    Returns
    -------
    dispatcher : numba dispatcher
    """
    if not is_plain(function):
        return function
    if function not in _COMPILED:
        copy = _copy(function)
        _COMPILED[function] = njit(**STEP, inline=_inline(function.__code__))(copy)
        # Only now, as a function may call itself.
        _compile_parts(function, copy)
    return _COMPILED[function]


def is_plain(value):
    """Whether a value is a Python function that numba does not know."""
    if not isinstance(value, types.FunctionType):
        return False
    try:
        cpu_target.typing_context.resolve_value_type(value)
    except (NumbaError, ValueError):
        return True
    return False


def _inline(code):
    """Whether a function becomes part of its callers, as numba's option."""
    jumps = any(map(_is_jump, dis.get_instructions(code)))
    starred = code.co_flags & inspect.CO_VARARGS
    return "never" if jumps or starred else _not_starred


def _not_starred(call, caller, callee):
    """Numba asks this of each call, of which it inlines none as ``f(*args)``."""
    return call.vararg is None


def _is_jump(instruction):
    return instruction.opcode in dis.hasjrel or instruction.opcode in dis.hasjabs


def _copy(function):
    """A copy of a function that may read other globals and variables around it."""
    # What numba keeps on disk of a function is found again by the name of an importable module.
    copied = dict(function.__globals__) | {"__name__": __name__}
    cells = tuple(types.CellType(cell.cell_contents) for cell in function.__closure__ or ())
    copy = types.FunctionType(
        function.__code__, copied, function.__name__, function.__defaults__, cells
    )
    copy.__kwdefaults__, copy.__qualname__ = function.__kwdefaults__, function.__qualname__
    return copy


def _compile_parts(function, copy):
    """Let the copy of a function read what numba knows."""
    cells = dict(zip(copy.__code__.co_freevars, copy.__closure__ or (), strict=True))
    for (name, *members), value in read_by(function):
        part = _known(value)
        if part is value:
            continue
        if name in cells:
            cells[name].cell_contents = _replaced(cells[name].cell_contents, members, part)
        else:
            copy.__globals__[name] = _replaced(copy.__globals__[name], members, part)


def _known(value):
    """A value as numba knows it: functions compiled, also those that are members of a named tuple,
    and tuples for lists, which nobody changes."""
    if isinstance(value, list):
        return tuple(map(_known, value))
    if is_named_tuple(value) and any(map(is_plain, value)):
        return type(value)(*map(_known, value))
    return compiled(value)


def is_named_tuple(value):
    """Whether a value is a named tuple, and no class of these."""
    return isinstance(value, tuple) and hasattr(value, "_fields")


def _replaced(value, members, part):
    """A part in the place of a value, or of the member of a module at this path."""
    if not members:
        return part
    name, *others = members
    copy = types.ModuleType(value.__name__)
    vars(copy).update(vars(value))
    setattr(copy, name, _replaced(getattr(value, name), others, part))
    return copy

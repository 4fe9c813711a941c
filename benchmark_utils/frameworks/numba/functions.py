"""Functions as people write them, compiled together with the functions that they call."""

import dis
import types
from weakref import WeakKeyDictionary

from numba import njit
from numba.core.errors import NumbaError
from numba.core.registry import cpu_target

from benchmark_utils.frameworks.numba.sources import globals_of

# Called from Python.
ENTRY = {"error_model": "numpy"}
# Called from compiled code, to which numba need not add what Python would call.
STEP = {**ENTRY, "forceinline": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}

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
        jumps = any(map(_is_jump, dis.get_instructions(function.__code__)))
        options = STEP if jumps else {**STEP, "inline": "always"}
        _COMPILED[function] = njit(**options)(_with_compiled_parts(function))
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


def _is_jump(instruction):
    return instruction.opcode in dis.hasjrel or instruction.opcode in dis.hasjabs


def _with_compiled_parts(function):
    """A copy of a function that calls compiled functions."""
    # What numba keeps on disk of a function is found again by the name of an importable module.
    copied = dict(function.__globals__) | {"__name__": __name__}
    for name, value in globals_of(function):
        if is_plain(value):
            *module, name = name.split(".")
            if module:
                copied[module[0]] = _module_with(copied[module[0]], name, compiled(value))
            else:
                copied[name] = compiled(value)
    cells = tuple(
        types.CellType(compiled(cell.cell_contents)) for cell in function.__closure__ or ()
    )
    copy = types.FunctionType(
        function.__code__, copied, function.__name__, function.__defaults__, cells
    )
    copy.__kwdefaults__, copy.__qualname__ = function.__kwdefaults__, function.__qualname__
    return copy


def _module_with(module, name, value):
    copy = types.ModuleType(module.__name__)
    vars(copy).update(vars(module) | {name: value})
    return copy

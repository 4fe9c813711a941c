"""Why a stochastic solver's step cannot be compiled, in a sentence with the line of its source."""

import dis
import linecache
import sys
import traceback
import types
from pathlib import Path

import numpy as np
from benchopt import BaseSolver

from benchmark_utils.algorithms.trial import Refused
from benchmark_utils.oracle import Oracle

SUITE = Path(__file__).parents[1]
READS = ("LOAD_GLOBAL", "LOAD_DEREF", "LOAD_NAME", "LOAD_CLOSURE")


class StepRefused(Exception):
    """A sentence that says what is wrong with a step, where, and what to do."""


def refused_step(solver, error):
    """The sentence for an error that a trial of a solver's step has raised.

    Parameters
    ----------
    solver : StochasticSolver
    error : Exception

    Returns
    -------
    refused : StepRefused
    """
    return StepRefused(f"{solver.name}: {_reason(solver, error)} ({_place(error)}).")


def _reason(solver, error):
    if isinstance(error, Refused):
        return str(error)
    if isinstance(error, AttributeError) and isinstance(error.obj, Oracle):
        return f"there is no oracle {error.name}; give one of {', '.join(Oracle._fields)}"
    if isinstance(error, IndexError) and "out of bounds" in str(error):
        return (
            f"an index is too large: {error}. An iteration draws n_inner_batches = "
            f"{solver.n_inner_batches} and n_outer_batches = {solver.n_outer_batches} "
            "minibatches; give as many as the step uses"
        )
    if isinstance(error, ValueError) and "read-only" in str(error):
        return "it writes into an array; make a new one, as with np.where"
    return f"its source fails with {type(error).__name__}: {error}"


def _place(error):
    """File, line and source of the last line that is the solver's own, or a helper's of its own."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if is_own(frame.filename)] or frames
    return describe(own[-1].filename, own[-1].lineno)


def is_own(filename):
    """Whether a file is a user's, or a solver's, and not a library's or the suite's."""
    installed = "site-packages" in filename or filename.startswith(sys.base_prefix)
    return not installed and SUITE not in Path(filename).parents


def describe(filename, line):
    """A place in a source file, with its code."""
    code = linecache.getline(filename, line).strip()
    return f"{Path(filename).name}, line {line}: {code}"


def refuse_source(solver, step):
    """Say why a step's source cannot be compiled, without running it; None if it can."""
    for function in _functions(step, set()):
        for names, value, line in references(function):
            reason = _reason_for(names, value, solver)
            if reason:
                place = describe(function.__code__.co_filename, line)
                return f"{solver.name}: {reason} ({place})."
    return None


def _reason_for(names, value, solver):
    if isinstance(value, BaseSolver):
        return (
            f"the step reads {'.'.join(names)}, and compiled code has no {names[0]}; read "
            "parameters in make_step, before the step, as in n_steps = self.n_steps"
        )
    if "random" in names and not isinstance(value, np.ndarray):
        return (
            "the step draws random numbers, and each framework would draw others; draw them in "
            "draw(rng, t), which the step gets as its last argument"
        )
    if value is print and solver.framework != "python":
        return "the step prints, which compiled code cannot; give framework=python to look inside"
    return None


def _functions(function, seen):
    """A function, and the functions of the same author that it calls."""
    if function in seen:
        return
    seen.add(function)
    yield function
    for _, value, _ in references(function):
        if isinstance(value, types.FunctionType) and is_own(value.__code__.co_filename):
            yield from _functions(value, seen)


def references(function):
    """What a function reads from outside.

    Yields
    ------
    names : list of str
        As ``["np", "random", "normal"]``.
    value : object
        The last of them that could be found without running the function.
    line : int
    """
    outside = dict(function.__globals__)
    outside |= {"print": outside.get("print", print)}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        outside[name] = cell.cell_contents
    for code in _codes(function.__code__):
        names, value, line = [], None, None
        for instruction in dis.get_instructions(code):
            if instruction.opname in ("LOAD_ATTR", "LOAD_METHOD") and names:
                names.append(instruction.argval)
                if isinstance(value, types.ModuleType):
                    value = getattr(value, names[-1], None)
                continue
            if names:
                yield names, value, line
                names = []
            if instruction.opname in READS and instruction.argval in outside:
                names, value = [instruction.argval], outside[instruction.argval]
                line = instruction.positions.lineno
        if names:
            yield names, value, line


def _codes(code):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def refuse_state(solver, before, after):
    """Say in which field a state changes its shape or type in one step; None if in none."""
    if type(before) is not type(after) or not hasattr(before, "_fields"):
        return (
            f"{solver.name}: the step returns {type(after).__name__} where init returns "
            f"{type(before).__name__}; let both return the same NamedTuple."
        )
    for field in before._fields:
        old, new = (describe_value(getattr(state, field)) for state in (before, after))
        if old != new:
            return (
                f"{solver.name}: the state's field {field} is {old} before a step and {new} after "
                "it; let a step keep shapes and types."
            )
    return None


def describe_value(value):
    """The type of a state's value, in words that are the same if it can stay in a compiled loop."""
    if isinstance(value, (tuple, list)):
        return f"({', '.join(map(describe_value, value))})"
    if value is None:
        return "None"
    array = np.asarray(value)
    if array.ndim == 0:
        kinds = {"b": "a bool", "i": "an integer", "u": "an integer", "f": "a float"}
        return kinds.get(array.dtype.kind, str(array.dtype))
    return f"an array {array.shape} of {array.dtype}"

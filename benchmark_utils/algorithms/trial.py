"""A trial of an algorithm's Python source, before it is compiled.

Arrays here know that a compiled step cannot decide anything by their values, nor write into them:
they refuse both, where NumPy would go on and compiled code would crash or compute something else.
"""

from functools import partial

import numpy as np

from benchmark_utils.frameworks import python
from benchmark_utils.frameworks.loops import make_linear_sgd, make_penalised_sgd, make_sgd


class Refused(Exception):
    """What a step does that cannot work, and what to do instead; without where it does so."""


class TrialArray(np.ndarray):
    """An array of which only shape and dtype are known when a step is compiled.

    Attributes
    ----------
    weak : bool
        Whether it stands for a Python number, which takes the precision of what it is combined
        with.
    is_entry : bool
        Whether it is one entry of an array, of which PyTorch makes a view.
    """

    weak = is_entry = False

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        if out is not None:
            kwargs["out"] = tuple(map(_without_trial, out))
        result = getattr(ufunc, method)(*map(_without_trial, inputs), **kwargs)
        return on_trial(result, weak=all(map(_is_weak, inputs)))

    def __array_function__(self, function, types, args, kwargs):
        return on_trial(function(*_without_trial(args), **_without_trial(kwargs)))

    def __getitem__(self, index):
        part = on_trial(np.asarray(self)[_without_trial(index)])
        part.is_entry = part.ndim == 0
        return part

    def __setitem__(self, index, value):
        raise Refused("it writes into an array; make a new one, as with np.where")

    def __bool__(self):
        raise Refused(
            "it decides by a value that only a run knows; use framework.cond, or where, minimum "
            "and maximum of framework.np"
        )

    def _as_number(self, *args):
        raise Refused(
            "it needs a Python number of a value that only a run knows; use the functions of "
            "framework.np, as xp.sqrt for math.sqrt, and framework.fori_loop for range"
        )

    def __repr__(self):
        return f"<array {self.shape} of {self.dtype}>"

    def __format__(self, specification):
        return repr(self)

    __str__ = __repr__
    __int__ = __float__ = __index__ = __complex__ = tolist = item = _as_number


def _in_place(name):
    def operate(self, other):
        if self.ndim or self.is_entry:
            raise Refused(f"it changes an array in place; write x = x {name} y")
        return OPERATORS[name](self, other)

    return operate


OPERATORS = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "**": np.power}
for _method, _name in dict(add="+", sub="-", mul="*", truediv="/", pow="**").items():
    setattr(TrialArray, f"__i{_method}__", _in_place(_name))


def on_trial(value, weak=False, frozen=False):
    """A value, or a tuple of values, as a step has it while it is compiled.

    Parameters
    ----------
    value : object
    weak : bool
        Whether it stands for Python numbers.
    frozen : bool
        Whether NumPy's ``out`` may not write into it either, as it is not the step's own.
    """
    if isinstance(value, (tuple, list)):
        members = [on_trial(member, weak, frozen) for member in value]
        return type(value)(*members) if hasattr(value, "_fields") else type(value)(members)
    if value is None or value is NotImplemented or isinstance(value, (str, np.dtype)):
        return value
    is_number = isinstance(value, (bool, int, float, complex)) and not isinstance(value, np.generic)
    array = np.array(value).view(TrialArray) if is_number else np.asarray(value).view(TrialArray)
    if array.dtype == object:
        return value
    array.weak = weak or is_number
    if frozen:
        array.flags.writeable = False
    return array


def _without_trial(value):
    if isinstance(value, (tuple, list)):
        return type(value)(map(_without_trial, value))
    if isinstance(value, dict):
        return {key: _without_trial(member) for key, member in value.items()}
    if isinstance(value, TrialArray):
        array = np.asarray(value)
        return array[()].item() if value.weak else array
    return value


def _is_weak(value):
    return value.weak if isinstance(value, TrialArray) else isinstance(value, (bool, int, float))


class TrialFramework:
    """The python framework, where branches on values are taken both, and nothing is written.

    Parameters
    ----------
    calls : list
        Of oracles, so far; the counting oracle appends to it.
    """

    np = np
    fold, fori_loop, jit = map(staticmethod, (python.fold, python.fori_loop, python.jit))
    sgd = staticmethod(partial(make_sgd, python.fori_loop))
    linear_sgd = staticmethod(partial(make_linear_sgd, python.fori_loop))
    penalised_sgd = staticmethod(partial(make_penalised_sgd, python.fori_loop))

    def __init__(self, calls):
        self.calls = calls

    def cond(self, first, second):
        def choose(condition, argument):
            if not isinstance(condition, TrialArray):
                return first(argument) if condition else second(argument)
            before = len(self.calls)
            result, after = first(argument), len(self.calls)
            second(argument)
            if self.calls[before:after] != self.calls[after:]:
                raise Refused(
                    "the number of oracle calls depends on a value that only a run knows; let both "
                    "branches of framework.cond ask the same oracles, or decide by what draw() "
                    "returns, with draw_changes_calls = True"
                )
            del self.calls[after:]
            return result

        return choose

    @staticmethod
    def saga_update(table, mean, index, parts):
        return mean + (np.concatenate(parts) - table[index]), table, mean

    @staticmethod
    def update_mean(mean, change, n_values):
        return mean + change / n_values

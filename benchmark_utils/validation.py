"""Check values, and say in one sentence what was given and what is allowed."""

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np


class Allowed(NamedTuple):
    """The values that a parameter may take."""

    test: Callable[[Any], bool]
    description: str  # completes the sentence "give ..."


def number(low, high=np.inf, *, description):
    """A finite real number in (low, high]; ``description`` says so in words."""
    return Allowed(
        lambda value: (
            isinstance(value, Real)
            and not isinstance(value, bool)
            and low < value <= high
            and np.isfinite(value)
        ),
        description,
    )


def integer(low, high=np.inf):
    """An integer from low to high."""
    upper = "" if high == np.inf else f" and at most {high}"
    return Allowed(
        lambda value: (
            isinstance(value, Integral) and not isinstance(value, bool) and low <= value <= high
        ),
        f"an integer of at least {low}{upper}",
    )


def one_of(*values):
    """One of a few values."""
    names = ", ".join(map(str, values))
    return Allowed(
        lambda value: any(value == allowed and type(value) is type(allowed) for allowed in values),
        f"one of {names}",
    )


def any_of(*options):
    """Any value that one of the options allows."""
    return Allowed(
        lambda value: any(option.test(value) for option in options),
        " or ".join(option.description for option in options),
    )


positive = number(0, description="a number greater than 0")
non_negative = number(-1e-300, description="a number of at least 0")
fraction = number(0, 1, description="a number greater than 0 and at most 1")


def finite(*arrays):
    """Whether all entries of all arrays are finite."""
    return all(np.isfinite(array).all() for array in arrays)


def as_real(array):
    """An array, sparse or not, of float32 or float64 as it is, of other numbers as float64.

    Sums and squares of small integers overflow without a word.
    """
    kept = array.dtype.kind == "f" and array.dtype.itemsize in (4, 8)
    # Compiled code reads numbers in the machine's own byte order only.
    return array.astype(array.dtype.newbyteorder("=") if kept else float, copy=False)


def refusal(owner, allowed):
    """Say which parameter of an object is out of range.

    Parameters
    ----------
    owner : object
        Has a name and the parameters as attributes.
    allowed : dict of str to Allowed

    Returns
    -------
    sentence : str or None
        None if every parameter is in range.
    """
    for name, (test, description) in allowed.items():
        value = getattr(owner, name)
        if not test(value):
            return f"{owner.name}: {name}={value!r} is not allowed; give {description}."
    return None

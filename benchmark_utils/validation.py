"""Check values, and say in one sentence what was given and what is allowed."""

import sys
from collections.abc import Callable
from numbers import Integral, Real
from typing import Any, NamedTuple

import numpy as np
import psutil

LARGEST_FLOAT = sys.float_info.max


class Allowed(NamedTuple):
    """The values that a parameter may take."""

    test: Callable[[Any], bool]
    description: str  # completes the sentence "give ..."
    # What a value means that is written in another way, or the value itself.
    meant: Callable[[Any], Any] = lambda value: value
    choices: tuple | None = None  # all allowed values, where they are few


def all_values(allowed):
    """The values for which benchopt's ``parameter=all`` stands, or "all" where that is a value."""
    if allowed is None:
        return None
    return "all" if allowed.test("all") else allowed.choices


def as_python(value):
    """NumPy's numbers and arrays as Python's, which compare as a whole; other values stay."""
    return value.tolist() if isinstance(value, np.generic | np.ndarray) else value


def as_number(value):
    """The number that a text is; to YAML 1e-1 and 1e6 are texts. Other values stay."""
    value = as_python(value)
    for read in (int, float) if isinstance(value, str) else ():
        try:
            return read(value)
        except ValueError:
            continue
    return value


def as_integer(value):
    """The integer that a value is, such as 1e6. Other values stay."""
    value = as_number(value)
    return int(value) if isinstance(value, float) and value.is_integer() else value


def as_measure(value):
    """The number that a value is, where NumPy can compute with it; other values stay."""
    value = as_number(value)
    long = isinstance(value, int) and 2**63 <= abs(value) <= LARGEST_FLOAT
    return float(value) if long else value


def number(low, high=np.inf, *, description):
    """A finite real number in (low, high]; ``description`` says so in words."""
    return Allowed(
        lambda value: (
            isinstance(value, Real)
            and not isinstance(value, bool)
            and low < value <= high
            # Integers may be too large for a float.
            and abs(value) <= LARGEST_FLOAT
        ),
        description,
        as_measure,
    )


# Nobody counts to more in a run. Where memory allows less, see :func:`too_large`.
LARGEST_COUNT = 10**9


def integer(low, high=LARGEST_COUNT):
    """An integer from low to high, by default to what a run can count to."""
    return Allowed(
        lambda value: (
            isinstance(value, Integral) and not isinstance(value, bool) and low <= value <= high
        ),
        f"an integer of at least {low} and at most {high:,}",
        as_integer,
    )


def bare(value):
    """The text of a value, without spaces and capitals."""
    return str(value).replace(" ", "").lower()


def one_of(*values):
    """One of a few values, or the text of one, as true is to YAML.

    Spaces and capitals do not matter: benchopt drops spaces without quotes.
    """
    names = ", ".join(map(str, values))
    by_text = {bare(value): value for value in values}

    def meant(value):
        return by_text.get(bare(value), value) if isinstance(value, str) else value

    return Allowed(
        lambda value: any(value == allowed and type(value) is type(allowed) for allowed in values),
        f"one of {names}" if len(values) > 1 else names,
        meant,
        values,
    )


def any_of(*options):
    """Any value that one of the options allows."""

    def meant(value):
        return next((m for o in options if o.test(m := o.meant(value))), value)

    return Allowed(
        lambda value: any(option.test(value) for option in options),
        " or ".join(option.description for option in options),
        meant,
    )


def as_meant(parameters, allowed):
    """Parameters, with numbers where they are written as texts, and integers as 1e6."""
    return {
        name: allowed[name].meant(as_python(value)) if name in allowed else as_python(value)
        for name, value in parameters.items()
    }


positive = number(0, description="a number greater than 0")
non_negative = number(-1e-300, description="a number of at least 0")
fraction = number(0, 1, description="a number greater than 0 and at most 1")


def too_large(owner, names, n_numbers):
    """Say in a sentence that parameters ask for more memory than there is; None if it suffices.

    Parameters
    ----------
    owner : object
        Has a name and the parameters as attributes.
    names : list of str
    n_numbers : int
        How many numbers of eight bytes the parameters ask for.
    """
    free = psutil.virtual_memory().available
    if 8 * n_numbers <= free:
        return None
    given = ", ".join(f"{name}={getattr(owner, name)}" for name in names)
    return (
        f"{owner.name}: {given} would need {8 * n_numbers / 2**30:,.1f} GiB of memory, of which "
        f"{free / 2**30:,.1f} are free; give less."
    )


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


def in_one_line(error):
    """An exception's type and message."""
    try:
        message = str(error)
    # An exception of a user's own may fail to say what it is.
    except Exception:
        message = "it has no message"
    return f"{type(error).__name__}: {' '.join(message.split())[:150]}"


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
    for name, permitted in allowed.items():
        value = getattr(owner, name)
        if not permitted.test(value):
            return f"{owner.name}: {name}={value!r} is not allowed; give {permitted.description}."
    return None

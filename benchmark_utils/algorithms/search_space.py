"""Where the parameters of a solver are searched: the same for all tasks.

A search space is a dict. Its keys are names of parameters, or tuples of names that are drawn
together; its values are distributions, which map a number in [0, 1] to a value.

The steps of theta and of the linear system or its Neumann series are the same number: both are in
units of one over the largest eigenvalue of the same Hessian, and twenty points are few.

Step sizes that decrease do so with half the exponents of the theorems, or not at all: with the full
exponents no point of SOBA's reached a tenth of the first gap on IJCNN1 in 1e9 oracle calls.
"""

import math
from numbers import Real
from typing import NamedTuple

# Digits of a drawn value: it reads well in names of curves and is the same in all tables.
DIGITS = 3


class LogUniform(NamedTuple):
    """A number from ``low`` to ``high`` whose logarithm is uniform."""

    low: float
    high: float

    def value(self, u):
        value = self.low * (self.high / self.low) ** u
        return round(value, DIGITS - 1 - math.floor(math.log10(value)))

    def near(self, value, part):
        """The part of the range around a value that is this fraction of it, in logarithms."""
        factor = (self.high / self.low) ** (part / 2)
        return LogUniform(max(self.low, value / factor), min(self.high, value * factor))

    def beyond(self, edge, part):
        """The value at this distance from an edge, "lower" or "upper", as a part of the range."""
        factor = (self.high / self.low) ** part
        return self.low / factor if edge == "lower" else self.high * factor

    def widened(self, edge, part):
        """The range with an edge moved outwards by this part of it, in logarithms."""
        new = self.beyond(edge, part)
        return self._replace(low=new) if edge == "lower" else self._replace(high=new)

    def position(self, value):
        """Where a value lies: 0 at the lower edge, 1 at the upper."""
        return math.log(value / self.low) / math.log(self.high / self.low)


# The ranges that most solvers share: of the steps of theta and of the linear system, of the
# steps of lambda, of the weight of a new direction, and of the first penalty.
STEP_SIZES = LogUniform(0.01, 4)
OUTER_STEP_SIZES = LogUniform(0.003, 1000)
MOMENTA = LogUniform(0.003, 1)
PENALTIES = LogUniform(3, 3000)


class Choice:
    """One of a few values, all equally likely."""

    def __init__(self, *values):
        self.values = values

    def __repr__(self):
        return f"Choice({', '.join(map(repr, self.values))})"

    def value(self, u):
        return self.values[min(int(u * len(self.values)), len(self.values) - 1)]

    def near(self, value, part):
        """Only this value."""
        return Choice(value)

    def position(self, value):
        """None: a choice has no edge."""
        return None


def refusal_of_space(space, parameters):
    """Say in a sentence what is wrong with a search space.

    Parameters
    ----------
    space : dict
    parameters : sequence of str
        The names of the solver's parameters.

    Returns
    -------
    reason : str or None
        What was given and what is allowed; None if nothing is wrong.
    """
    if not isinstance(space, dict):
        return f"search_space={space!r}; give a dict of LogUniform and Choice by parameter."
    names = names_of(space)
    for name in names:
        if name not in parameters:
            return f"search_space has {name!r}; give some of {', '.join(parameters)}."
        if names.count(name) > 1:
            return f"search_space has {name!r} {names.count(name)} times; give it once."
    for key, distribution in space.items():
        allowed = refusal_of_distribution(key, distribution)
        if allowed:
            return f"search_space has {key!r}: {distribution!r}; give {allowed}."
    return None


def refusal_of_distribution(names, distribution):
    """What is allowed in place of the distribution of these names; None if that is allowed."""
    if isinstance(distribution, LogUniform):
        numbers = all(isinstance(end, Real) and math.isfinite(end) for end in distribution)
        allowed = numbers and 0 < distribution.low < distribution.high
        return None if allowed else "LogUniform(low, high) with numbers 0 < low < high"
    if not isinstance(distribution, Choice):
        return "LogUniform(low, high) or Choice(value, ...)"
    if not distribution.values:
        return "Choice at least one value"
    if not isinstance(names, str):
        lengths = {len(value) for value in distribution.values if isinstance(value, tuple)}
        if not lengths <= {len(names)}:
            return f"Choice tuples of {len(names)} values, one for each name"
    return None


def near(space, point, part):
    """The search space around a point that is this part of each range, in logarithms."""
    return {
        names: distribution.near(value_of(names, distribution, point), part)
        for names, distribution in space.items()
    }


def value_of(names, distribution, point):
    """The value of a distribution from which the parameters of a point were made."""
    if isinstance(names, str):
        return point[names]
    values = tuple(point[name] for name in names)
    return values[0] if isinstance(distribution, LogUniform) else values


def points(space, n, seed=0):
    """The first n points of a scrambled Sobol sequence in a search space.

    Parameters
    ----------
    space : dict
        Distributions by the name of a parameter, or by a tuple of names: these have one value in
        common, or each its entry of a value that is a tuple.
    n : int
    seed : int
        Scrambles the sequence.

    Returns
    -------
    points : list of dict
        The value of each parameter. There may be fewer than n, as no point is returned twice.
    """
    # Solvers import this file, and this package takes long to load.
    from scipy.stats import qmc

    # A sequence is balanced if its length is a power of two.
    power = max(n - 1, 1).bit_length()
    sequence = qmc.Sobol(len(space), rng=seed).random_base2(power)[:n].tolist()
    found = [
        assign(space, [dist.value(u) for dist, u in zip(space.values(), row, strict=True)])
        for row in sequence
    ]
    return [point for k, point in enumerate(found) if point not in found[:k]]


def assign(space, values):
    """The value of each parameter, from one value per key of the space."""
    point = {}
    for names, value in zip(space, values, strict=True):
        if isinstance(names, str):
            point[names] = value
        else:
            together = value if isinstance(value, tuple) else (value,) * len(names)
            point |= zip(names, together, strict=True)
    return point


def at_edge(space, point, margin=0.05):
    """The parameters of a point that lie near an edge of the space, and at which edge.

    Parameters
    ----------
    space : dict
    point : dict
    margin : float
        How near is near, as a fraction of the range's logarithm.

    Returns
    -------
    edges : dict of str or tuple to {"lower", "upper"}
        By the keys of the space.
    """
    edges = {}
    for names, distribution in space.items():
        position = distribution.position(point[first_of(names)])
        if position is not None and not margin < position < 1 - margin:
            edges[names] = "lower" if position <= margin else "upper"
    return edges


def widened(space, edges, part):
    """The space with edges, as :func:`at_edge` returns them, moved by this part of each range."""
    return space | {names: space[names].widened(edge, part) for names, edge in edges.items()}


def first_of(names):
    """The first of the names that are drawn together."""
    return names if isinstance(names, str) else names[0]


def names_of(space):
    """The names of all parameters of a space."""
    return [name for names in space for name in (names if isinstance(names, tuple) else [names])]

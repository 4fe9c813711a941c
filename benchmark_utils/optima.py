"""The lowest values h* of the tasks, from the table that ``make optima`` writes.

A row belongs to a task if its dataset, its problem and h at the starting point are the same: the
last depends on all data, so that other data under the same name have no optimum here.
"""

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

TABLE = Path(__file__).parents[1] / "configs" / "optima.csv"
# How well h at the start must agree: data that are computed differ in their last digits.
TOLERANCE = 1e-9


class Optimum(NamedTuple):
    """A row of the table."""

    dataset: str  # with parameters
    problem: str  # with parameters
    start_value: float  # h at the first lambda
    value: float  # h*
    grad_norm: float  # of the projected gradient there
    starts: int  # from which h was minimised
    agreeing: int  # minimisations that ended within 1e-9 of h*
    at_lower: int  # entries of lambda that are at each bound
    at_upper: int

    def starts_at(self, start_value):
        """Whether h at the first lambda is this one, up to rounding."""
        return np.isclose(self.start_value, start_value, rtol=TOLERANCE, atol=0)


@cache
def stored_optima(path=TABLE):
    """The rows of the table, a list of :class:`Optimum`."""
    if not path.exists():
        return []
    kinds = Optimum.__annotations__.values()
    with path.open(newline="") as file:
        _, *rows = csv.reader(file)
    return [Optimum(*(kind(cell) for kind, cell in zip(kinds, row, strict=True))) for row in rows]


def find_optimum(dataset, problem, start_value):
    """h* of a task.

    Parameters
    ----------
    dataset, problem : str
        Names with parameters.
    start_value : callable
        Returns h at the first lambda; called if the table has rows for these names.

    Returns
    -------
    value : float or None
        None if the table does not have it.
    """
    rows = [row for row in stored_optima() if (row.dataset, row.problem) == (dataset, problem)]
    if not rows:
        return None
    start = start_value()
    return next((row.value for row in rows if row.starts_at(start)), None)

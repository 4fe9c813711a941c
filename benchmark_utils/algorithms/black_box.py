"""The base of black-box solvers: points in the unit cube, and the best h that was found."""

import numpy as np

from benchmark_utils.algorithms.full_batch import FullBatchSolver
from benchmark_utils.numerics.inner_solvers import INNER_SOLVERS
from benchmark_utils.validation import fraction, one_of


class BlackBoxSolver(FullBatchSolver):
    """Base class of solvers that see nothing but values of h, each at the price of an inner solve.

    A solver defines ``points(outer_dim)``, a generator of points in [0, 1]^d, which the problem
    maps to the region that it proposes to search; each ``yield`` receives the value of h there. An
    iteration is one inner solve, by ``inner_solver`` to a gradient norm of ``tolerance``,
    warm-started from the iteration before. The curve is that of the best h so far, or of
    all points as they come with ``report="visited"``, each of which is judged.
    """

    parameters = {"tolerance": [1e-8], "inner_solver": ["auto"], "report": ["best"]}
    allowed = {
        "tolerance": fraction,
        "inner_solver": one_of(*INNER_SOLVERS),
        "report": one_of("best", "visited"),
    }
    takes_non_smooth = True
    searches_globally = True

    def get_next(self, stop_val):
        # benchopt's tests ask for it before parameters are set.
        visited = getattr(self, "report", "best") == "visited"
        return stop_val + 1 if visited else super().get_next(stop_val)

    def iterates(self, problem):
        inner_var, best = problem.inner_var0, np.inf
        incumbent = problem.inner_var0, problem.outer_var0
        yield incumbent
        solve = INNER_SOLVERS[self.inner_solver]
        points = self.points(problem.outer_dim)
        point = next(points)
        while point is not None:
            outer_var = problem.from_unit_cube(point)
            inner_var = solve(problem, outer_var, inner_var, self.tolerance).inner_var
            value, _ = problem.outer_value_grad(inner_var, outer_var)
            if value < best or self.report == "visited":
                best, incumbent = value, (inner_var, outer_var)
            yield incumbent
            point = next_point(points, value)


def next_point(points, value):
    """The next point of a generator that is told a value; None at its end."""
    try:
        return points.send(value)
    except StopIteration:
        return None

import itertools

import numpy as np

from benchmark_utils.algorithms.black_box import BlackBoxSolver
from benchmark_utils.validation import integer, one_of

MAX_POINTS = 10_000
# Of the unit cube. h is a parabola near a minimum: less changes it by less than its rounding.
SMALLEST_STEP = 2.0**-26


class Solver(BlackBoxSolver):
    """Grid search: solve the inner problem on a grid of lambda, and keep the best h.

    ``n_values`` values per dimension spread evenly over the region that the problem proposes. With
    ``grid="shared"`` all entries of lambda move together, with ``"product"`` the grid is the full
    product, of at most 10,000 points. Points come in the order in which coarse grids are refined,
    so that the curve improves all along. With ``refine`` the search goes on where the grid ends:
    half a spacing to either side of the best point on each axis, then half of that, and so on.
    """

    name = "GridSearch"
    references = [
        "J. Bergstra, Y. Bengio, 'Random search for hyper-parameter optimization', JMLR 2012 "
        "(which discusses grid search, and why it does not scale with the dimension).",
        "C.-W. Hsu, C.-C. Chang, C.-J. Lin, 'A practical guide to support vector classification', "
        "2003 (a coarse grid, then a finer one around its best point).",
    ]
    parameters = {
        "n_values": [33],
        "grid": ["shared"],
        "refine": [True],
        **BlackBoxSolver.parameters,
    }
    allowed = {
        "n_values": integer(2, 10**6),
        "grid": one_of("shared", "product"),
        "refine": one_of(True, False),
        **BlackBoxSolver.allowed,
    }
    test_config = {"n_values": 3}

    def refuse(self, problem):
        n_points = self.n_values ** (problem.outer_dim if self.grid == "product" else 1)
        if n_points > MAX_POINTS:
            fewer = ", or the objective's n_reg=1" if "n_reg" in problem.allowed else ""
            return (
                f"GridSearch: a product grid of n_values={self.n_values} in {problem.outer_dim} "
                f"dimensions is larger than the {MAX_POINTS:,} points allowed; give fewer values, "
                f"or grid=shared{fewer}."
            )
        return None

    def points(self, outer_dim):
        """The grid in [0, 1]^d, coarse grids first, then points nearer and nearer to its best."""
        lowest, best = np.inf, None
        for point in self.grid_points(outer_dim):
            lowest, best = yield from visit(point, outer_dim, lowest, best)
        step = 0.5 / (self.n_values - 1)
        while self.refine and best is not None and step > SMALLEST_STEP:
            for axis, shift in itertools.product(range(len(best)), (-step, step)):
                point = best.copy()
                point[axis] = np.clip(point[axis] + shift, 0, 1)
                if point[axis] != best[axis]:
                    lowest, best = yield from visit(point, outer_dim, lowest, best)
            step /= 2

    def grid_points(self, outer_dim):
        values = np.linspace(0, 1, self.n_values)
        rank = np.argsort(refinement_order(self.n_values))
        n_axes = outer_dim if self.grid == "product" else 1
        indices = itertools.product(range(self.n_values), repeat=n_axes)
        # A point belongs to the coarsest grid that holds all its coordinates.
        for index in sorted(indices, key=lambda index: (max(rank[list(index)]), index)):
            yield values[list(index)]


def visit(point, outer_dim, lowest, best):
    """Ask for the value of h at a point, and return the lowest so far and where it is."""
    value = yield np.broadcast_to(point, outer_dim)
    return (value, point) if value < lowest else (lowest, best)


def refinement_order(n):
    """Indices 0..n-1 such that every prefix is spread evenly: the ends, then midpoints."""
    order, gaps = [0, n - 1], [(0, n - 1)]
    for low, high in gaps:
        if high - low > 1:
            middle = (low + high) // 2
            order.append(middle)
            gaps += [(low, middle), (middle, high)]
    return order

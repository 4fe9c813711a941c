import itertools

import numpy as np
from benchopt.stopping_criterion import NoCriterion

from benchmark_utils.full_batch_solver import FullBatchSolver
from benchmark_utils.inner_solvers import lbfgs
from benchmark_utils.validation import integer, number, one_of

MAX_POINTS = 10_000


class Solver(FullBatchSolver):
    """Grid search: solve the inner problem on a grid of lambda, and keep the best h.

    ``n_values`` values a dimension spread evenly over the region that the problem proposes. With
    ``grid="shared"`` all entries of lambda move together, with ``"product"`` the grid is the full
    product, of at most 10,000 points. Points come in the order in which coarse grids are refined,
    so that the curve improves all along. Each inner problem is solved by L-BFGS to a gradient norm
    of ``tolerance``, warm-started from the point before.
    """

    name = "GridSearch"
    references = [
        "J. Bergstra, Y. Bengio, 'Random search for hyper-parameter optimization', JMLR 2012 "
        "(which discusses grid search, and why it does not scale with the dimension)."
    ]
    parameters = {"n_values": [33], "grid": ["shared"], "tolerance": [1e-8]}
    allowed = {
        "n_values": integer(2),
        "grid": one_of("shared", "product"),
        "tolerance": number(0, 1, description="a number greater than 0 and at most 1"),
    }
    test_config = {"n_values": 3}

    # A stretch of the grid without progress does not mean that the rest has none.
    stopping_criterion = NoCriterion(strategy="callback")

    def refuse(self, problem):
        n_points = self.n_values ** (problem.outer_dim if self.grid == "product" else 1)
        if n_points > MAX_POINTS:
            return (
                f"GridSearch: a product grid of n_values={self.n_values} in {problem.outer_dim} "
                f"dimensions is larger than the {MAX_POINTS:,} points allowed; give fewer values, "
                "grid=shared, or the objective's n_reg=1."
            )
        return None

    def iterates(self, problem):
        inner_var, best = problem.inner_var0, np.inf
        point = problem.inner_var0, problem.outer_var0
        yield point
        for outer_var in map(problem.from_unit_cube, self.points(problem.outer_dim)):
            inner_var = lbfgs(problem, outer_var, inner_var, self.tolerance)
            value, _ = problem.outer_value_grad(inner_var, outer_var)
            if value < best:
                best, point = value, (inner_var, outer_var)
            yield point

    def points(self, outer_dim):
        """The grid in [0, 1]^d, coarse grids first."""
        values = np.linspace(0, 1, self.n_values)
        rank = np.argsort(refinement_order(self.n_values))
        n_axes = outer_dim if self.grid == "product" else 1
        indices = itertools.product(range(self.n_values), repeat=n_axes)
        # A point belongs to the coarsest grid that holds all its coordinates.
        for index in sorted(indices, key=lambda index: (max(rank[list(index)]), index)):
            yield np.broadcast_to(values[list(index)], outer_dim)


def refinement_order(n):
    """Indices 0..n-1 such that every prefix is spread evenly: the ends, then midpoints."""
    order, gaps = [0, n - 1], [(0, n - 1)]
    for low, high in gaps:
        if high - low > 1:
            middle = (low + high) // 2
            order.append(middle)
            gaps += [(low, middle), (middle, high)]
    return order

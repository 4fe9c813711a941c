"""The solution of a logistic regression with an l1 penalty, to the precision of float64.

Coordinate descent on working sets, by celer, finds the support and its signs; Newton's method on
the support then finds theta*. Massias, Vaiter, Gramfort and Salmon, Dual extrapolation for sparse
generalized linear models, JMLR 2020.
"""

import warnings

import numpy as np
from celer.homotopy import celer_path
from scipy.sparse import csc_array, issparse
from sklearn.exceptions import ConvergenceWarning

from benchmark_utils.numerics.inner_solvers import Piece
from benchmark_utils.numerics.newton import newton

# Duality gaps, relative to the loss at 0, of coordinate descent.
GAPS = (1e-6, 1e-9, 1e-12)
# Newton's method converges in a few steps, unless support and signs are wrong: then G may have no
# minimum on the piece.
N_NEWTON_STEPS = 20


def solve_sparse_logistic(problem, X, y, outer_var, start, tolerance):
    """The solution theta*, (p,).

    Parameters
    ----------
    problem : NonSmoothProblem
        Whose G is the mean logistic loss of these samples and the l1 penalty.
    X : array or sparse array, (n, p)
    y : array, (n,)
        Labels in {-1, 1}.
    outer_var : array, (d,)
    start : array, (p,)
    tolerance : float
        On the norm of (theta - step(theta)) / step_size, at which a vector is the solution.

    Returns
    -------
    inner_star : array, (p,)
        The candidate with the least such norm: a vector found by coordinate descent, or that of
        Newton's method on its support.
    """
    step_size = 1 / problem.inner_smoothness(outer_var)

    def residual(inner_var):
        return np.linalg.norm(inner_var - problem.step(inner_var, outer_var, step_size)) / step_size

    best, least = start, np.inf
    for found in candidates(X, y, problem.weights(outer_var), start):
        for candidate in (polished(problem, outer_var, found), found):
            norm = residual(candidate)
            if norm < least:
                best, least = candidate, norm
        if least <= tolerance:
            break
    return best


def candidates(X, y, weights, start):
    """Vectors that may have the support of the solution, cheapest first."""
    yield start
    # celer has one penalty for all features, whose sum of losses it takes.
    scaled = csc_array(X / weights) if issparse(X) else np.asfortranarray(X / weights)
    # It takes no arrays that are read-only, as those of a dataset are.
    y, found = np.array(y, float), start * weights
    for gap in GAPS:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            _, coefs, _ = celer_path(
                scaled, y, pb="logreg", alphas=np.full(1, float(len(y))), coef_init=found.copy(),
                tol=gap, max_iter=20, max_epochs=2_000,
            )  # fmt: skip
        found = coefs[:, 0]
        yield found / weights


def polished(problem, outer_var, inner_var):
    """The minimiser on the support and signs of theta, if it has these signs; else theta itself."""
    piece = Piece(problem, inner_var)
    if not piece.inner_dim:
        return inner_var
    start = inner_var[piece.places]
    # Without a minimum the steps may end beyond what numbers can hold.
    with np.errstate(over="ignore", invalid="ignore"):
        solution, _ = newton(piece, outer_var, start, max_iterations=N_NEWTON_STEPS)
    same_signs = (np.sign(solution) == np.sign(start)).all()
    return piece.extend(solution) if same_signs else inner_var

"""The Lasso 1/(2n) ||y - X theta||^2 + sum_k w_k |theta_k|, to the precision of float64.

Coordinate descent on working sets, by celer, finds the support and its signs; theta* then solves a
linear system, which is solved directly. Massias, Gramfort and Salmon, Celer: a fast solver for the
Lasso with dual extrapolation, ICML 2018. If it is slow, for example because the support is as large
as the number of samples, LARS finds them: Efron, Hastie, Johnstone and Tibshirani, Least angle
regression, Annals of Statistics 2004.
"""

import warnings

import numpy as np
from celer.homotopy import celer_path
from scipy.linalg import LinAlgError, cho_factor, cho_solve
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import lars_path

# Duality gaps relative to ||y||^2 / (2n): the tolerances of coordinate descent, and the gap at
# which a vector is taken as the solution.
GAPS = (1e-4, 1e-7)
FINAL_GAP = 1e-14


def solve_lasso(X, y, weights, start):
    """The solution theta*, (p,).

    Parameters
    ----------
    X : array, (n, p), in Fortran order
    y : array, (n,)
    weights : array, (p,)
        Not negative.
    start : array, (p,)

    Returns
    -------
    inner_star : array, (p,)
        The candidate with the least duality gap: a vector found by coordinate descent or LARS, or
        the solution of the linear system on its support.
    """
    unit = unit_of(y)
    return unit * solve_in_unit(X, y / unit, weights / unit, start / unit)


def unit_of(y):
    """A number near the norm of y: thresholds of the libraries are absolute. It is a power of two,
    which changes no digit."""
    return 2.0 ** np.frexp(np.linalg.norm(y))[1]


def solve_in_unit(X, y, weights, start):
    """The same where the norm of y is near 1."""
    n = len(y)
    # By the Cauchy-Schwarz inequality, a feature with a larger penalty than this is never used. A
    # penalty far below the rounding of the largest of these has no effect.
    most = 2 * np.linalg.norm(X, axis=0) * np.linalg.norm(y) / n + np.finfo(float).tiny
    weights = np.clip(weights, 1e-16 * most.max(), np.maximum(most, 1e-16 * most.max()))
    best, least = start, np.inf
    for found in candidates(X, y, weights, start):
        for candidate in (polish(X, y, weights, found), found):
            gap = duality_gap(X, y, weights, candidate)
            if gap < least:
                best, least = candidate, gap
        if least <= FINAL_GAP:
            break
    return best


def candidates(X, y, weights, start):
    """Vectors that may have the support of the solution, cheapest first."""
    yield start
    for gap in GAPS:
        start = coordinate_descent(X, y, weights, start, gap, max_iter=10, max_epochs=100)
        yield start
    yield lars(X, y, weights)
    yield coordinate_descent(X, y, weights, start, FINAL_GAP, max_iter=100, max_epochs=10_000)


def coordinate_descent(X, y, weights, start, gap, **limits):
    """The solution by celer, to a relative duality gap, or as close to it as its limits allow."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        _, coefs, _ = celer_path(
            X, y, pb="lasso", alphas=np.ones(1), weights=weights, coef_init=start.copy(),
            tol=gap / 2, **limits,
        )  # fmt: skip
    return coefs[:, 0]


def lars(X, y, weights):
    """The solution by the homotopy of LARS, (p,)."""
    _, coefs = homotopy(X / weights, y, 1.0)
    return coefs[:, -1] / weights


def homotopy(X, y, weight):
    """The weights (n_points,) and solutions (p, n_points) of LARS, from the penalty that zeroes
    everything down to a weight."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        alphas, _, coefs = lars_path(X, y, method="lasso", alpha_min=weight, max_iter=10 * len(y))
    return alphas, coefs


class LarsPath:
    """The solutions for all equal weights, by the homotopy of LARS, as far as they were asked for.

    They are linear in the weight between the points of the path.

    Parameters
    ----------
    X : array, (n, p)
    y : array, (n,)
    """

    def __init__(self, X, y):
        self.X, self.y = X, y
        self.alphas = np.array([np.inf])

    def at(self, weight):
        """The solution, (p,), up to the rounding along the path."""
        if weight < self.alphas[-1]:
            self.extend(weight)
        k = np.searchsorted(-self.alphas, -weight)
        if k == 0:
            return np.zeros(self.X.shape[1])
        before, after = self.alphas[k - 1 : k + 1]
        part = (before - weight) / (before - after)
        return (1 - part) * self.coefs[:, k - 1] + part * self.coefs[:, k]

    def extend(self, weight):
        """Follow the path down to a weight; from its beginning, as LARS cannot go on."""
        unit = unit_of(self.y)
        alphas, coefs = homotopy(self.X, self.y / unit, weight / unit)
        self.alphas, self.coefs = unit * alphas, unit * coefs
        # Its last point may be above the weight if LARS has stopped early.
        self.alphas[-1] = min(self.alphas[-1], weight)


def polish(X, y, weights, theta):
    """The solution of the linear system on the support and signs of theta, if it has these signs;
    else theta itself, (p,)."""
    support = theta != 0
    columns, signs = X[:, support], np.sign(theta[support])
    try:
        factor = cho_factor(columns.T @ columns)
    except LinAlgError:
        return theta
    polished = np.zeros_like(theta)
    polished[support] = cho_solve(factor, columns.T @ y - len(y) * weights[support] * signs)
    same_signs = (np.sign(polished[support]) == signs).all()
    return polished if same_signs else theta


def duality_gap(X, y, weights, theta):
    """The duality gap at theta, relative to the objective at 0, ||y||^2 / (2n).

    The dual point is the residual, scaled to be feasible. If the residual is that of the solution,
    up to rounding, the gap is 0 up to rounding.
    """
    n, residual = len(y), y - X @ theta
    scale = min(1.0, 1 / (np.abs(X.T @ residual) / (n * weights)).max(initial=1e-300))
    # n times primal minus dual, in an order in which large terms cancel first.
    misfit = (1 - scale) ** 2 * (residual @ residual) / 2
    slack = n * (weights @ np.abs(theta)) - scale * (residual @ (X @ theta))
    return (misfit + slack) / (y @ y / 2)

"""Base class of problems whose lambda determines the features of a softmax regression, in JAX.

With features x_i(lambda) of the training samples, N rows in all, and the cross-entropies l of
``softmax.py``, G(lambda, theta) = 1/N sum_i l(W; x_i(lambda), y_i) + ridge/2 ||W||^2: a softmax
regression for each lambda, whose Hessian and smoothness need no automatic differentiation.
"""

import numpy as np

from benchmark_utils.problems.autodiff import AutodiffProblem
from benchmark_utils.problems.softmax import accuracies, loss_hessian, loss_hvp, probabilities


class SoftmaxOnFeatures(AutodiffProblem):
    """Base class of these problems.

    A subclass defines the two losses, whose only setting is ``ridge``, and the methods below.

    Parameters
    ----------
    inner_samples, outer_samples, inner_var0, outer_var0
        As for :class:`AutodiffProblem`.
    ridge : float
    scored : dict
        The samples (X, y) on which ``metrics`` gives the accuracy, by name; X may be None.
    """

    def __init__(self, inner_samples, outer_samples, inner_var0, outer_var0, ridge, scored):
        super().__init__(inner_samples, outer_samples, inner_var0, outer_var0, (float(ridge),))
        self.ridge, self.scored = float(ridge), scored

    def inner_rows(self, outer_var):
        """The features of the training samples, (q, N), in NumPy."""
        raise NotImplementedError

    def outer_rows(self, outer_var, X):
        """The features of other samples X, (q, b), in NumPy."""
        raise NotImplementedError

    def inner_hessian(self, inner_var, outer_var):
        rows = self.inner_rows(outer_var)
        n_rows = rows.shape[1]
        hessian = loss_hessian(rows, np.full(n_rows, 1 / n_rows), inner_var)
        return hessian + self.ridge * np.eye(self.inner_dim)

    def inner_hessian_product(self, inner_var, outer_var):
        # For the judge, which multiplies many times at the same lambda: the features are kept.
        rows = self.inner_rows(outer_var)
        weights = np.full(rows.shape[1], 1 / rows.shape[1])
        probability = probabilities(rows, inner_var)
        return lambda v: loss_hvp(rows, weights, probability, v) + self.ridge * v

    def inner_hessian_diagonal(self, inner_var, outer_var):
        rows = self.inner_rows(outer_var)
        probability = probabilities(rows, inner_var)
        curvature = probability * (1 - probability) @ rows.T**2 / rows.shape[1]
        return curvature.ravel() + self.ridge

    def inner_smoothness(self, outer_var):
        rows = self.inner_rows(outer_var)
        # The Hessian of the cross-entropy in the scores is at most 1/2 (Bohning 1992).
        return np.linalg.norm(rows, 2) ** 2 / (2 * rows.shape[1]) + self.ridge

    def metrics(self, inner_var, outer_var):
        return accuracies(inner_var, self.scored, lambda X: self.outer_rows(outer_var, X))

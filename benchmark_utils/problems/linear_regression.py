"""Base class of linear regressions with a penalty chosen on validation data.

data fit of G:  1/(2n) ||y - X theta||^2                on the training samples
F(theta)     =  1/m    ||y - X theta||^2                on the validation samples
"""

from functools import cached_property

import numpy as np

from benchmark_utils.minibatches.signed_rows import SignedRows
from benchmark_utils.problems.base import Problem
from benchmark_utils.problems.checks import refuse_regression

# The logarithms of l2 penalties for features and targets near the unit scale.
DEFAULT_BOX = (-14.0, 4.0)


class LinearRegression(Problem):
    """Least squares with a penalty, which a subclass defines.

    Parameters
    ----------
    X_train, X_val, X_test : array, (n, p), (m, p), (l, p)
        The last may be None.
    y_train, y_val, y_test : array, (n,), (m,), (l,)
    n_reg : {"full", 1}
        One lambda per feature, or one for all.
    """

    frameworks = ()

    @staticmethod
    def refuse(task, **data):
        return refuse_regression("a linear regression", task, data)

    def __init__(self, X_train, y_train, X_val, y_val, X_test, y_test, n_reg):
        # The Lasso's solver takes no arrays that are read-only, as those of a dataset are.
        self.X, self.y = np.array(X_train, float, order="F"), np.array(y_train, float)
        self.X_val, self.y_val = np.asarray(X_val, float), np.asarray(y_val, float)
        self.test_samples = None if X_test is None else (X_test, y_test)
        self.n_inner_samples, self.inner_dim = self.X.shape
        self.n_outer_samples = len(self.y_val)
        self.outer_dim = self.inner_dim if n_reg == "full" else 1
        self.inner_var0 = np.zeros(self.inner_dim)

    def fit_value_grad(self, inner_var):
        """The data fit 1/(2n) ||y - X theta||^2 and its gradient, (p,)."""
        residual = self.X @ inner_var - self.y
        n = self.n_inner_samples
        return residual @ residual / (2 * n), self.X.T @ residual / n

    def fit_hvp(self, v):
        """The Hessian X^T X / n times v, (p,)."""
        return self.X.T @ (self.X @ v) / self.n_inner_samples

    @cached_property
    def fit_smoothness(self):
        """The largest eigenvalue of X^T X / n."""
        return np.linalg.norm(self.X, 2) ** 2 / self.n_inner_samples

    def per_feature(self, values):
        """Values of the shape of lambda as one value per feature, (p,)."""
        return np.broadcast_to(values, self.inner_dim)

    def gathered(self, values):
        """Derivatives in one lambda per feature, (p,), as derivatives in lambda, (d,)."""
        return values if self.outer_dim > 1 else values.sum(keepdims=True)

    def outer_value_grad(self, inner_var, outer_var):
        residual = self.X_val @ inner_var - self.y_val
        m = self.n_outer_samples
        grads = 2 * self.X_val.T @ residual / m, np.zeros_like(outer_var)
        return residual @ residual / m, grads

    def metrics(self, inner_var, outer_var):
        return test_mse(self.test_samples, inner_var)


def test_mse(samples, inner_var):
    """The mean squared residual of the test samples, X and y, if there are any."""
    if samples is None:
        return {}
    X, y = samples
    return {"test_mse": float(np.mean((X @ inner_var - y) ** 2))}


def samples(X, y, fit):
    """Samples for :class:`LinearOracles`: their rows, and the fit ``fit(scale, targets)``."""
    y = np.asarray(y, float)
    return SignedRows(X, np.ones(len(y))), fit(1 / len(y), y[np.newaxis])

"""Differentiable architecture search: which operation should a layer apply to its inputs?

The layer applies a mixture of K operations op_k to each of its p inputs, and theta are the weights
of a linear head on top of it,

    phi_lambda(x) = sum_k softmax(lambda)_k op_k(x),
    G(lambda, theta) = 1/(2n) sum_i (<theta, phi_lambda(x_i)> - y_i)^2 + ridge/2 ||theta||^2
    F(lambda, theta) = 1/(2m) sum_j (<theta, phi_lambda(x_j)> - y_j)^2  on the validation samples.

This is the search of Liu, Simonyan and Yang, DARTS: Differentiable architecture search, ICLR 2019,
with one layer, and an inner problem that is strongly convex, so that h and its gradient are exact.
Their approximations are solvers of the suite: the first order of theirs is ``Analytic`` with a few
inner steps, the second order ``Unrolled`` with ``truncation=1``, a single virtual step. In the end
the operation of the largest weight is kept, and the head trained again: ``discrete_test_mse``.
"""

import numpy as np
from scipy.special import softmax

from benchmark_utils.problems.base import Problem
from benchmark_utils.problems.checks import refuse_regression
from benchmark_utils.validation import positive

OPERATIONS = {
    "zero": np.zeros_like,
    "identity": np.asarray,
    "relu": lambda x: np.maximum(x, 0),
    "tanh": np.tanh,
    "square": lambda x: x**2 - 1,
    "sine": lambda x: np.sin(3 * x),
}


class Layer:
    """The outputs of all operations on samples X (n, p), with targets y (n,)."""

    def __init__(self, X, y):
        X, self.y = np.asarray(X, float), np.asarray(y, float)
        self.outputs = np.stack([operation(X) for operation in OPERATIONS.values()])  # (K, n, p)

    def features(self, outer_var):
        """phi_lambda of the samples, (n, p)."""
        return np.tensordot(softmax(outer_var), self.outputs, 1)

    def backward(self, outer_var, per_feature):
        """The gradient in lambda, (K,), from that in phi_lambda of the samples, (n, p)."""
        weights = softmax(outer_var)
        per_weight = np.tensordot(self.outputs, per_feature, 2)
        return weights * (per_weight - weights @ per_weight)

    def misfit(self, outer_var, inner_var):
        """The squared errors' half mean, and its gradients in theta (p,) and lambda (K,)."""
        features, n = self.features(outer_var), len(self.y)
        residual = features @ inner_var - self.y
        grad_out = self.backward(outer_var, np.outer(residual, inner_var) / n)
        return residual @ residual / (2 * n), features.T @ residual / n, grad_out


class ArchitectureSearch(Problem):
    """The choice of a layer's operation; see the module's docstring.

    Parameters
    ----------
    X_train, X_val, X_test : array, (n, p), (m, p), (l, p)
        The last may be None.
    y_train, y_val, y_test : array, (n,), (m,), (l,)
    ridge : float
    seed : int
        Not used: lambda and theta start at 0, where all operations have the same weight.
    """

    parameters = {"ridge": [0.001]}
    allowed = {"ridge": positive}
    frameworks = ()

    @staticmethod
    def refuse(task, **data):
        return refuse_regression("architecture_search", task, data)

    def __init__(self, X_train, y_train, X_val, y_val, X_test=None, y_test=None, *, ridge, seed):
        self.train, self.val = Layer(X_train, y_train), Layer(X_val, y_val)
        self.test = None if X_test is None else Layer(X_test, y_test)
        self.ridge = float(ridge)
        self.n_inner_samples, self.inner_dim = X_train.shape
        self.n_outer_samples, self.outer_dim = len(y_val), len(OPERATIONS)
        self.inner_var0, self.outer_var0 = np.zeros(self.inner_dim), np.zeros(self.outer_dim)

    def inner_value_grad(self, inner_var, outer_var):
        value, grad, _ = self.train.misfit(outer_var, inner_var)
        return value + self.ridge * inner_var @ inner_var / 2, grad + self.ridge * inner_var

    def hvp(self, inner_var, outer_var, v):
        features = self.train.features(outer_var)
        return features.T @ (features @ v) / self.n_inner_samples + self.ridge * v

    def cross(self, inner_var, outer_var, v):
        features = self.train.features(outer_var)
        residual = features @ inner_var - self.train.y
        per_feature = np.outer(residual, v) + np.outer(features @ v, inner_var)
        return self.train.backward(outer_var, per_feature / self.n_inner_samples)

    def outer_value_grad(self, inner_var, outer_var):
        value, *grads = self.val.misfit(outer_var, inner_var)
        return value, tuple(grads)

    def inner_hessian(self, inner_var, outer_var):
        return self.hessian(self.train.features(outer_var))

    def hessian(self, features):
        return features.T @ features / len(features) + self.ridge * np.eye(self.inner_dim)

    def inner_smoothness(self, outer_var):
        return np.linalg.norm(self.hessian(self.train.features(outer_var)), 2)

    def retrained(self, k):
        """The best theta, (p,), with operation k only."""
        features = self.train.outputs[k]
        return np.linalg.solve(
            self.hessian(features), features.T @ self.train.y / self.n_inner_samples
        )

    def metrics(self, inner_var, outer_var):
        """The weights of the operations; and, on test samples, the mean squared errors of the
        mixture at theta, and of the operation of the largest weight, its head trained again."""
        weights = softmax(outer_var)
        scores = {f"{name}_weight": w for name, w in zip(OPERATIONS, weights.tolist(), strict=True)}
        if self.test is None:
            return scores
        best = weights.argmax()
        predicted = {
            "test_mse": self.test.features(outer_var) @ inner_var,
            "discrete_test_mse": self.test.outputs[best] @ self.retrained(best),
        }
        return scores | {
            name: float(np.mean((y - self.test.y) ** 2)) for name, y in predicted.items()
        }

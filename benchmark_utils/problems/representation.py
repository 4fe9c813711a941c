"""Hyper-representation: the shared layers of a network, learnt such that heads on them generalise.

With the features of a network of two layers of width q,

    phi_lambda(x) = (tanh(V tanh(U x + a) + b), 1),   lambda = (U, a, V, b), flat,

one linear head per class on top of them, theta the matrix W of shape (C, q + 1), row by row, and
the cross-entropies l of ``softmax.py``,

    G(lambda, theta) = 1/n sum_i l(W; phi_lambda(x_i), y_i) + ridge/2 ||W||^2
    F(lambda, theta) = 1/m sum_j l(W; phi_lambda(x_j), y_j)   on the validation samples.

L. Franceschi, P. Frasconi, S. Salzo, R. Grazzi, M. Pontil, 'Bilevel programming for hyperparameter
optimization and meta-learning', ICML 2018, section 4; this is the case of one task.
"""

from math import isqrt

import jax.numpy as jnp
import numpy as np

from benchmark_utils.problems.checks import refuse_task
from benchmark_utils.problems.softmax import cross_entropies
from benchmark_utils.problems.softmax_features import SoftmaxOnFeatures
from benchmark_utils.validation import integer, positive


def layers(outer_var, n_features):
    """Both layers, (p + 1, q) and (q + 1, q), their last rows the biases: views of lambda, (d,)."""
    # d = q (p + 1) + q (q + 1).
    half = n_features + 2
    width = (isqrt(half**2 + 4 * outer_var.size) - half) // 2
    n_first = (n_features + 1) * width
    return outer_var[:n_first].reshape(-1, width), outer_var[n_first:].reshape(-1, width)


def first_layers(n_features, width, rng):
    """The first lambda, (d,): each layer's weights from N(0, I / inputs), biases zero."""
    parts = []
    for n_inputs in (n_features, width):
        weights = rng.standard_normal((n_inputs, width)) / np.sqrt(n_inputs)
        parts += [weights.ravel(), np.zeros(width)]
    return np.concatenate(parts)


def features(xp, outer_var, X):
    """phi_lambda of samples (b, p), feature-major, (q + 1, b)."""
    hidden = X
    for layer in layers(outer_var, X.shape[1]):
        hidden = xp.tanh(hidden @ layer[:-1] + layer[-1])
    return xp.concatenate([hidden, xp.ones_like(hidden[:, :1])], axis=1).T


class Representation(SoftmaxOnFeatures):
    """The shared layers of a small network; see the module's docstring.

    Parameters
    ----------
    X_train, X_val, X_test : array, (n, p), (m, p), (l, p)
        The last may be None.
    y_train, y_val, y_test : array, (n,), (m,), (l,)
        Labels 0, 1, ..., C-1.
    width : int
        q, of both layers.
    ridge : float
    seed : int
        Draws the starting points: each layer's weights from N(0, I / inputs), biases zero, and
        theta from N(0, I / (q + 1)).
    """

    parameters = {"width": [16], "ridge": [0.01]}
    allowed = {"width": integer(1, 10**5), "ridge": positive}
    searched = (-1.0, 1.0)

    @staticmethod
    def refuse(task, **data):
        return refuse_task("representation", ("multiclass",), task, data)

    def __init__(
        self, X_train, y_train, X_val, y_val, X_test=None, y_test=None, *, width, ridge, seed
    ):
        rng = np.random.default_rng(seed)
        n_features, n_classes = X_train.shape[1], int(y_train.max()) + 1
        outer_var0 = first_layers(n_features, width, rng)
        super().__init__(
            inner_samples=(X_train, y_train),
            outer_samples=(X_val, y_val),
            inner_var0=rng.standard_normal(n_classes * (width + 1)) / np.sqrt(width + 1),
            outer_var0=outer_var0,
            ridge=ridge,
            scored={"val": (X_val, y_val), "test": (X_test, y_test)},
        )

    @staticmethod
    def inner_loss(inner_var, outer_var, X, labels, ridge):
        losses = cross_entropies(jnp, features(jnp, outer_var, X), labels, inner_var)
        return losses + ridge * jnp.sum(inner_var**2) / 2

    @staticmethod
    def outer_loss(inner_var, outer_var, X, labels, ridge):
        return cross_entropies(jnp, features(jnp, outer_var, X), labels, inner_var)

    def inner_rows(self, outer_var):
        return self.outer_rows(outer_var, self.inner_samples[0])

    def outer_rows(self, outer_var, X):
        return features(np, outer_var, X)

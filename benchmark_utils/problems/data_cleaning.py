"""Data cleaning: a weight for each training sample, learnt on clean validation data.

With the cross-entropies l_i of ``softmax.py``, and sigma(x) = 1 / (1 + exp(-x)),

    G(lambda, theta) = 1/n sum_i sigma(lambda_i) l_i(W) + ridge/2 ||W||^2
    F(lambda, theta) = 1/m sum_j l_j(W)   on the validation samples.

Some training labels are wrong: a good lambda gives their samples less weight. L. Franceschi, M.
Donini, P. Frasconi, M. Pontil, 'Forward and reverse gradient-based hyperparameter optimization',
ICML 2017, section 5.1 (there with weights in [0, 1] of bounded sum instead of a sigmoid).
"""

from typing import NamedTuple

import numpy as np
from sklearn.metrics import roc_auc_score

from benchmark_utils.problems.box import allowed_box, bounds, bounds_in, project
from benchmark_utils.problems.checks import refuse_softmax
from benchmark_utils.problems.pictures import of_weights
from benchmark_utils.problems.softmax import Samples, SoftmaxProblem, cross_entropies, residuals
from benchmark_utils.validation import positive


class Arrays(NamedTuple):
    """The data that the oracles read."""

    inner: Samples
    outer: Samples
    ridge: float
    lower: float  # bounds of lambda
    upper: float


def sigmoid(xp, x):
    return xp.exp(-xp.logaddexp(0, -x))


def to_outer(arrays, outer_var, batch, values):
    """The derivative in lambda, (d,), of a minibatch's weighted sum of values, (b,)."""
    weights, indices = arrays.inner.weights[batch], arrays.inner.indices[batch]
    chosen = outer_var[indices]
    slopes = weights * sigmoid(np, chosen) * sigmoid(np, -chosen)
    return np.bincount(indices, slopes * values, minlength=outer_var.size).astype(outer_var.dtype)


def corruption_auc(corrupted, outer_var):
    """The area under the ROC curve of the weights as a detector of wrong labels, by its name;
    nothing if it is not known which are wrong."""
    if corrupted is None or not 0 < np.mean(corrupted) < 1:
        return {}
    return {"corruption_auc": float(roc_auc_score(~corrupted, outer_var))}


class DataCleaning(SoftmaxProblem):
    """A weight sigma(lambda_i) for each training sample; see the module's docstring.

    Parameters
    ----------
    X_train, X_val, X_test : array, (n, p), (m, p), (l, p)
        The last may be None.
    y_train, y_val, y_test : array, (n,), (m,), (l,)
        Labels 0, 1, ..., C-1.
    corrupted : bool array, (n,)
        Which training labels are wrong, if known: the weights are then scored by the area under the
        ROC curve with which they separate clean from corrupted samples, ``corruption_auc``.
    image_shape : pair of int, optional
        Of the samples, if they are images, which are then shown with their weights.
    ridge : float
    box : {"default", "none"} or pair of float
        The bounds of lambda; by default -5 and 5, weights between 0.0067 and 0.9933.
    seed : int
        Draws the starting point theta from N(0, I / p). Lambda starts at 0: all weights are 1/2.
    """

    parameters = {"ridge": [0.01], "box": ["default"]}
    allowed = {"ridge": positive, "box": allowed_box}
    default_box = (-5.0, 5.0)

    @staticmethod
    def refuse(task, **data):
        return refuse_softmax("data_cleaning", task, data)

    def __init__(
        self,
        X_train,
        y_train,
        X_val,
        y_val,
        X_test=None,
        y_test=None,
        corrupted=None,
        image_shape=None,
        *,
        ridge,
        box="default",
        seed,
    ):
        super().__init__(X_train, y_train, X_val, y_val, X_test, y_test)
        self.corrupted, self.image_shape = corrupted, image_shape
        self.ridge = float(ridge)
        self.outer_dim = self.n_inner_samples
        self.lower, self.upper = bounds(box, self.default_box)
        self.all_samples = Arrays(self.inner, self.outer, self.ridge, self.lower, self.upper)
        rng = np.random.default_rng(seed)
        self.inner_var0 = rng.standard_normal(self.inner_dim) / np.sqrt(self.n_features)
        self.outer_var0 = self.project(np.zeros(self.outer_dim))

    def arrays(self, inner_batch_size, outer_batch_size, dtype, rng):
        inner, outer = self.cut_both(inner_batch_size, outer_batch_size, dtype, rng)
        bounds = bounds_in(dtype, self.lower, self.upper)
        return Arrays(inner, outer, np.dtype(dtype).type(self.ridge), *bounds)

    @staticmethod
    def sample_weights(xp, arrays, outer_var, batch):
        indices = arrays.inner.indices[batch]
        return arrays.inner.weights[batch] * sigmoid(xp, outer_var[indices])

    @staticmethod
    def penalties(xp, arrays, outer_var):
        return arrays.ridge

    @staticmethod
    def minibatch_cross(arrays, inner_var, outer_var, v, batch):
        rows, labels = arrays.inner.rows[batch], arrays.inner.labels[batch]
        directional = v.reshape(-1, len(rows)) @ rows
        products = np.sum(residuals(rows, labels, inner_var) * directional, axis=0)
        return to_outer(arrays, outer_var, batch, products)

    @staticmethod
    def minibatch_inner_grad_outer(arrays, inner_var, outer_var, batch):
        rows, labels = arrays.inner.rows[batch], arrays.inner.labels[batch]
        return to_outer(arrays, outer_var, batch, cross_entropies(np, rows, labels, inner_var))

    minibatch_project = staticmethod(project)

    @staticmethod
    def numba_oracle():
        from benchmark_utils.problems.data_cleaning_kernels import ORACLE

        return ORACLE

    def metrics(self, inner_var, outer_var):
        return super().metrics(inner_var, outer_var) | corruption_auc(self.corrupted, outer_var)

    def pictures(self, outer_var):
        images, labels, *_ = self.data
        weights = sigmoid(np, outer_var)
        return of_weights(weights, images, labels, self.corrupted, self.image_shape)

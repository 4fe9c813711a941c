"""Base class of problems whose inner problem is a softmax regression.

With rows x_i, labels y_i in {0, ..., C-1}, theta the matrix W of shape (C, p), row by row, and the
cross-entropy l_i(W) = log sum_c exp(<w_c, x_i>) - <w_{y_i}, x_i>,

    G(lambda, theta) = sum_i s_i(lambda) l_i(W) + 1/2 sum_k r_k(lambda) theta_k^2
    F(lambda, theta) = 1/m sum_j l_j(W)   on the validation samples.

A problem defines the weights s and the penalties r.
"""

from functools import cache, cached_property, partial
from typing import NamedTuple

import numpy as np
from scipy.sparse import issparse
from scipy.sparse.linalg import svds

from benchmark_utils.frameworks import get_framework
from benchmark_utils.minibatches.blocks import block_indices, block_weights, take_blocks
from benchmark_utils.oracle import Oracle, lambda_grad
from benchmark_utils.problems.base import Problem, chunks


class Samples(NamedTuple):
    """The samples of one level, cut into minibatches."""

    rows: np.ndarray  # (n_blocks, p, batch_size), feature-major
    labels: np.ndarray  # (n_blocks, batch_size), integers
    weights: np.ndarray  # (n_blocks, batch_size); they make a block's sum an estimate of the mean
    indices: np.ndarray  # (n_blocks, batch_size), the samples' numbers


def cut(X, y, batch_size, dtype, rng):
    """Shuffle samples X (n, p), y (n,), and cut them into minibatches."""
    indices, filled = block_indices(len(y), batch_size, rng)
    rows = take_blocks(X.T, indices, dtype)
    return Samples(rows, y[indices].astype(np.int64), block_weights(filled, dtype), indices)


def all_of(X, y):
    """All samples, in their own order, as one minibatch; sparse rows stay sparse, in a list."""
    n_samples = len(y)
    return Samples(
        [X.T] if issparse(X) else np.ascontiguousarray(X.T, dtype=float)[np.newaxis],
        y[np.newaxis].astype(np.int64),
        np.full((1, n_samples), 1 / n_samples),
        np.arange(n_samples)[np.newaxis],
    )


def cross_entropies(xp, rows, labels, inner_var):
    """The losses l_i, (b,), of rows (p, b) with labels (b,)."""
    scores = inner_var.reshape(-1, rows.shape[0]) @ rows
    scores = scores - xp.max(scores, axis=0)
    own = xp.take_along_axis(scores, labels[None], axis=0)[0]
    return xp.log(xp.sum(xp.exp(scores), axis=0)) - own


def probabilities(rows, inner_var):
    """The model's probabilities of the classes, (C, b)."""
    scores = inner_var.reshape(-1, rows.shape[0]) @ rows
    exponentials = np.exp(scores - scores.max(axis=0))
    return exponentials / exponentials.sum(axis=0)


def residuals(rows, labels, inner_var):
    """The losses' derivatives in the scores, (C, b)."""
    residual = probabilities(rows, inner_var)
    residual[labels, np.arange(len(labels))] -= 1
    return residual


def loss_grad(rows, labels, weights, inner_var):
    """The gradient of sum_i weights_i l_i, (C p,)."""
    return ((weights * residuals(rows, labels, inner_var)) @ rows.T).ravel()


def loss_hvp(rows, weights, probability, v):
    """The Hessian of sum_i weights_i l_i where the classes have these probabilities, times v."""
    directional = v.reshape(-1, rows.shape[0]) @ rows
    directional = directional - np.sum(probability * directional, axis=0)
    return ((weights * probability * directional) @ rows.T).ravel()


def loss_hessian(rows, weights, inner_var):
    """The Hessian of sum_i weights_i l_i, (C p, C p), for weights that are not negative."""
    n_features = rows.shape[0]
    n_classes = inner_var.size // n_features
    hessian = np.zeros((inner_var.size, inner_var.size))
    for chunk in chunks(rows.shape[1]):
        some = rows[:, chunk].toarray() if issparse(rows) else rows[:, chunk]
        probability = probabilities(some, inner_var)
        # BLAS computes only one half of a matrix times its own transpose.
        weighted = np.sqrt(weights[chunk]) * some
        outer = (probability[:, np.newaxis] * weighted).reshape(inner_var.size, -1)
        hessian -= outer @ outer.T
        for c in range(n_classes):
            own = slice(c * n_features, (c + 1) * n_features)
            inside = np.sqrt(probability[c]) * weighted
            hessian[own, own] += inside @ inside.T
    return hessian


def accuracy(rows, labels, inner_var):
    """The fraction of the samples whose label has the largest score."""
    scores = inner_var.reshape(-1, rows.shape[0]) @ rows
    return float(np.mean(np.argmax(scores, axis=0) == labels))


def accuracies(inner_var, parts, features=np.transpose):
    """Accuracies on parts (X, y) of the samples, both by name; X may be None.

    ``features(X)`` are the features that the model uses, feature-major; by default X itself.
    """
    return {
        f"{name}_accuracy": accuracy(features(X), y, inner_var)
        for name, (X, y) in parts.items()
        if X is not None
    }


class SoftmaxProblem(Problem):
    """Base class of these problems.

    A subclass defines the static methods below, :meth:`arrays`, and :meth:`numba_oracle`. Its
    arrays are a ``NamedTuple`` with ``inner`` and ``outer``, :class:`Samples` both.

    Parameters
    ----------
    X_train, X_val, X_test : array or sparse array, (n, p), (m, p), (l, p)
        The last may be None. Sparse samples have no minibatches: full-batch solvers take them.
    y_train, y_val, y_test : array, (n,), (m,), (l,)
        Labels 0, 1, ..., C-1.
    """

    def __init__(self, X_train, y_train, X_val, y_val, X_test, y_test):
        self.data = X_train, y_train, X_val, y_val
        if issparse(X_train):
            # Its minibatches would have to be.
            self.frameworks = ()
        self.n_inner_samples, self.n_features = X_train.shape
        self.n_outer_samples = len(y_val)
        self.n_classes = int(y_train.max()) + 1
        self.inner_dim = self.n_classes * self.n_features
        self.inner, self.outer = all_of(X_train, y_train), all_of(X_val, y_val)
        self.scored = {"val": (X_val, y_val), "test": (X_test, y_test)}

    @staticmethod
    def sample_weights(xp, arrays, outer_var, batch):
        """The weights s of the samples of a minibatch, (b,), of the array namespace ``xp``."""
        raise NotImplementedError

    @staticmethod
    def penalties(xp, arrays, outer_var):
        """The penalties r, (C p,) or a number, of the array namespace ``xp``."""
        raise NotImplementedError

    @staticmethod
    def minibatch_cross(arrays, inner_var, outer_var, v, batch):
        """The cross derivative of G on a minibatch, times v, (d,), in NumPy."""
        raise NotImplementedError

    @staticmethod
    def minibatch_inner_grad_outer(arrays, inner_var, outer_var, batch):
        """The gradient of G in lambda on a minibatch, (d,), in NumPy."""
        raise NotImplementedError

    @staticmethod
    def minibatch_project(xp, arrays, outer_var):
        """The nearest outer variable in the box; all of R^d by default."""
        return outer_var

    @staticmethod
    def numba_oracle():
        """The minibatch oracles as kernels."""
        raise NotImplementedError

    def cut_both(self, inner_batch_size, outer_batch_size, dtype, rng):
        """Training and validation samples in minibatches, two :class:`Samples`."""
        X_train, y_train, X_val, y_val = self.data
        inner = cut(X_train, y_train, inner_batch_size, dtype, rng)
        return inner, cut(X_val, y_val, outer_batch_size, dtype, rng)

    def oracle(self, framework):
        if framework == "numba":
            return self.numba_oracle()
        if framework == "python":
            return numpy_oracle(type(self))
        return automatic_oracle(type(self), framework)

    def inner_value_grad(self, inner_var, outer_var):
        rows, labels = self.inner.rows[0], self.inner.labels[0]
        weights = self.sample_weights(np, self.all_samples, outer_var, 0)
        penalties = self.penalties(np, self.all_samples, outer_var)
        losses = cross_entropies(np, rows, labels, inner_var)
        value = weights @ losses + np.sum(penalties * inner_var**2) / 2
        return value, loss_grad(rows, labels, weights, inner_var) + penalties * inner_var

    def hvp(self, inner_var, outer_var, v):
        return numpy_oracle(type(self)).hvp(self.all_samples, inner_var, outer_var, v, 0)

    def cross(self, inner_var, outer_var, v):
        return self.minibatch_cross(self.all_samples, inner_var, outer_var, v, 0)

    def outer_value_grad(self, inner_var, outer_var):
        value = np.mean(cross_entropies(np, self.outer.rows[0], self.outer.labels[0], inner_var))
        oracle = numpy_oracle(type(self))
        return value, oracle.outer_grad(self.all_samples, inner_var, outer_var, 0)

    def inner_hessian(self, inner_var, outer_var):
        weights = self.sample_weights(np, self.all_samples, outer_var, 0)
        hessian = loss_hessian(self.inner.rows[0], weights, inner_var)
        hessian[np.diag_indices_from(hessian)] += self.penalties(np, self.all_samples, outer_var)
        return hessian

    def inner_hessian_product(self, inner_var, outer_var):
        rows = self.inner.rows[0]
        weights = self.sample_weights(np, self.all_samples, outer_var, 0)
        penalties = self.penalties(np, self.all_samples, outer_var)
        probability = probabilities(rows, inner_var)
        return lambda v: loss_hvp(rows, weights, probability, v) + penalties * v

    def inner_hessian_diagonal(self, inner_var, outer_var):
        rows = self.inner.rows[0]
        weights = self.sample_weights(np, self.all_samples, outer_var, 0)
        probability = probabilities(rows, inner_var)
        diagonal = (weights * probability * (1 - probability)) @ (rows**2).T
        return diagonal.ravel() + self.penalties(np, self.all_samples, outer_var)

    @cached_property
    def _data_smoothness(self):
        rows = self.inner.rows[0]
        if issparse(rows):
            norm = svds(rows, k=1, return_singular_vectors=False, rng=0)[0]
        else:
            norm = np.linalg.norm(rows, 2)
        # The Hessian of the cross-entropy in the scores is at most 1/2 (Bohning 1992).
        return norm**2 / 2

    def inner_smoothness(self, outer_var):
        weights = self.sample_weights(np, self.all_samples, outer_var, 0)
        penalties = self.penalties(np, self.all_samples, outer_var)
        return self._data_smoothness * weights.max() + np.max(penalties)

    def metrics(self, inner_var, outer_var):
        return accuracies(inner_var, self.scored)


def minibatch_inner_loss(xp, problem, arrays, inner_var, outer_var, batch):
    """G on a minibatch, of a class of problems."""
    rows, labels = arrays.inner.rows[batch], arrays.inner.labels[batch]
    weights = problem.sample_weights(xp, arrays, outer_var, batch)
    penalties = problem.penalties(xp, arrays, outer_var)
    data_fit = weights @ cross_entropies(xp, rows, labels, inner_var)
    return data_fit + xp.sum(penalties * inner_var**2) / 2


@cache
def numpy_oracle(problem):
    """The minibatch oracles of a class of problems in NumPy."""

    def inner_grad(arrays, inner_var, outer_var, batch):
        rows, labels = arrays.inner.rows[batch], arrays.inner.labels[batch]
        weights = problem.sample_weights(np, arrays, outer_var, batch)
        penalties = problem.penalties(np, arrays, outer_var)
        return loss_grad(rows, labels, weights, inner_var) + penalties * inner_var

    def inner_grads(arrays, inner_var, outer_var, batch):
        return (
            inner_grad(arrays, inner_var, outer_var, batch),
            problem.minibatch_inner_grad_outer(arrays, inner_var, outer_var, batch),
        )

    def hvp(arrays, inner_var, outer_var, v, batch):
        weights = problem.sample_weights(np, arrays, outer_var, batch)
        penalties = problem.penalties(np, arrays, outer_var)
        rows = arrays.inner.rows[batch]
        return loss_hvp(rows, weights, probabilities(rows, inner_var), v) + penalties * v

    def inner_grad_hvp_cross(arrays, inner_var, outer_var, v, batch):
        return (
            inner_grad(arrays, inner_var, outer_var, batch),
            hvp(arrays, inner_var, outer_var, v, batch),
            problem.minibatch_cross(arrays, inner_var, outer_var, v, batch),
        )

    def outer_grad(arrays, inner_var, outer_var, batch):
        rows, labels, weights, _ = (field[batch] for field in arrays.outer)
        return loss_grad(rows, labels, weights, inner_var), np.zeros_like(outer_var)

    cross, project = problem.minibatch_cross, partial(problem.minibatch_project, np)
    return Oracle(
        inner_grad,
        inner_grads,
        hvp,
        cross,
        inner_grad_hvp_cross,
        outer_grad,
        project,
        problem.minibatch_inner_grad_outer,
        lambda_grad(outer_grad),
        partial(minibatch_inner_loss, np, problem),
    )


@cache
def automatic_oracle(problem, framework):
    """The minibatch oracles of a class of problems by a framework's automatic differentiation."""
    framework = get_framework(framework)
    xp = framework.np
    inner_loss = partial(minibatch_inner_loss, xp, problem)

    def outer_loss(arrays, inner_var, outer_var, batch):
        rows, labels, weights, _ = (field[batch] for field in arrays.outer)
        return weights @ cross_entropies(xp, rows, labels, inner_var)

    project = partial(problem.minibatch_project, xp)
    return framework.oracle_from_losses(inner_loss, outer_loss, project)

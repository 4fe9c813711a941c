"""Problems defined by two losses per sample only: all derivatives are automatic.

With a loss g_i per training sample and a loss f_j per validation sample,

    G(lambda, theta) = 1/n sum_i g_i(lambda, theta)
    F(lambda, theta) = 1/m sum_j f_j(lambda, theta).
"""

from typing import NamedTuple

import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh

from benchmark_utils.minibatches.blocks import block_indices, block_weights
from benchmark_utils.oracle import Oracle
from benchmark_utils.problems.base import Problem
from benchmark_utils.problems.box import bounds_in


class Blocks(NamedTuple):
    """The samples of one level, cut into minibatches."""

    samples: tuple  # arrays (n_blocks, batch_size, ...)
    weights: np.ndarray  # (n_blocks, batch_size); they make a block's sum an estimate of the mean


class Arrays(NamedTuple):
    """The data that the oracles read."""

    inner: Blocks
    outer: Blocks
    settings: tuple  # numbers
    lower: float  # bounds of lambda
    upper: float


class Derivatives(NamedTuple):
    """The functions that a framework derives from two losses, on blocks of :class:`Arrays`."""

    oracle: Oracle
    numpy_oracle: Oracle  # the same; it takes and returns NumPy arrays
    inner_value_grad: object
    outer_value_grad: object
    inner_hessian: object


class TwoLossesProblem(Problem):
    """Base class of these problems, whichever framework differentiates.

    A subclass sets ``framework`` and defines :meth:`derivatives`.

    Parameters
    ----------
    inner_samples, outer_samples : tuple of arrays, (n, ...) and (m, ...)
        Arrays with one entry per sample, which the losses read.
    inner_var0, outer_var0 : array, (p,), (d,)
        Starting points.
    settings : tuple of float
        Numbers that both losses take after the samples.

    Attributes
    ----------
    framework : str
        The framework of :attr:`functions`.
    most_together : float
        The number of samples that the full-batch functions read at once: memory limits it.
    """

    most_together = np.inf

    def __init__(self, inner_samples, outer_samples, inner_var0, outer_var0, settings=()):
        self.inner_samples, self.outer_samples = inner_samples, outer_samples
        self.n_inner_samples, self.n_outer_samples = len(inner_samples[0]), len(outer_samples[0])
        self.inner_var0, self.outer_var0 = inner_var0.astype(float), outer_var0.astype(float)
        self.inner_dim, self.outer_dim = inner_var0.size, outer_var0.size
        self.settings = settings
        sizes = (
            int(min(n_samples, self.most_together))
            for n_samples in (self.n_inner_samples, self.n_outer_samples)
        )
        rng = np.random.default_rng(0)  # the order does not matter
        self.all_samples = self.arrays(*sizes, float, rng)
        self.functions = self.derivatives()

    def derivatives(self):
        """The :class:`Derivatives` of the problem's losses."""
        raise NotImplementedError

    def arrays(self, inner_batch_size, outer_batch_size, dtype, rng):
        inner = cut(self.inner_samples, inner_batch_size, dtype, rng)
        outer = cut(self.outer_samples, outer_batch_size, dtype, rng)
        return Arrays(inner, outer, self.settings, *bounds_in(dtype, self.lower, self.upper))

    def oracle(self, framework):
        return self.functions.oracle if framework == self.framework else self.functions.numpy_oracle

    def inner_value_grad(self, inner_var, outer_var):
        return self._mean(self.functions.inner_value_grad, "inner", inner_var, outer_var)

    def hvp(self, inner_var, outer_var, v):
        return self._mean(self.functions.numpy_oracle.hvp, "inner", inner_var, outer_var, v)

    def cross(self, inner_var, outer_var, v):
        return self._mean(self.functions.numpy_oracle.cross, "inner", inner_var, outer_var, v)

    def outer_value_grad(self, inner_var, outer_var):
        return self._mean(self.functions.outer_value_grad, "outer", inner_var, outer_var)

    def inner_hessian(self, inner_var, outer_var):
        return self._mean(self.functions.inner_hessian, "inner", inner_var, outer_var)

    def _mean(self, function, level, *args):
        """The mean of a function over all blocks of a level, which is its full-batch value."""
        n_blocks = len(getattr(self.all_samples, level).weights)
        parts = [function(self.all_samples, *args, block) for block in range(n_blocks)]
        return mean(parts)

    def inner_smoothness(self, outer_var):
        """Twice the Hessian's largest eigenvalue at the starting point, as no bound is known."""
        shape = (self.inner_dim, self.inner_dim)
        hessian = LinearOperator(
            shape, lambda v: self.hvp(self.inner_var0, outer_var, v.ravel()), dtype=float
        )
        if self.inner_dim == 1:
            return 2 * float(hessian @ np.ones(1))
        return 2 * eigsh(hessian, k=1, tol=1e-3, v0=np.ones(self.inner_dim))[0][0]


def cut(samples, batch_size, dtype, rng):
    """Samples as :class:`Blocks`; integers, such as labels, stay integers."""
    indices, filled = block_indices(len(samples[0]), batch_size, rng)

    def convert(array):
        return array.astype(dtype) if np.issubdtype(array.dtype, np.floating) else array

    blocks = tuple(convert(array)[indices] for array in samples)
    return Blocks(blocks, block_weights(filled, dtype))


def mean(parts):
    """The mean of numbers, of arrays, or of tuples of these."""
    if isinstance(parts[0], tuple):
        return tuple(map(mean, zip(*parts, strict=True)))
    return parts[0] if len(parts) == 1 else sum(parts) / len(parts)


def on_minibatch(level, loss):
    """A loss per sample as one of a minibatch, ``loss(arrays, inner_var, outer_var, batch)``.

    Parameters
    ----------
    level : {"inner", "outer"}
    loss : callable
        ``loss(inner_var, outer_var, *samples, *settings)``, one number per sample.
    """

    def minibatch_loss(arrays, inner_var, outer_var, batch):
        blocks = getattr(arrays, level)
        samples = (array[batch] for array in blocks.samples)
        losses = loss(inner_var, outer_var, *samples, *arrays.settings)
        return blocks.weights[batch] @ losses

    return minibatch_loss

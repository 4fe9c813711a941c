"""Data fits of linear models: a loss per sample of one number, its margin <a_i, theta>.

A fit holds what the loss reads besides the margins, in blocks of one minibatch each, and the
``scale`` by which a block's sum estimates the mean over all samples. It has the methods

* ``values(framework, margins, batch)``: the losses, (b,), which the framework may differentiate;
* ``slopes(margins, batch)`` and ``curvatures(margins, batch)``: their derivatives, by NumPy;
* ``in_blocks(scale, batch_size, dtype, rng)``: the fit in blocks, shuffled as ``rng`` says;

and ``largest_curvature``, the bound of a loss's curvature. The kernels are in ``fit_kernels.py``.
Padding has margins of 0: it adds at most a constant, and changes no derivative in theta.
"""

from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit

from benchmark_utils.minibatches.blocks import block_indices


class Logistic(NamedTuple):
    """log(1 + exp(-z)), with a_i = y_i x_i."""

    scale: float

    largest_curvature = 1 / 4

    def values(self, framework, margins, batch):
        return framework.softplus(-margins)

    def slopes(self, margins, batch):
        return -expit(-margins)

    def curvatures(self, margins, batch):
        probability = expit(margins)
        return probability * (1 - probability)

    def in_blocks(self, scale, batch_size, dtype, rng):
        return Logistic(scale)


class Squared(NamedTuple):
    """r^2 / 2 of the residual r = z - y_i, with a_i = x_i."""

    scale: float
    targets: Any  # (n_blocks, b)
    factor: float  # in the scale: 2 makes the fit the mean of r^2

    largest_curvature = 1.0

    def values(self, framework, margins, batch):
        return (margins - self.targets[batch]) ** 2 / 2

    def slopes(self, margins, batch):
        return margins - self.targets[batch]

    def curvatures(self, margins, batch):
        return np.ones_like(margins)

    def in_blocks(self, scale, batch_size, dtype, rng):
        scale = dtype.type(self.factor * scale)
        return self._replace(scale=scale, targets=cut(self.targets, batch_size, dtype, rng))


class Huber(NamedTuple):
    """r^2 / 2 up to |r| = delta, and delta |r| - delta^2 / 2 beyond: Huber (1964)."""

    scale: float
    targets: Any  # (n_blocks, b)
    delta: float

    largest_curvature = 1.0

    def values(self, framework, margins, batch):
        xp, size = framework.np, abs(margins - self.targets[batch])
        return xp.where(size <= self.delta, size**2 / 2, self.delta * (size - self.delta / 2))

    def slopes(self, margins, batch):
        return np.clip(margins - self.targets[batch], -self.delta, self.delta)

    def curvatures(self, margins, batch):
        return (abs(margins - self.targets[batch]) <= self.delta).astype(margins.dtype)

    def in_blocks(self, scale, batch_size, dtype, rng):
        return Huber(scale, cut(self.targets, batch_size, dtype, rng), dtype.type(self.delta))


def squared(factor, scale, targets):
    """The fit whose loss is ``factor`` r^2 / 2."""
    return Squared(factor * scale, targets, factor)


def cut(targets, batch_size, dtype, rng):
    """The targets of all samples, (1, n), in blocks; 0 where a block is padded."""
    indices, filled = block_indices(targets.size, batch_size, rng)
    return (targets[0][indices] * filled).astype(dtype)

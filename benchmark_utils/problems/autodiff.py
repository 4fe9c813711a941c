"""Problems defined by two JAX losses only: all derivatives are automatic.

With a loss g_i per training sample and a loss f_j per validation sample,

    G(lambda, theta) = 1/n sum_i g_i(lambda, theta)
    F(lambda, theta) = 1/m sum_j f_j(lambda, theta).
"""

from functools import cache, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from scipy.sparse.linalg import LinearOperator, eigsh

from benchmark_utils.frameworks.jax import oracle_from_losses
from benchmark_utils.minibatches.blocks import block_indices, block_weights
from benchmark_utils.oracle import Oracle
from benchmark_utils.problems.base import Problem
from benchmark_utils.problems.box import bounds_in, project


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


class AutodiffProblem(Problem):
    """Base class of problems that are defined by two losses.

    A subclass defines ``refuse``, a constructor that calls this one, and two static methods in
    ``jax.numpy``:

    * ``inner_loss(inner_var, outer_var, *samples, *settings)``: the losses g_i of the given
      training samples, penalties included, as an array with one number per sample;
    * ``outer_loss(inner_var, outer_var, *samples, *settings)``: the losses f_j of the given
      validation samples, in the same form.

    It may also replace ``inner_smoothness``, ``metrics``, ``searched``, and the bounds ``lower``
    and ``upper`` of lambda, which have defaults. Stochastic solvers run the problem with
    ``framework=jax``, or with ``python`` in a debugger.

    Parameters
    ----------
    inner_samples, outer_samples : tuple of arrays, (n, ...) and (m, ...)
        Arrays with one entry per sample, which the losses read.
    inner_var0, outer_var0 : array, (p,), (d,)
        Starting points.
    settings : tuple of float
        Numbers that both losses take after the samples.
    """

    frameworks = ("jax", "python")

    def __init__(self, inner_samples, outer_samples, inner_var0, outer_var0, settings=()):
        self.inner_samples, self.outer_samples = inner_samples, outer_samples
        self.n_inner_samples, self.n_outer_samples = len(inner_samples[0]), len(outer_samples[0])
        self.inner_var0, self.outer_var0 = inner_var0.astype(float), outer_var0.astype(float)
        self.inner_dim, self.outer_dim = inner_var0.size, outer_var0.size
        self.settings = settings
        rng = np.random.default_rng(0)  # the order does not matter: one block holds all samples
        self.all_samples = self.arrays(self.n_inner_samples, self.n_outer_samples, float, rng)
        self.functions = derivatives(type(self))

    @staticmethod
    def inner_loss(inner_var, outer_var, *samples_and_settings):
        """The losses g_i of a few training samples, (batch_size,)."""
        raise NotImplementedError

    @staticmethod
    def outer_loss(inner_var, outer_var, *samples_and_settings):
        """The losses f_j of a few validation samples, (batch_size,)."""
        raise NotImplementedError

    def arrays(self, inner_batch_size, outer_batch_size, dtype, rng):
        inner = cut(self.inner_samples, inner_batch_size, dtype, rng)
        outer = cut(self.outer_samples, outer_batch_size, dtype, rng)
        return Arrays(inner, outer, self.settings, *bounds_in(dtype, self.lower, self.upper))

    def oracle(self, framework):
        return self.functions.oracle if framework == "jax" else self.functions.numpy_oracle

    def inner_value_grad(self, inner_var, outer_var):
        value, grad = self.functions.inner_value_grad(self.all_samples, inner_var, outer_var, 0)
        return float(value), np.array(grad)

    def hvp(self, inner_var, outer_var, v):
        return self.functions.numpy_oracle.hvp(self.all_samples, inner_var, outer_var, v, 0)

    def cross(self, inner_var, outer_var, v):
        return self.functions.numpy_oracle.cross(self.all_samples, inner_var, outer_var, v, 0)

    def outer_value_grad(self, inner_var, outer_var):
        value, grads = self.functions.outer_value_grad(self.all_samples, inner_var, outer_var, 0)
        return float(value), tuple(map(np.array, grads))

    def inner_hessian(self, inner_var, outer_var):
        return np.array(self.functions.inner_hessian(self.all_samples, inner_var, outer_var))

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

    return Blocks(
        tuple(jnp.asarray(convert(array)[indices]) for array in samples),
        jnp.asarray(block_weights(filled, dtype)),
    )


class Derivatives(NamedTuple):
    """The compiled functions of a class of problems."""

    oracle: Oracle  # for JAX
    numpy_oracle: Oracle  # the same, compiled; it takes and returns NumPy arrays
    inner_value_grad: object
    outer_value_grad: object
    inner_hessian: object


@cache
def derivatives(problem_class):
    """Compile all derivatives of a class of problems, once."""

    def inner_loss(arrays, inner_var, outer_var, batch):
        samples = (array[batch] for array in arrays.inner.samples)
        losses = problem_class.inner_loss(inner_var, outer_var, *samples, *arrays.settings)
        return jnp.vdot(arrays.inner.weights[batch], losses)

    def outer_loss(arrays, inner_var, outer_var, batch):
        samples = (array[batch] for array in arrays.outer.samples)
        losses = problem_class.outer_loss(inner_var, outer_var, *samples, *arrays.settings)
        return jnp.vdot(arrays.outer.weights[batch], losses)

    oracle = oracle_from_losses(inner_loss, outer_loss, partial(project, jnp))

    def inner_hessian(arrays, inner_var, outer_var):
        column = partial(oracle.hvp, arrays, inner_var, outer_var, batch=0)
        return jax.lax.map(lambda v: column(v), jnp.eye(inner_var.size), batch_size=64)

    return Derivatives(
        oracle,
        Oracle(*map(for_numpy, oracle)),
        jax.jit(jax.value_and_grad(inner_loss, argnums=1)),
        jax.jit(jax.value_and_grad(outer_loss, argnums=(1, 2))),
        jax.jit(inner_hessian),
    )


def for_numpy(function):
    """Compile a JAX function, and let it return NumPy arrays that may be written to."""
    compiled = jax.jit(function)

    def call(*args):
        return jax.tree.map(np.array, compiled(*args))

    return call

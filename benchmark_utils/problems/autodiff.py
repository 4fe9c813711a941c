"""Problems defined by two JAX losses only; see ``two_losses.py``."""

from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np

from benchmark_utils.frameworks.jax import oracle_from_losses
from benchmark_utils.oracle import Oracle
from benchmark_utils.problems.box import project
from benchmark_utils.problems.two_losses import Derivatives, TwoLossesProblem, on_minibatch


class AutodiffProblem(TwoLossesProblem):
    """Base class of problems that are defined by two losses of flat variables.

    A subclass defines ``refuse``, a constructor that calls this one, and two static methods in
    ``jax.numpy``:

    * ``inner_loss(inner_var, outer_var, *samples, *settings)``: the losses g_i of the given
      training samples, penalties included, as an array with one number per sample;
    * ``outer_loss(inner_var, outer_var, *samples, *settings)``: the losses f_j of the given
      validation samples, in the same form.

    It may also replace ``inner_smoothness``, ``metrics``, ``searched``, and the bounds ``lower``
    and ``upper`` of lambda, which have defaults. Stochastic solvers run the problem with
    ``framework=jax``, or with ``python`` in a debugger. For the parameters of its constructor see
    :class:`TwoLossesProblem`; variables with more structure are for :class:`JaxProblem`.
    """

    framework = "jax"
    frameworks = ("jax", "python")

    @staticmethod
    def inner_loss(inner_var, outer_var, *samples_and_settings):
        """The losses g_i of a few training samples, (batch_size,)."""
        raise NotImplementedError

    @staticmethod
    def outer_loss(inner_var, outer_var, *samples_and_settings):
        """The losses f_j of a few validation samples, (batch_size,)."""
        raise NotImplementedError

    def derivatives(self):
        return compiled_derivatives(self.inner_loss, self.outer_loss)

    def arrays(self, inner_batch_size, outer_batch_size, dtype, rng):
        arrays = super().arrays(inner_batch_size, outer_batch_size, dtype, rng)
        inner, outer = jax.tree.map(jnp.asarray, (arrays.inner, arrays.outer))
        return arrays._replace(inner=inner, outer=outer)


@cache
def compiled_derivatives(inner_loss, outer_loss):
    """Compile all derivatives of two losses, once for all problems of a class."""
    inner_loss, outer_loss = on_minibatch("inner", inner_loss), on_minibatch("outer", outer_loss)
    oracle = oracle_from_losses(inner_loss, outer_loss, partial(project, jnp))

    def inner_hessian(arrays, inner_var, outer_var, batch):
        column = partial(oracle.hvp, arrays, inner_var, outer_var, batch=batch)
        return jax.lax.map(lambda v: column(v), jnp.eye(inner_var.size), batch_size=64)

    return Derivatives(
        oracle,
        Oracle(*map(for_numpy, oracle)),
        for_numpy(jax.value_and_grad(inner_loss, argnums=1)),
        for_numpy(jax.value_and_grad(outer_loss, argnums=(1, 2))),
        for_numpy(inner_hessian),
    )


def for_numpy(function):
    """Compile a JAX function, and let it return NumPy arrays that may be written to."""
    compiled = jax.jit(function)

    def call(*args):
        return jax.tree.map(to_numpy, compiled(*args))

    return call


def to_numpy(array):
    """An array, or the number that an array without dimensions is."""
    return np.array(array) if array.ndim else array.item()

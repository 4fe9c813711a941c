"""JAX: the same step under ``lax.scan``, on CPU or GPU, with automatic differentiation."""

import os
from functools import partial

# By default JAX takes most of a GPU's memory at its start, which leaves too little for other
# processes, such as those of `benchopt run -j`.
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")

import jax
import jax.numpy as jnp
import numpy

from benchmark_utils.frameworks import NoDevice, machine_code_folder
from benchmark_utils.frameworks.loops import make_linear_sgd, make_penalised_sgd, make_sgd
from benchmark_utils.frameworks.losses import make_oracle_from_losses

# JAX computes in float32 unless told otherwise; float32 arrays stay float32 with this switch on.
jax.config.update("jax_enable_x64", True)
# On a recent GPU products of float32 would keep ten bits only (TF32), see
# https://docs.jax.dev/en/latest/201/precision.html.
jax.config.update("jax_default_matmul_precision", "highest")
# Compiled code is kept for the next process, that of small programs too.
for _option, _value in {
    "jax_compilation_cache_dir": str(machine_code_folder() / "jax"),
    "jax_persistent_cache_min_compile_time_secs": 0.1,
    "jax_persistent_cache_min_entry_size_bytes": -1,
    # An entry that cannot be read costs a compilation, and no run.
    "jax_raise_persistent_cache_errors": False,
}.items():
    jax.config.update(_option, _value)


np = jnp


class NotNumPy(TypeError):
    """A step gives JAX's arrays to NumPy."""

    def __init__(self):
        super().__init__(
            "JAX compiles this step, and NumPy cannot take its arrays; take the functions of "
            "framework.np instead, as in xp = framework.np before the step, and xp.where in it."
        )


def fold(body):
    def loop(carry, indices, args):
        def one(carry, index):
            return body(carry, index, args), None

        return jax.lax.scan(one, carry, indices)[0]

    return loop


def fori_loop(body):
    def loop(n_steps, carry, args):
        return jax.lax.fori_loop(0, n_steps, lambda k, carry: body(k, carry, args), carry)

    return loop


def cond(first, second):
    def choose(condition, argument):
        first_type, second_type = (jax.eval_shape(branch, argument) for branch in (first, second))
        return jax.lax.cond(
            condition,
            lambda argument: jax.tree.map(_promoted, first(argument), second_type),
            lambda argument: jax.tree.map(_promoted, second(argument), first_type),
            argument,
        )

    return choose


def _promoted(value, other):
    """A value of one branch, in the precision of another: one of them may be a Python number."""
    value = jnp.asarray(value)
    if value.dtype == other.dtype:
        return value
    zero = other.dtype.type(0)
    return value + (zero.item() if other.weak_type else zero)


def jit(function):
    # The first argument is given away, so that tables within it are updated in place.
    return jax.jit(function, donate_argnums=0)


def iterations(step):
    @jit
    def loop(state, arrays, draws):
        def one(state, draw):
            return step(state, arrays, *draw), None

        try:
            return jax.lax.scan(one, state, draws)[0]
        except jax.errors.TracerArrayConversionError as error:
            raise NotNumPy from error

    def iterate(state, arrays, draws):
        # A Python float would come back as an array, and the loop be compiled once more for that.
        precision = state.inner_var.dtype.type
        state = jax.tree.map(lambda x: precision(x) if isinstance(x, float) else x, state)
        return loop(state, arrays, draws)

    iterate.lower = loop.lower
    return iterate


sgd, linear_sgd, penalised_sgd = (
    partial(make, fori_loop) for make in (make_sgd, make_linear_sgd, make_penalised_sgd)
)


def saga_update(table, mean, index, parts):
    row = jnp.concatenate(parts)
    # XLA updates the table in place only if nothing reads it later. It would fuse the reading of
    # the old row into whatever uses it, and copy the table for that. A sort by sorted keys is an
    # identity that it does not fuse, and old - old a dependency that it does not drop.
    old = jax.lax.dynamic_index_in_dim(table, index, keepdims=False)
    _, old = jax.lax.sort((jnp.arange(old.size), old), num_keys=1, is_stable=False)
    table = jax.lax.dynamic_update_index_in_dim(table, row + (old - old), index, 0)
    change = row - old
    return mean + change, table, update_mean(mean, change, len(table))


@jax.custom_jvp
def softplus(x):
    return jnp.logaddexp(0, x)


@softplus.defjvp
def _softplus_jvp(primals, tangents):
    # That of logaddexp takes three exponentials and a logarithm.
    [x], [tangent] = primals, tangents
    return softplus(x), jax.nn.sigmoid(x) * tangent


def update_mean(mean, change, n_values):
    return mean + change / n_values


def find_device(name):
    try:
        return jax.devices(None if name == "auto" else name)[0]
    except RuntimeError:
        raise NoDevice from None


def describe_device(device):
    return device.device_kind


load = jax.device_put


def to_numpy(array):
    return numpy.array(array)


wait = jax.block_until_ready


def make_products(inner_grad):
    """The oracles of second derivatives, forward-over-reverse (Dagreou et al., How to compute
    Hessian-vector products?, ICLR blog posts, 2024)."""

    def grad_and_hvp(arrays, inner_var, outer_var, v, batch):
        return jax.jvp(lambda x: inner_grad(arrays, x, outer_var, batch), (inner_var,), (v,))

    def hvp(arrays, inner_var, outer_var, v, batch):
        return grad_and_hvp(arrays, inner_var, outer_var, v, batch)[1]

    def cross(arrays, inner_var, outer_var, v, batch):
        return jax.grad(lambda x: jnp.vdot(inner_grad(arrays, inner_var, x, batch), v))(outer_var)

    def inner_grad_hvp_cross(arrays, inner_var, outer_var, v, batch):
        g_theta, product = grad_and_hvp(arrays, inner_var, outer_var, v, batch)
        return g_theta, product, cross(arrays, inner_var, outer_var, v, batch)

    return hvp, cross, inner_grad_hvp_cross


oracle_from_losses = partial(make_oracle_from_losses, jax.grad, make_products)

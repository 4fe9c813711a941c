"""How one algorithm source is run: compiled by numba or JAX, by PyTorch, or as plain Python.

A framework is a module with the few operations that differ. A step and the functions that it calls
are plain Python functions over arrays: ``np`` is their array namespace, NumPy, ``jax.numpy``, or
PyTorch behind the same names.
Loops and branches that the framework must know are made before the step, from functions:

* ``fold(body)``: the function ``loop(carry, indices, args)``, which is
  ``for index in indices: carry = body(carry, index, args)``;
* ``fori_loop(body)``: the function ``loop(n_steps, carry, args)``, which is
  ``for k in range(n_steps): carry = body(k, carry, args)``;
* ``cond(first, second)``: the function ``choose(condition, argument)``, which calls the first
  function if the condition holds, and else the second;
* ``sgd(inner_grad)``: from that oracle, the function ``loop(inner_var, batches, (arrays, outer_var,
  rho))``, which is ``for b in batches: theta <- theta - rho grad_theta G_b``;
* ``linear_sgd(hvp)``: from that oracle, the function ``loop(v, batches, n_steps, (arrays,
  inner_var, outer_var, rhs, eta))``, which is ``v <- v - eta (H_b v - rhs)`` for the first
  ``n_steps`` of the batches (Grazzi, Pontil and Salzo, AISTATS 2021);
* ``penalised_sgd(inner_grad, outer_grad)``: from these oracles, the function ``loop(phi,
  (inner_batches, outer_batches), (arrays, outer_var, rho, sigma))``, which is ``phi <- phi - rho
  (grad_theta G_b + grad_theta F_j / sigma)`` for each pair of batches (Kwon et al., ICML 2023);
* ``saga_update(table, mean, index, parts)``: SAGA's estimate ``row - table[index] + mean``, where
  ``parts`` are the vectors that make the row, then the table with that row, and the mean of its
  rows, both of which may be changed in place;
* ``update_mean(mean, change, n_values)``: the mean of n values of which one has changed, which may
  be done in place.

Losses may call ``softplus(x)``, log(1 + exp(x)) with derivatives that cost one exponential, where
the framework differentiates.

The base of stochastic solvers needs a few more:

* ``jit(function)``: compile a function for Python to call;
* ``iterations(step)``: compile many iterations for Python to call, ``iterate(state, arrays,
  draws)``, where ``draws`` are a tuple of arrays, or of tuples of arrays, of one row per iteration;
* ``find_device(name)``: the device of that name, ``auto``, ``cpu`` or ``cuda``; raises
  :class:`NoDevice` where there is none. ``describe_device(device)``: its kind, a text;
* ``load(arrays, device)``: a problem's arrays on that device;
* ``to_numpy(array)``: a NumPy copy that later iterations do not change, and ``wait(arrays)``:
  arrays once they have been computed.
"""

import os
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

FRAMEWORKS = ("numba", "jax", "torch", "python")
# Frameworks of packages that need not be installed, and the package's name to users.
OPTIONAL = {"torch": "PyTorch"}
# Read when PyTorch is loaded. Its threads would else wait by computing: where other processes share
# the cores, an iteration on a small network took a hundred times as long.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


class NoDevice(LookupError):
    """A framework finds no device of this name."""


def refuse_framework(name):
    """Say which package a framework needs and how to install it; None if it can run."""
    if name not in OPTIONAL or find_spec(name) is not None:
        return None
    return f"framework={name} needs {OPTIONAL[name]}; pip install {name}, or give another framework"


def that_runs(name):
    """The framework that runs in the place of one: Python, where ``NUMBA_DISABLE_JIT=1``, numba's
    switch for a debugger, leaves nothing compiled by numba."""
    switched_off = os.environ.get("NUMBA_DISABLE_JIT", "0") not in ("", "0")
    return "python" if name == "numba" and switched_off else name


def get_framework(name):
    """Import a framework by its name, one of ``FRAMEWORKS``, and none of the others."""
    return import_module(f"benchmark_utils.frameworks.{name}")


def machine_code_folder():
    """Where compiled code is kept: in ``NUMBA_CACHE_DIR``, or else in benchopt's cache."""
    given = os.environ.get("NUMBA_CACHE_DIR")
    return Path(given or Path(__file__).parents[2] / "__cache__") / "machine_code"

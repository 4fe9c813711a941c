"""How one algorithm source is run: compiled by numba, compiled by JAX, or as plain Python.

A framework is a module of this package with the few operations that differ:

* ``compile(function)``: make a function callable from compiled code;
* ``inline(function)``: the same for one that only calls others, which compiles faster inlined;
* ``once(function)``: the same for a long one that is called from several places;
* ``scan(body)``: from a compiled body, ``loop(carry, indices, args)``, which is
  ``for index in indices: carry = body(carry, index, args)``, to be called from compiled code;
* ``scan_first(body)``: the same over the first few, ``loop(carry, indices, n_first, args)``;
* ``either(first, second)``: from two compiled functions of one argument, ``choose(condition,
  argument)``, which calls the first if the condition holds and else the second;
* ``outermost(loop)``: compile such a loop for Python to call;
* ``iterations(step)``: from one iteration of an algorithm,
  ``step(state, problem, inner_batches, outer_batches, step_sizes)``, compile many for Python to
  call: ``iterate(state, problem, inner_batches, outer_batches, step_sizes)``, where the last three
  have one row an iteration; both take one argument more if the algorithm draws more;
* ``zeros_like(x)``: zeros of an array's shape and precision;
* ``dot(x, y)``: the inner product of two vectors, in their precision;
* ``positive_part(x)``: the larger of a number and 0, in its precision;
* ``remember(table, mean, index, parts)``: SAGA's estimate ``row - table[index] + mean``, where
  ``parts`` are the vectors that make the row, and the table with that row and the mean of its rows,
  both in place;
* ``update_mean(mean, change, n_values)``: the mean of n values of which one has changed, in place;
* ``load(arrays)``: a problem's arrays where the framework computes;
* ``to_numpy(array)``: a NumPy copy that later iterations do not touch;
* ``wait(arrays)``: return arrays once they have been computed.
"""

from importlib import import_module

FRAMEWORKS = ("numba", "jax", "python")


def get_framework(name):
    """Import a framework by its name, one of ``FRAMEWORKS``, and pay for that one alone."""
    return import_module(f"benchmark_utils.frameworks.{name}" + ".operations" * (name == "numba"))

"""Problems whose variables are the named parameters of PyTorch modules."""

from functools import partial

import torch
from torch.func import grad_and_value

from benchmark_utils.frameworks.torch import (
    device_of,
    find_device,
    load,
    np,
    oracle_from_losses,
    to_numpy,
)
from benchmark_utils.oracle import Oracle
from benchmark_utils.problems.box import project
from benchmark_utils.problems.networks import NetworkProblem, joined, split
from benchmark_utils.problems.two_losses import Derivatives, TwoLossesProblem, on_minibatch


class TorchProblem(NetworkProblem, TwoLossesProblem):
    """Base class of problems over PyTorch modules; :class:`JaxProblem` is the same in JAX.

    A subclass defines ``refuse``, a constructor that calls this one, and

    * ``inner_loss(params, outer, batch)``: one loss g_i per training sample, penalties included, as
      with ``reduction="none"``;
    * ``outer_loss(params, outer, batch)``: one loss f_j per validation sample;
    * ``scores(params, outer, X)``, if there are classes: a score per sample and class, (b, C).

    ``params`` and ``outer`` are dicts of tensors by name, for ``torch.func.functional_call``, and
    ``batch`` is a tuple with a minibatch of each array of samples. A loss depends on nothing else:
    layers may have no state, as running means of batch normalisation are, and draw nothing at
    random. :class:`NetworkProblem` says what ``strongly_convex`` is. Stochastic solvers run the
    problem with ``framework=torch``.

    Parameters
    ----------
    inner, outer : torch.nn.Module, or dict of str to tensor or array
        Starting points of theta and lambda.
    inner_samples, outer_samples : tuple of arrays, (n, ...) and (m, ...)
        Arrays with one entry per sample.
    scored : dict, optional
        The samples (X, y) on which ``metrics`` gives the accuracy, by name; X may be None.
    """

    framework = "torch"
    frameworks = ("torch",)

    def __init__(self, inner, outer, inner_samples, outer_samples, scored=None):
        self.scored = scored or {}
        inner_var0, self.inner_tree = flattened(inner)
        outer_var0, self.outer_tree = flattened(outer)
        super().__init__(inner_samples, outer_samples, inner_var0, outer_var0)
        self.all_samples = load(self.all_samples, find_device("auto"))

    def derivatives(self):
        inner_loss, outer_loss = map(on_minibatch, ("inner", "outer"), self.flat_losses())
        oracle = oracle_from_losses(inner_loss, outer_loss, partial(project, np))

        def inner_hessian(arrays, inner_var, outer_var, batch):
            columns = torch.eye(inner_var.shape[0], dtype=inner_var.dtype, device=inner_var.device)
            products = [oracle.hvp(arrays, inner_var, outer_var, v, batch) for v in columns]
            return torch.stack(products)

        return Derivatives(
            oracle,
            Oracle(*map(for_numpy, oracle)),
            for_numpy(value_and_grad(inner_loss, 1)),
            for_numpy(value_and_grad(outer_loss, (1, 2))),
            for_numpy(inner_hessian),
        )

    def numpy_scores(self, inner_var, outer_var, X):
        return for_numpy(lambda _, *args: self.flat_scores(*args))(
            self.all_samples, inner_var, outer_var, X
        )


def flattened(named):
    """The parameters of a module or of a dict as a vector, in the order of their names as in a
    pytree of JAX, and the function that makes the dict of such a vector."""
    if isinstance(named, torch.nn.Module):
        named = dict(named.named_parameters())
    arrays = {name: torch.as_tensor(named[name]).numpy(force=True) for name in sorted(named)}
    shapes = {name: array.shape for name, array in arrays.items()}

    def as_dict(vector):
        return dict(zip(shapes, split(vector, shapes.values()), strict=True))

    return joined(arrays.values()), as_dict


def value_and_grad(loss, argnums):
    """The function of a loss and its gradient, in this order."""
    both = grad_and_value(loss, argnums)

    def call(*args):
        gradient, value = both(*args)
        return value, gradient

    return call


def for_numpy(function):
    """A function of arrays of the problem and more, which takes and returns NumPy arrays."""

    def call(arrays, *args):
        device = device_of(arrays)
        return as_numpy(function(arrays, *(load(arg, device) for arg in args)))

    return call


def as_numpy(value):
    """Tensors, in tuples, as arrays; those without dimensions as numbers."""
    if isinstance(value, tuple):
        return tuple(map(as_numpy, value))
    return to_numpy(value) if value.ndim else value.item()

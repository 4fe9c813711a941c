"""Problems whose variables are pytrees of JAX arrays, such as the parameters of a network."""

from functools import cached_property

import jax
import numpy as np

from benchmark_utils.problems.autodiff import AutodiffProblem, compiled_derivatives, for_numpy
from benchmark_utils.problems.networks import NetworkProblem, joined, split


class JaxProblem(NetworkProblem, AutodiffProblem):
    """Base class of problems over pytrees; :class:`TorchProblem` is the same in PyTorch.

    A subclass defines ``refuse``, a constructor that calls this one, and

    * ``inner_loss(params, outer, batch)``: one loss g_i per training sample, penalties included;
    * ``outer_loss(params, outer, batch)``: one loss f_j per validation sample;
    * ``scores(params, outer, X)``, if there are classes: a score per sample and class, (b, C).

    ``params`` and ``outer`` are pytrees as given to the constructor, and ``batch`` is a tuple with
    a minibatch of each array of samples. :class:`NetworkProblem` says what ``strongly_convex`` is.

    Parameters
    ----------
    inner, outer : pytree of arrays
        Starting points of theta and lambda.
    inner_samples, outer_samples : tuple of arrays, (n, ...) and (m, ...)
        Arrays with one entry per sample.
    scored : dict, optional
        The samples (X, y) on which ``metrics`` gives the accuracy, by name; X may be None.
    """

    def __init__(self, inner, outer, inner_samples, outer_samples, scored=None):
        self.scored = scored or {}
        inner_leaves, self.inner_tree = flattened(inner)
        outer_leaves, self.outer_tree = flattened(outer)
        super().__init__(inner_samples, outer_samples, joined(inner_leaves), joined(outer_leaves))

    def derivatives(self):
        # Not shared with other problems of the class, whose trees may differ.
        return compiled_derivatives.__wrapped__(*self.flat_losses())

    @cached_property
    def numpy_scores(self):
        return for_numpy(self.flat_scores)


def flattened(tree):
    """The leaves of a pytree, and the function that makes such a tree of a vector."""
    leaves, structure = jax.tree.flatten(tree)
    shapes = [np.shape(leaf) for leaf in leaves]
    return leaves, lambda vector: structure.unflatten(split(vector, shapes))

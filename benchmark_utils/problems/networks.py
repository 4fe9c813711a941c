"""What problems over the named parameters of networks share, in PyTorch and in JAX."""

from itertools import pairwise
from math import prod

import numpy as np


class NetworkProblem:
    """Mixin of these problems; list it before the base class.

    ``inner_tree`` and ``outer_tree`` make the named parameters of a flat vector, ``numpy_scores``
    is :meth:`flat_scores` for NumPy arrays, and ``scored`` has the samples on which it is used.

    Attributes
    ----------
    strongly_convex : bool
        Whether G is strongly convex in theta for each lambda, as with a linear model and a penalty.
        If not, which is the default, theta* and h are not judged, but F and the gradient of G at
        the solver's own theta.
    """

    strongly_convex = False
    most_together = 1024

    def flat_losses(self):
        """Both losses as functions of flat variables and samples."""
        return self.of_vectors(self.inner_loss), self.of_vectors(self.outer_loss)

    def of_vectors(self, function):
        """A function of named parameters and samples, ``function(params, outer, samples)``, as one
        of flat variables and samples."""

        def flat(inner_var, outer_var, *samples):
            return function(self.inner_tree(inner_var), self.outer_tree(outer_var), samples)

        return flat

    def flat_scores(self, inner_var, outer_var, X):
        """``scores`` of flat variables."""
        return self.scores(self.inner_tree(inner_var), self.outer_tree(outer_var), X)

    def metrics(self, inner_var, outer_var):
        def accuracy(X, y):
            parts = np.array_split(np.arange(len(y)), -(-len(y) // self.most_together))
            scores = [self.numpy_scores(inner_var, outer_var, X[part]) for part in parts]
            return float(np.mean(np.concatenate(scores).argmax(axis=1) == y))

        return {
            f"{name}_accuracy": accuracy(X, y)
            for name, (X, y) in self.scored.items()
            if X is not None
        }


def split(vector, shapes):
    """A vector of any framework, cut into arrays of these shapes, one after the other."""
    ends = np.cumsum([0, *map(prod, shapes)]).tolist()
    return [
        vector[start:end].reshape(shape)
        for (start, end), shape in zip(pairwise(ends), shapes, strict=True)
    ]


def joined(arrays):
    """Arrays as one vector of floats, (p,); :func:`split` is the inverse."""
    return np.concatenate([np.ravel(array) for array in arrays]).astype(float)

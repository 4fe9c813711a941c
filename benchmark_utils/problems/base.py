"""What every bilevel problem offers to solvers and to the judge."""

import numpy as np

from benchmark_utils.blocks import block_sizes
from benchmark_utils.frameworks import FRAMEWORKS


class Problem:
    """A bilevel problem min_lambda F(lambda, theta*(lambda)), theta* = argmin_theta G.

    A subclass sets the attributes, and defines what raises ``NotImplementedError``.

    Attributes
    ----------
    inner_dim, outer_dim : int
        p and d, the lengths of ``inner_var`` and ``outer_var``.
    n_inner_samples, n_outer_samples : int
        n and m, over which G and F are averages.
    inner_var0 : array, (p,)
        Starting point of theta, the same for every solver.
    outer_var0 : array, (d,)
        Starting point of lambda.
    frameworks : tuple of str
        For which :meth:`oracle` has minibatch oracles.
    """

    frameworks = FRAMEWORKS

    @staticmethod
    def refuse(task, **data):
        """One sentence that says why a dataset cannot be used; None if it can."""
        raise NotImplementedError

    def arrays(self, inner_batch_size, outer_batch_size, dtype, rng):
        """The samples in shuffled blocks of a minibatch each, a ``NamedTuple`` of arrays."""
        raise NotImplementedError

    def oracle(self, framework):
        """The minibatch oracles for a framework's name, an ``Oracle`` over :meth:`arrays`.

        The same object each time, by which a solver knows what it has compiled already.
        """
        raise NotImplementedError

    def inner_value_grad(self, inner_var, outer_var):
        """G and its gradient in theta, (p,), on all samples."""
        raise NotImplementedError

    def hvp(self, inner_var, outer_var, v):
        """The Hessian of G in theta, on all samples, times v, (p,)."""
        raise NotImplementedError

    def cross(self, inner_var, outer_var, v):
        """The cross derivative of G, on all samples, times v, (d,)."""
        raise NotImplementedError

    def outer_value_grad(self, inner_var, outer_var):
        """F and its gradient in theta (p,) and lambda (d,), on all samples."""
        raise NotImplementedError

    def inner_hessian(self, inner_var, outer_var):
        """The Hessian of G in theta, on all samples, (p, p)."""
        raise NotImplementedError

    def inner_smoothness(self, outer_var):
        """A bound, over all theta, of the largest eigenvalue of the Hessian of G in theta."""
        raise NotImplementedError

    def project(self, outer_var):
        """The nearest outer variable at which the problem is defined; all of R^d by default."""
        return outer_var

    def from_unit_cube(self, points):
        """Map [0, 1]^d to the region in which a black-box method searches."""
        raise NotImplementedError

    def metrics(self, inner_var):
        """Scores of a theta beside F, by name; accuracies for a classification."""
        return {}

    def block_sizes(self, inner_batch_size, outer_batch_size):
        """Samples in each inner and in each outer block of :meth:`arrays`, two integer arrays."""
        return (
            block_sizes(self.n_inner_samples, inner_batch_size),
            block_sizes(self.n_outer_samples, outer_batch_size),
        )


def chunks(n_samples, size=4096):
    """Slices that cut n samples so that a chunk's intermediate results stay in cache."""
    return [slice(start, start + size) for start in range(0, n_samples, size)]


def finite(*arrays):
    """Whether all entries of all arrays are finite."""
    return all(np.isfinite(array).all() for array in arrays)

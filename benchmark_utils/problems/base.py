"""What every bilevel problem offers to solvers and to the judge."""

import numpy as np

from benchmark_utils.frameworks import FRAMEWORKS
from benchmark_utils.minibatches.blocks import block_sizes
from benchmark_utils.numerics.newton import hessian_solver, newton, support_solver


class Problem:
    """A bilevel problem min_lambda F(lambda, theta*(lambda)), theta* = argmin_theta G.

    A subclass sets the attributes, and defines what raises ``NotImplementedError``. It is made from
    a dataset's arrays, the objective's parameters that it names in ``allowed``, and a ``seed`` for
    the starting points.

    Attributes
    ----------
    allowed : dict of str to Allowed
        The parameters of the objective that the problem takes, and what each may be.
    inner_dim, outer_dim : int
        p and d, the lengths of ``inner_var`` and ``outer_var``.
    n_inner_samples, n_outer_samples : int
        n and m, over which G and F are averages.
    inner_var0 : array, (p,)
        Starting point of theta, the same for every solver.
    outer_var0 : array, (d,)
        Starting point of lambda.
    smooth : bool
        Whether G is smooth in theta. If not, it is a smooth part, of which ``inner_value_grad``,
        ``hvp`` and ``inner_smoothness`` are the functions, and a :meth:`penalty` with a
        :meth:`prox`, smooth where the :meth:`support` of theta and its signs stay as they are.
    frameworks : tuple of str
        For which :meth:`oracle` has minibatch oracles.
    """

    allowed = {}
    smooth = True
    frameworks = FRAMEWORKS

    @staticmethod
    def refuse(task, **data):
        """One sentence that says why a dataset cannot be used; None if it can."""
        raise NotImplementedError

    def arrays(self, inner_batch_size, outer_batch_size, dtype, rng):
        """The samples in shuffled blocks of a minibatch each, a ``NamedTuple`` of arrays."""
        raise NotImplementedError

    def lend_arrays(self, inner_batch_size, outer_batch_size, dtype, rng):
        """The same for one run, after which the arrays are given to :meth:`take_back`.

        A problem may move its samples there instead of copying them, if it reads them there, in its
        functions on all samples, until they come back.
        """
        return self.arrays(inner_batch_size, outer_batch_size, dtype, rng)

    def take_back(self, arrays):
        """Take lent arrays back; they must not be used any more."""

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
        """The Hessian of G in theta, on all samples, (p, p); of a non-smooth G its block on the
        support of theta."""
        raise NotImplementedError

    def inner_hessian_product(self, inner_var, outer_var):
        """A function that multiplies the Hessian of G in theta, on all samples, by v, (p,)."""
        return lambda v: self.hvp(inner_var, outer_var, v)

    def inner_hessian_diagonal(self, inner_var, outer_var):
        """The diagonal of the Hessian of G in theta, (p,), or another positive vector in its place:
        the judge's preconditioner where p is large. By default ones, which change nothing."""
        return np.ones(self.inner_dim)

    def hessian_solver(self, inner_var, outer_var):
        """A function that solves the linear system hessian_theta,theta G x = b, (p,), exactly; for
        a non-smooth G on the support of theta, and x is 0 elsewhere. Where a dense matrix is
        singular it gives the least-squares solution of least norm."""
        make = hessian_solver if self.smooth else support_solver
        return make(self, inner_var, outer_var)

    def penalty(self, inner_var, outer_var):
        """The non-smooth part of G; 0 if there is none."""
        return 0.0

    def subgradient(self, inner_var, outer_var):
        """The gradient of the non-smooth part of G on the support of theta, and 0 elsewhere."""
        return np.zeros_like(inner_var)

    def prox(self, point, outer_var, step_size):
        """The proximal operator of ``step_size`` times the non-smooth part of G, (p,)."""
        return point

    def support(self, inner_var):
        """Where theta may move without leaving the piece on which G is smooth, (p,) booleans."""
        return np.full(inner_var.shape, True) if self.smooth else inner_var != 0

    def step(self, inner_var, outer_var, step_size):
        """One step of gradient descent on G, of proximal gradient descent if not smooth, (p,)."""
        _, grad = self.inner_value_grad(inner_var, outer_var)
        return self.prox(inner_var - step_size * grad, outer_var, step_size)

    def step_vjp(self, inner_var, next_var, outer_var, step_size, u):
        """The derivatives of a :meth:`step` from ``inner_var`` to ``next_var``, transposed and
        times u (p,): in theta (p,) and in lambda (d,)."""
        in_inner = u - step_size * self.hvp(inner_var, outer_var, u)
        return in_inner, -step_size * self.cross(inner_var, outer_var, u)

    def solve_inner(self, outer_var, inner_start):
        """theta*(lambda), (p,), to the last digits of float64, and a function that solves the
        linear system hessian_theta,theta G x = b there; Newton's method by default."""
        return newton(self, outer_var, inner_start)

    def inner_smoothness(self, outer_var):
        """A bound, over all theta, of the largest eigenvalue of the Hessian of G in theta."""
        raise NotImplementedError

    def project(self, outer_var):
        """The nearest outer variable at which the problem is defined; all of R^d by default."""
        return outer_var

    def from_unit_cube(self, points):
        """Map [0, 1]^d to the region in which a black-box method searches."""
        raise NotImplementedError

    def metrics(self, inner_var, outer_var):
        """Scores of theta and lambda beside F, by name; accuracies for a classification."""
        return {}

    def torch_losses(self):
        """G and F on all samples as functions of PyTorch tensors ``(inner_var, outer_var)``, for
        solvers that run another library; None where a problem has none."""
        return None

    def block_sizes(self, inner_batch_size, outer_batch_size):
        """Samples in each inner and in each outer block of :meth:`arrays`, two integer arrays."""
        return (
            block_sizes(self.n_inner_samples, inner_batch_size),
            block_sizes(self.n_outer_samples, outer_batch_size),
        )


def chunks(n_samples, size=4096):
    """Slices that cut n samples so that a chunk's intermediate results stay in cache."""
    return [slice(start, start + size) for start in range(0, n_samples, size)]

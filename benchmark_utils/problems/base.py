"""The interface of bilevel problems, for solvers and the judge."""

from functools import cached_property

import numpy as np

from benchmark_utils.frameworks import FRAMEWORKS
from benchmark_utils.minibatches.blocks import block_sizes
from benchmark_utils.numerics.newton import hessian_solver, newton
from benchmark_utils.numerics.value_function import largest_curvature
from benchmark_utils.problems.box import FREE


class Problem:
    """A bilevel problem min_lambda F(lambda, theta*(lambda)), theta* = argmin_theta G.

    A subclass sets the attributes, and defines the methods that raise ``NotImplementedError``. Its
    constructor takes, by keyword, arrays of a dataset, its ``parameters``, and a ``seed`` for the
    starting points. The names of its arguments say which arrays it needs.

    Attributes
    ----------
    parameters : dict of str to list
        The problem's parameters, each with its default, which the objective offers as well. They
        must be a literal, in only one class of a file.
    allowed : dict of str to Allowed
        The allowed values of each parameter.
    inner_dim, outer_dim : int
        p and d, the lengths of ``inner_var`` and ``outer_var``.
    n_inner_samples, n_outer_samples : int
        n and m, over which G and F are averages.
    inner_var0 : array, (p,)
        Starting point of theta, the same for every solver.
    outer_var0 : array, (d,)
        Starting point of lambda.
    lower, upper : float
        Bounds of each entry of lambda, see :mod:`benchmark_utils.problems.box`; infinite by
        default.
    searched : pair of float
        Where a black-box method searches each entry of lambda if it has no bounds.
    max_calls : float
        One-sample oracle calls, of all kinds, after which a run ends; the objective sets it.
    smooth : bool
        Whether G is smooth in theta; if not, see :class:`NonSmoothProblem`.
    strongly_convex : bool
        Whether G is strongly convex in theta for each lambda, so that theta* and h are defined; if
        not, only stochastic solvers take the problem, and h is not judged.
    inner_is_root : bool
        Whether theta* is the root of a residual g(lambda, .) that is no gradient. Then g takes the
        place of grad_theta G: :meth:`hvp` and :meth:`cross` multiply by the transposes of its
        Jacobians in theta and lambda, and G itself, which does not exist, is NaN.
    inner_block : int
        For roots: theta is cut into blocks of this length, as the states of several samples, whose
        residuals do not depend on each other.
    frameworks : tuple of str
        Frameworks for which :meth:`oracle` has minibatch oracles.
    """

    parameters: dict
    allowed = {}
    lower, upper = FREE
    searched = (-5.0, 5.0)
    max_calls = np.inf
    smooth = True
    strongly_convex = True
    inner_is_root = False
    frameworks = FRAMEWORKS

    @staticmethod
    def refuse(task, **data):
        """One sentence that says why a dataset cannot be used; None if it can."""
        raise NotImplementedError

    @classmethod
    def refuse_parameters(cls, **parameters):
        """One sentence that says why parameters, each of which is allowed, do not go together; None
        if they do."""
        return None

    def arrays(self, inner_batch_size, outer_batch_size, dtype, rng):
        """The samples in shuffled blocks of one minibatch each, a ``NamedTuple`` of arrays."""
        raise NotImplementedError

    def oracle(self, framework):
        """The minibatch oracles for a framework's name, an ``Oracle`` over :meth:`arrays`.

        It is the same object each time, so that a solver knows what it has already compiled.
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

    def inner_hessian_product(self, inner_var, outer_var):
        """A function that multiplies the Hessian of G in theta, on all samples, by v, (p,)."""
        return lambda v: self.hvp(inner_var, outer_var, v)

    def inner_hessian_diagonal(self, inner_var, outer_var):
        """The diagonal of the Hessian of G in theta, (p,), or another positive vector. The judge
        uses it as a preconditioner if p is large. By default all ones, which have no effect."""
        return np.ones(self.inner_dim)

    def hessian_solver(self, inner_var, outer_var):
        """A function that solves the linear system hessian_theta,theta G x = b, (p,), exactly.
        If a dense matrix is singular, it gives the least-squares solution of least norm."""
        return hessian_solver(self, inner_var, outer_var)

    def step(self, inner_var, outer_var, step_size):
        """One step of gradient descent on G, (p,)."""
        _, grad = self.inner_value_grad(inner_var, outer_var)
        return inner_var - step_size * grad

    def step_vjp(self, inner_var, next_var, outer_var, step_size, u):
        """The derivatives of a :meth:`step` from ``inner_var`` to ``next_var``, transposed and
        times u (p,): in theta (p,) and in lambda (d,)."""
        in_inner = u - step_size * self.hvp(inner_var, outer_var, u)
        return in_inner, -step_size * self.cross(inner_var, outer_var, u)

    def solve_inner(self, outer_var, inner_start):
        """theta*(lambda), (p,), to the precision of float64, and a function that solves the
        linear system hessian_theta,theta G x = b there; Newton's method by default."""
        return newton(self, outer_var, inner_start)

    def inner_smoothness(self, outer_var):
        """A bound, over all theta, of the largest eigenvalue of the Hessian of G in theta."""
        raise NotImplementedError

    @cached_property
    def largest_smoothness(self):
        """:meth:`inner_smoothness` where lambda is largest, or where it starts if it has no bound;
        1 where no bound of that is known."""
        bounded = np.isfinite(self.upper)
        outer_var = np.full(self.outer_dim, self.upper) if bounded else self.outer_var0
        try:
            return to_three_digits(self.inner_smoothness(outer_var))
        except NotImplementedError:
            return 1.0

    @cached_property
    def outer_smoothness(self):
        """The largest curvature of h where lambda starts; 1 where h is not defined, or is flat."""
        return to_three_digits(largest_curvature(self)) if self.strongly_convex else 1.0

    def project(self, outer_var):
        """The nearest outer variable at which the problem is defined, that is, in its box."""
        return np.clip(outer_var, self.lower, self.upper)

    def projected_gradient(self, outer_var, grad):
        """lambda - project(lambda - grad), (d,): zero where h has no descent within the box."""
        return np.clip(grad, outer_var - self.upper, outer_var - self.lower)

    def from_unit_cube(self, points):
        """Map [0, 1]^d to the region in which a black-box method searches: the box."""
        box = self.lower, self.upper
        low, high = box if np.isfinite(box).all() else self.searched
        return self.project(low + (high - low) * np.asarray(points))

    def metrics(self, inner_var, outer_var):
        """Scores of theta and lambda besides F, by name; for a classification, accuracies."""
        return {}

    def pictures(self, outer_var):
        """What lambda looks like, as a list of :class:`Picture`; none by default."""
        return []

    def torch_losses(self):
        """G and F on all samples as functions of PyTorch tensors ``(inner_var, outer_var)``, for
        solvers that run another library; None if the problem has none."""
        return None

    def block_sizes(self, inner_batch_size, outer_batch_size):
        """Samples in each inner and in each outer block of :meth:`arrays`, two integer arrays."""
        return (
            block_sizes(self.n_inner_samples, inner_batch_size),
            block_sizes(self.n_outer_samples, outer_batch_size),
        )


def to_three_digits(number):
    """A positive number without its last digits, which differ between machines; 1 if it is not."""
    return float(f"{number:.2e}") if 0 < number < np.inf else 1.0


def chunks(n_samples, size=4096):
    """Slices that cut n samples so that a chunk's intermediate results stay in cache."""
    return [slice(start, start + size) for start in range(0, n_samples, size)]

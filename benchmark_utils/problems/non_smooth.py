"""Base class of problems whose inner objective has a non-smooth penalty, such as an l1 norm."""

import numpy as np

from benchmark_utils.numerics.newton import support_solver
from benchmark_utils.problems.base import Problem


class NonSmoothProblem(Problem):
    """A problem whose G is a smooth part plus a :meth:`penalty`.

    ``inner_value_grad``, ``hvp`` and ``inner_smoothness`` are those of the smooth part. The sum is
    smooth as long as the :meth:`support` of theta and its signs do not change.
    """

    smooth = False

    def penalty(self, inner_var, outer_var):
        """The non-smooth part of G."""
        raise NotImplementedError

    def subgradient(self, inner_var, outer_var):
        """The gradient of the penalty on the support of theta, and 0 elsewhere, (p,)."""
        raise NotImplementedError

    def prox(self, point, outer_var, step_size):
        """The proximal operator of ``step_size`` times the penalty, (p,)."""
        raise NotImplementedError

    def support(self, inner_var):
        """Where theta is not 0, (p,) booleans."""
        return inner_var != 0

    def hessian_on(self, inner_var, outer_var, places):
        """The block of the Hessian of the smooth part at these places, (p,) booleans."""
        raise NotImplementedError

    def inner_hessian(self, inner_var, outer_var):
        """The block of the Hessian of the smooth part on the support of theta."""
        return self.hessian_on(inner_var, outer_var, self.support(inner_var))

    def hessian_solver(self, inner_var, outer_var):
        """Solve the linear system on the support of theta; the solution is 0 elsewhere."""
        return support_solver(self, inner_var, outer_var)

    def step(self, inner_var, outer_var, step_size):
        """One step of proximal gradient descent on G, (p,)."""
        return self.prox(super().step(inner_var, outer_var, step_size), outer_var, step_size)

    def step_vjp(self, inner_var, next_var, outer_var, step_size, u):
        """As for a smooth G, on the entries that the proximal operator did not set to 0."""
        u = np.where(next_var != 0, u, 0)
        return super().step_vjp(inner_var, next_var, outer_var, step_size, u)

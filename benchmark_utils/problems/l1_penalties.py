"""The l1 penalties that linear models choose: weights exp(lambda), per feature or one for all."""

import numpy as np

from benchmark_utils.problems.box import bounds
from benchmark_utils.problems.non_smooth import NonSmoothProblem
from benchmark_utils.problems.penalties import PerFeature

# The default box goes from this fraction of the penalty that zeroes everything up to it.
LEAST_FRACTION = 1e-3


class L1Penalties(PerFeature, NonSmoothProblem):
    """Base class of problems with such penalties, whose smooth part a subclass defines.

    Attributes
    ----------
    penalty_max : float
        The penalty that zeroes everything.
    """

    def set_penalties(self, box):
        """Take the parameter ``box``, once G is defined. Every lambda_k starts at the logarithm of
        a tenth of the penalty that zeroes everything."""
        _, grad = self.inner_value_grad(np.zeros(self.inner_dim), None)
        self.penalty_max = np.abs(grad).max()
        default = np.log([LEAST_FRACTION * self.penalty_max, self.penalty_max])
        self.lower, self.upper = bounds(box, default)
        self.outer_var0 = self.project(np.full(self.outer_dim, np.log(self.penalty_max / 10)))

    def weights(self, outer_var):
        """The penalty weights exp(lambda), (p,)."""
        # Any penalty beyond exp(700) zeroes its feature, and infinity times 0 would be NaN.
        return self.per_feature(np.exp(np.minimum(outer_var, 700)))

    def penalty(self, inner_var, outer_var):
        return np.sum(self.weights(outer_var) * np.abs(inner_var))

    def cross(self, inner_var, outer_var, v):
        return self.gathered(self.weights(outer_var) * np.sign(inner_var) * v)

    def subgradient(self, inner_var, outer_var):
        return self.weights(outer_var) * np.sign(inner_var)

    def prox(self, point, outer_var, step_size):
        return soft_threshold(point, step_size * self.weights(outer_var))

    def step_vjp(self, inner_var, next_var, outer_var, step_size, u):
        # next_var = u - rho exp(lambda) sign(next_var) where it is not 0.
        u = np.where(next_var != 0, u, 0)
        in_inner = u - step_size * self.hvp(inner_var, outer_var, u)
        return in_inner, -step_size * self.cross(next_var, outer_var, u)


def soft_threshold(point, threshold):
    """The proximal operator of a weighted l1 norm."""
    return np.sign(point) * np.maximum(np.abs(point) - threshold, 0)

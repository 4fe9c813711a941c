"""The l2 penalties that several problems choose: weights w = exp(lambda), or w = lambda >= 0.

Functions that a minibatch oracle calls take the array namespace ``xp``, NumPy or ``jax.numpy``, and
an object whose ``linear`` says whether w is lambda itself (``reg="lin"``).
"""

import numpy as np

# Penalty weights between which a black-box method searches.
SEARCHED_WEIGHTS = (1e-6, 1e1)


def penalty_weights(xp, arrays, outer_var):
    """The weights w, and their derivatives in lambda, both of lambda's shape."""
    # The inner where keeps exp from overflowing in the branch that is not taken.
    exponential = xp.exp(xp.where(arrays.linear, 0, outer_var))
    return xp.where(arrays.linear, outer_var, exponential), exponential


def project(xp, arrays, outer_var):
    """The nearest outer variable at which no penalty weight is negative."""
    return xp.where(arrays.linear, xp.maximum(outer_var, 0), outer_var)


class L2Penalties:
    """Mixin of problems with such penalties; list it before the other base classes.

    Attributes
    ----------
    linear : bool
        Whether ``reg`` is "lin".
    """

    def from_weights(self, weights):
        """The outer variable with these penalty weights."""
        return weights if self.linear else np.log(weights)

    def from_unit_cube(self, points):
        low, high = np.log(SEARCHED_WEIGHTS)
        return self.from_weights(np.exp(low + (high - low) * np.asarray(points)))

    def project(self, outer_var):
        return project(np, self, outer_var)

"""The l2 penalties that several problems choose: weights w = exp(lambda), or w = lambda >= 0.

Functions that a minibatch oracle calls take the array namespace ``xp``, NumPy or ``jax.numpy``, and
an object whose ``linear`` says whether w is lambda itself (``reg="lin"``).
"""

import numpy as np

from benchmark_utils.problems.box import FREE, bounds

# The logarithms of the penalty weights between which a black-box method searches without a box.
SEARCHED = (np.log(1e-6), np.log(1e1))
# Where weights may be that are lambda itself.
NON_NEGATIVE = (0.0, np.inf)


def penalty_weights(xp, arrays, outer_var):
    """The weights w, and their derivatives in lambda, both of lambda's shape."""
    # The inner where keeps exp from overflowing in the branch that is not taken.
    exponential = xp.exp(xp.where(arrays.linear, 0, outer_var))
    return xp.where(arrays.linear, outer_var, exponential), exponential


class PerFeature:
    """Mixin of problems whose lambda has one entry per feature, or one for all."""

    def per_feature(self, values):
        """Values of the shape of lambda as one value per feature, (p,)."""
        return np.broadcast_to(values, self.inner_dim)

    def gathered(self, values):
        """Derivatives in one lambda per feature, (p,), as derivatives in lambda, (d,)."""
        return values if self.outer_dim > 1 else values.sum(keepdims=True)


class L2Penalties:
    """Mixin of problems with such penalties; list it before the other base classes.

    Attributes
    ----------
    linear : bool
        Whether ``reg`` is "lin".
    default_box : pair of float
        The box of lambda with ``reg="exp"``. At its upper edge a penalty switches its feature off,
        at its lower edge it hardly acts. With ``reg="lin"`` lambda >= 0 is the only bound.
    """

    default_box = (-12.0, 0.0)
    searched = SEARCHED

    @classmethod
    def boxes(cls, reg):
        """The default box, and the widest."""
        return (NON_NEGATIVE, NON_NEGATIVE) if reg == "lin" else (cls.default_box, FREE)

    @classmethod
    def refuse_parameters(cls, reg, box, **others):
        lower, upper = bounds(box, *cls.boxes(reg))
        if lower < upper:
            return None
        return (
            f"box={box} has no number above 0, and with reg={reg} lambda is at least 0; give a box "
            "that reaches above 0, such as [[0, 10]]."
        )

    def set_penalties(self, reg, box):
        """Take the parameters ``reg`` and ``box``."""
        self.linear = reg == "lin"
        self.default_box, widest = self.boxes(reg)
        self.lower, self.upper = bounds(box, self.default_box, widest)

    def start(self, weights):
        """The first lambda: the middle of the box, or these weights if it has no middle."""
        middle = (self.lower + self.upper) / 2
        return (
            np.full(self.outer_dim, middle) if np.isfinite(middle) else self.from_weights(weights)
        )

    def from_weights(self, weights):
        """The outer variable with these penalty weights."""
        return self.project(weights if self.linear else np.log(weights))

    def from_unit_cube(self, points):
        if not self.linear:
            return super().from_unit_cube(points)
        low, high = self.searched
        return self.project(np.exp(low + (high - low) * np.asarray(points)))

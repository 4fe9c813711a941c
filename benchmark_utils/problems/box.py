"""The box in which lambda lives: bounds of each of its entries, the same for all methods.

Without a box the value function of a problem with penalty weights exp(lambda) may have no
minimiser: on IJCNN1 some lambda_k run to -inf and one to inf, h barely decreases any more, and on
the way a weight can be too large for the step sizes of stochastic methods.
"""

from numbers import Real

import numpy as np

from benchmark_utils.validation import Allowed, any_of, one_of

FREE = (-np.inf, np.inf)


def is_pair(value):
    """Whether a value is a pair of increasing numbers, which may be infinite."""
    return (
        isinstance(value, (tuple, list))
        and len(value) == 2
        and all(isinstance(bound, Real) and not isinstance(bound, bool) for bound in value)
        and value[0] < value[1]
    )


allowed_box = any_of(
    one_of("default", "none"),
    Allowed(is_pair, "a pair of increasing numbers in a list, such as [[-12, 0]]"),
)


def bounds(box, default, widest=FREE):
    """The bounds of lambda, a pair of floats.

    Parameters
    ----------
    box : "default", "none", or pair of float
        A parameter of the problem.
    default, widest : pair of float
        The problem's own box, and the region in which it is defined.
    """
    words = {"default": default, "none": widest}
    lower, upper = words[box] if isinstance(box, str) else box
    return max(float(lower), widest[0]), min(float(upper), widest[1])


def bounds_in(dtype, lower, upper):
    """Bounds as numbers of a type, rounded to the inside of the box."""
    low, high = (np.dtype(dtype).type(bound) for bound in (lower, upper))
    if low < lower:
        low = np.nextafter(low, high)
    if high > upper:
        high = np.nextafter(high, low)
    return low, high


def project(xp, arrays, outer_var):
    """The nearest lambda in the box, for arrays with fields ``lower`` and ``upper``."""
    return xp.minimum(xp.maximum(outer_var, arrays.lower), arrays.upper)

"""The length and the direction of a vector, in the arrays of any framework."""

# Keeps 0 / 0 away where a vector vanishes.
TINY = 1e-30


def make_norm(xp):
    """The function ``norm(vector)``, its Euclidean length."""

    def norm(vector):
        return xp.sqrt(xp.dot(vector, vector))

    return norm


def make_unit(xp):
    """The function ``unit(vector)``, the vector of length 1 in its direction; 0 stays 0."""
    norm = make_norm(xp)

    def unit(vector):
        return vector / (norm(vector) + TINY)

    return unit

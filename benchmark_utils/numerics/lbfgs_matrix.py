"""The inverse Hessian that L-BFGS builds from steps and changes of the gradient."""

import numpy as np
from scipy.optimize import LbfgsInvHessProduct


class InverseHessian:
    """The L-BFGS matrix, as a function of a vector, scaled as Liu and Nocedal (1989) do.

    The matrix starts from gamma I, gamma = <s, y> / <y, y> for the last pair. SciPy's product
    starts from I; with lengths measured in units of sqrt(gamma) that is the same.

    Parameters
    ----------
    steps, changes : array, (n_pairs, p)
        s and y, oldest first; pairs without positive curvature are left out.
    """

    def __init__(self, steps, changes):
        steps, changes = np.asarray(steps), np.asarray(changes)
        if len(steps):
            curvatures = np.sum(steps * changes, axis=1)
            scales = np.linalg.norm(steps, axis=1) * np.linalg.norm(changes, axis=1)
            kept = curvatures > 1e-10 * scales
            steps, changes = steps[kept], changes[kept]
        self.n_pairs = len(steps)
        if self.n_pairs:
            self.unit = np.sqrt(steps[-1] @ changes[-1] / (changes[-1] @ changes[-1]))
            self.product = LbfgsInvHessProduct(steps / self.unit, changes * self.unit)

    def __call__(self, b):
        if not self.n_pairs:
            return b
        return self.unit * self.product.matvec(self.unit * b)

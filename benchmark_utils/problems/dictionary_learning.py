"""Dictionary learning: both levels have the same objective, in different variables.

With signals y_i, the rows of Y (n, m), codes z_i, the rows of Z (n, K), and a dictionary D (m, K)
of K atoms of norm 1,

    G(D, Z) = F(D, Z) = sum_i 1/2 ||y_i - D z_i||^2 + alpha ||z_i||_1,

with lambda = D and theta = Z, flattened. As theta* also minimises F, the hypergradient is grad_D F
at theta*. Descent along it, without differentiating through theta, is alternating minimisation. The
problem, and the question of what unrolling adds to that, come from Malezieux, Moreau and Kowalski,
Understanding approximate and unrolled dictionary learning for pattern recovery, ICLR 2022.
"""

import numpy as np
from scipy.optimize import linear_sum_assignment

from benchmark_utils.numerics.inner_solvers import fista
from benchmark_utils.numerics.lasso import solve_lasso
from benchmark_utils.problems.checks import refuse_task
from benchmark_utils.problems.l1_penalties import soft_threshold
from benchmark_utils.problems.non_smooth import NonSmoothProblem
from benchmark_utils.problems.pictures import of_atoms
from benchmark_utils.problems.sparse_code_jacobian import IstaJacobians, implicit_jacobian
from benchmark_utils.validation import positive

N_FISTA_STEPS = 500


class DictionaryLearning(NonSmoothProblem):
    """Dictionary learning; see the module's docstring.

    Parameters
    ----------
    signals : array, (n, m)
    dictionary : array, (m, K)
        The true dictionary, with which the learned one is compared.
    start : array, (m, K)
        The initial lambda; its atoms are scaled to norm 1.
    alpha : float
    seed : int
        Not used: the codes start at 0.
    """

    parameters = {"alpha": [0.1]}
    allowed = {"alpha": positive}
    frameworks = ()

    @staticmethod
    def refuse(task, **data):
        return refuse_task("dictionary_learning", ("sparse_coding",), task, data)

    def __init__(self, signals, dictionary, start, *, alpha, seed):
        # The Lasso's solver takes no arrays that are read-only, as those of a dataset are.
        self.signals, self.dictionary = np.array(signals, float), np.asarray(dictionary, float)
        self.alpha = alpha
        self.shape = dictionary.shape
        self.n_signals = self.n_inner_samples = self.n_outer_samples = len(signals)
        self.inner_dim, self.outer_dim = self.n_signals * self.shape[1], dictionary.size
        self.inner_var0 = np.zeros(self.inner_dim)
        # Atoms of float32 have norm 1 to seven digits only.
        self.outer_var0 = self.project(start.astype(float).ravel())

    def codes(self, inner_var):
        """Z, (n, K)."""
        return inner_var.reshape(self.n_signals, -1)

    def atoms(self, outer_var):
        """D, (m, K)."""
        return outer_var.reshape(self.shape)

    def residuals(self, inner_var, outer_var):
        """Z D^T - Y, (n, m)."""
        return self.codes(inner_var) @ self.atoms(outer_var).T - self.signals

    def inner_value_grad(self, inner_var, outer_var):
        residuals = self.residuals(inner_var, outer_var)
        return np.sum(residuals**2) / 2, (residuals @ self.atoms(outer_var)).ravel()

    def penalty(self, inner_var, outer_var):
        return self.alpha * np.sum(np.abs(inner_var))

    def subgradient(self, inner_var, outer_var):
        return self.alpha * np.sign(inner_var)

    def prox(self, point, outer_var, step_size):
        return soft_threshold(point, step_size * self.alpha)

    def hvp(self, inner_var, outer_var, v):
        dictionary = self.atoms(outer_var)
        return (self.codes(v) @ dictionary.T @ dictionary).ravel()

    def cross(self, inner_var, outer_var, v):
        residuals, codes, v = (
            self.residuals(inner_var, outer_var),
            self.codes(inner_var),
            self.codes(v),
        )
        return (residuals.T @ v + self.atoms(outer_var) @ v.T @ codes).ravel()

    def outer_value_grad(self, inner_var, outer_var):
        value, grad_in = self.inner_value_grad(inner_var, outer_var)
        grad_out = self.residuals(inner_var, outer_var).T @ self.codes(inner_var)
        grad_in = grad_in + self.subgradient(inner_var, outer_var)
        return value + self.penalty(inner_var, outer_var), (grad_in, grad_out.ravel())

    def hessian_on(self, inner_var, outer_var, places):
        gram = self.atoms(outer_var).T @ self.atoms(outer_var)
        return np.kron(np.eye(self.n_signals), gram)[np.ix_(places, places)]

    def hessian_solver(self, inner_var, outer_var):
        # The Hessian is block diagonal: one small system per signal.
        gram = self.atoms(outer_var).T @ self.atoms(outer_var)
        supports = self.codes(self.support(inner_var))
        inverses = [np.linalg.pinv(gram[np.ix_(s, s)], hermitian=True) for s in supports]

        def solve(b):
            x = np.zeros((self.n_signals, self.shape[1]))
            for row, values, support, inverse in zip(
                x, self.codes(b), supports, inverses, strict=True
            ):
                row[support] = inverse @ values[support]
            return x.ravel()

        return solve

    def solve_inner(self, outer_var, inner_start):
        # FISTA finds most supports, for all signals at once.
        inner_start = fista(self, outer_var, inner_start, 1e-10, N_FISTA_STEPS).inner_var
        dictionary = np.asfortranarray(self.atoms(outer_var))
        weights = np.full(self.shape[1], self.alpha / self.shape[0])
        inner_star = np.concatenate([
            solve_lasso(dictionary, signal, weights, start) if signal.any() else 0 * start
            for signal, start in zip(self.signals, self.codes(inner_start), strict=True)
        ])  # fmt: skip
        return inner_star, self.hessian_solver(inner_star, outer_var)

    def inner_smoothness(self, outer_var):
        return np.linalg.norm(self.atoms(outer_var), 2) ** 2

    def project(self, outer_var):
        """Every atom scaled to norm 1; an atom of norm 0 becomes the first unit vector."""
        dictionary = self.atoms(outer_var)
        norms = np.linalg.norm(dictionary, axis=0)
        # Atoms of norm 1, up to rounding, are not changed: projecting twice is projecting once.
        norms[np.abs(norms - 1) < 1e-12] = 1
        projected = dictionary / np.where(norms > 0, norms, 1)
        projected[0, norms == 0] = 1
        return projected.ravel()

    def from_unit_cube(self, points):
        return self.project(2 * np.broadcast_to(points, self.outer_dim) - 1)

    def jacobians(self, inner_var, outer_var):
        """The Jacobian of every signal's code in D by the implicit function theorem on the support
        of the codes, a list of arrays (K, m K); exact at theta*."""
        dictionary = self.atoms(outer_var)
        return [
            implicit_jacobian(dictionary, signal, code)
            for signal, code in zip(self.signals, self.codes(inner_var), strict=True)
        ]

    def ista_jacobians(self, codes=None):
        """ISTA's codes and their Jacobians at the starting dictionary, to be advanced."""
        return IstaJacobians(self.atoms(self.outer_var0), self.signals, self.alpha, codes)

    def metrics(self, inner_var, outer_var):
        """``recovery``: the mean absolute correlation of the atoms with the true ones, under the
        best matching of the two."""
        correlations = np.abs(self.atoms(outer_var).T @ self.dictionary)
        return {"recovery": float(correlations[linear_sum_assignment(correlations, True)].mean())}

    def pictures(self, outer_var):
        learned = of_atoms(self.atoms(outer_var), "learned")
        return [*learned, *of_atoms(self.dictionary, "true")]

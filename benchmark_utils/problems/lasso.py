"""Choosing the l1 penalty of a linear regression on validation data.

    G(lambda, theta) = 1/(2n) ||y - X theta||^2 + sum_k exp(lambda_k) |theta_k|
    F(lambda, theta) = 1/m ||y - X theta||^2        on the validation samples,

where lambda has one entry per feature (``n_reg="full"``) or a single one (``n_reg=1``). On the
support S of theta*, with the signs s of its entries, theta* solves a linear system, from which

    hypergradient_k = -exp(lambda_k) s_k v_k,    X_S^T X_S / n v = (grad_theta F)_S,

and 0 off the support: Bertrand, Klopfenstein, Massias, Blondel, Vaiter, Gramfort and Salmon,
Implicit differentiation for fast hyperparameter selection in non-smooth convex learning, JMLR 2022.

If theta* = 0, h is constant around lambda and the hypergradient is 0. If the columns of the support
are linearly dependent, theta* need not be unique nor h differentiable, and v is the least-squares
solution of least norm.
"""

import numpy as np

from benchmark_utils.numerics.lasso import LarsPath, solve_lasso
from benchmark_utils.problems.box import allowed_box
from benchmark_utils.problems.checks import refuse_orthogonal
from benchmark_utils.problems.l1_oracles import L1Oracles
from benchmark_utils.problems.l1_penalties import L1Penalties
from benchmark_utils.problems.linear_model import LinearModel
from benchmark_utils.problems.linear_regression import LinearRegression, samples
from benchmark_utils.validation import one_of

# Operations that a whole path of LARS takes at most: about a second.
SHORT_PATH = 3e9


class Lasso(L1Oracles, L1Penalties, LinearRegression):
    """The Lasso with its penalty chosen on validation data; see the module's docstring.

    Parameters
    ----------
    box : {"default", "none"} or pair of float
        The bounds of lambda; by default the logarithms of a thousandth of the penalty that zeroes
        everything, and of that penalty.
    **data
        See :class:`LinearRegression`. theta starts at 0, every lambda_k at the logarithm of a tenth
        of the penalty that zeroes everything, ||X^T y||_inf / n; ``seed`` is not used.
    """

    parameters = {"n_reg": ["full"], "box": ["default"]}
    allowed = {"n_reg": one_of("full", 1), "box": allowed_box}

    @staticmethod
    def refuse(task, **data):
        return LinearRegression.refuse(task, **data) or refuse_orthogonal(data)

    def __init__(
        self,
        X_train,
        y_train,
        X_val,
        y_val,
        X_test=None,
        y_test=None,
        *,
        n_reg,
        box="default",
        seed,
    ):
        super().__init__(X_train, y_train, X_val, y_val, X_test, y_test, n_reg)
        inner, outer = samples(X_train, y_train), samples(X_val, y_val, factor=2.0)
        self.smooth_part = LinearModel(inner, outer, reg="lin", n_reg=1, box="none")
        self.set_penalties(box)
        is_short = self.X.size * min(self.X.shape) <= SHORT_PATH
        self.path = LarsPath(self.X, self.y) if is_short else None

    # The smooth part of G, on which its proximal gradient steps and its support are built.

    def inner_value_grad(self, inner_var, outer_var):
        value, grad = self.fit_value_grad(inner_var)
        return value + self.ridge / 2 * (inner_var @ inner_var), grad + self.ridge * inner_var

    def hvp(self, inner_var, outer_var, v):
        return self.fit_hvp(v) + self.ridge * v

    def hessian_on(self, inner_var, outer_var, places):
        columns = self.X[:, places]
        hessian = columns.T @ columns / self.n_inner_samples
        return hessian + self.ridge * np.eye(len(hessian))

    def solve_inner(self, outer_var, inner_start):
        weights = self.weights(outer_var)
        if np.isnan(weights).any():
            return np.full(self.inner_dim, np.nan), np.zeros_like
        inner_star = self.solve_with_weights(weights, inner_start)
        return inner_star, self.hessian_solver(inner_star, outer_var)

    def solve_with_weights(self, weights, inner_start):
        """theta* for the penalty weights, (p,)."""
        if not self.ridge:
            if self.path is not None and np.ptp(weights) == 0:
                inner_start = self.path.at(weights[0])
            return solve_lasso(self.X, self.y, weights, inner_start)
        # The l2 penalty is the squared norm of p more residuals, whose targets are 0.
        n, p = self.X.shape
        X = np.concatenate([self.X, np.sqrt(n * self.ridge) * np.eye(p)])
        y = np.concatenate([self.y, np.zeros(p)])
        return solve_lasso(np.asfortranarray(X), y, weights * n / (n + p), inner_start)

    def inner_smoothness(self, outer_var):
        return self.fit_smoothness + self.ridge

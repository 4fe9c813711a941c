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

from benchmark_utils.numerics.lasso import solve_lasso
from benchmark_utils.problems.box import allowed_box, bounds
from benchmark_utils.problems.linear_regression import LinearRegression
from benchmark_utils.problems.non_smooth import NonSmoothProblem
from benchmark_utils.validation import one_of

# The default box goes from this fraction of the penalty that zeroes everything up to it.
LEAST_FRACTION = 1e-3


class Lasso(NonSmoothProblem, LinearRegression):
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
        reason = LinearRegression.refuse(task, **data)
        if reason:
            return reason
        X, y = data["X_train"], data["y_train"]
        norms = np.sqrt(np.einsum("ij,ij->j", X, X))
        rounding = np.finfo(X.dtype).eps * norms.max() * np.linalg.norm(y)
        if np.abs(X.T @ y).max() <= rounding:
            return (
                "y_train is orthogonal to all features of X_train, so that every penalty gives "
                "theta = 0; give other data."
            )
        return None

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
        self.penalty_max = np.abs(self.X.T @ self.y).max() / self.n_inner_samples
        default = np.log([LEAST_FRACTION * self.penalty_max, self.penalty_max])
        self.lower, self.upper = bounds(box, default)
        self.outer_var0 = self.project(np.full(self.outer_dim, np.log(self.penalty_max / 10)))

    def weights(self, outer_var):
        """The penalty weights exp(lambda), (p,)."""
        # Any penalty beyond exp(700) zeroes its feature, and infinity times 0 would be NaN.
        return self.per_feature(np.exp(np.minimum(outer_var, 700)))

    # The smooth part of G, on which its proximal gradient steps and its support are built.

    def inner_value_grad(self, inner_var, outer_var):
        return self.fit_value_grad(inner_var)

    def penalty(self, inner_var, outer_var):
        return np.sum(self.weights(outer_var) * np.abs(inner_var))

    def hvp(self, inner_var, outer_var, v):
        return self.fit_hvp(v)

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

    def inner_hessian(self, inner_var, outer_var):
        columns = self.X[:, self.support(inner_var)]
        return columns.T @ columns / self.n_inner_samples

    def solve_inner(self, outer_var, inner_start):
        weights = self.weights(outer_var)
        if np.isnan(weights).any():
            return np.full(self.inner_dim, np.nan), np.zeros_like
        inner_star = solve_lasso(self.X, self.y, weights, inner_start)
        return inner_star, self.hessian_solver(inner_star, outer_var)

    def inner_smoothness(self, outer_var):
        return self.fit_smoothness


def soft_threshold(point, threshold):
    """The proximal operator of a weighted l1 norm."""
    return np.sign(point) * np.maximum(np.abs(point) - threshold, 0)

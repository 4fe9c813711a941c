"""Choosing the l2 penalty of a linear regression on validation data.

    G(lambda, theta) = 1/(2n) ||y - X theta||^2 + 1/2 sum_k w_k theta_k^2
    F(lambda, theta) = 1/m ||y - X theta||^2        on the validation samples,

where w_k = exp(lambda_k) (``reg="exp"``) or w_k = lambda_k >= 0 (``reg="lin"``), and lambda has one
entry per feature (``n_reg="full"``) or a single one (``n_reg=1``). With ``outer="inner"`` F = G,
and the hypergradient is grad_lambda G at theta*, as in Ablin, Peyre and Moreau, Super-efficiency
of automatic differentiation for functions defined as a minimum, ICML 2020. Everything is in closed
form: theta* = H^-1 X^T y / n with H = X^T X / n + diag(w).
"""

from functools import partial

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from benchmark_utils.frameworks import FRAMEWORKS
from benchmark_utils.problems.box import allowed_box
from benchmark_utils.problems.fits import squared
from benchmark_utils.problems.linear_oracles import LinearOracles
from benchmark_utils.problems.linear_regression import DEFAULT_BOX, LinearRegression, samples
from benchmark_utils.problems.penalties import L2Penalties, penalty_weights
from benchmark_utils.validation import one_of


class Ridge(L2Penalties, LinearOracles, LinearRegression):
    """Ridge regression with the penalty chosen on validation data; see the module's docstring.

    Parameters
    ----------
    reg : {"exp", "lin"}
    outer : {"validation", "inner"}
        Whether F is the validation loss or G itself.
    box : {"default", "none"} or pair of float
        The bounds of lambda; by default -14 and 4. With ``reg="lin"`` the only bound is 0.
    **data
        See :class:`LinearRegression`. theta starts at 0, every penalty weight at 1; ``seed`` is
        not used.
    """

    parameters = {"reg": ["exp"], "n_reg": ["full"], "outer": ["validation"], "box": ["default"]}
    allowed = {
        "reg": one_of("exp", "lin"),
        "n_reg": one_of("full", 1),
        "outer": one_of("validation", "inner"),
        "box": allowed_box,
    }
    default_box = DEFAULT_BOX

    def __init__(
        self,
        X_train,
        y_train,
        X_val,
        y_val,
        X_test=None,
        y_test=None,
        *,
        reg,
        n_reg,
        outer,
        box="default",
        seed,
    ):
        super().__init__(X_train, y_train, X_val, y_val, X_test, y_test, n_reg)
        self.set_penalties(reg, box)
        self.outer_is_inner = outer == "inner"
        # The oracles of minibatches take F as independent of lambda.
        self.frameworks = () if self.outer_is_inner else FRAMEWORKS
        self.set_samples(
            samples(self.X, self.y, partial(squared, 1.0)),
            samples(self.X_val, self.y_val, partial(squared, 2.0)),
        )
        self.outer_var0 = self.from_weights(np.ones(self.outer_dim))

    def weights(self, outer_var):
        """The penalty weights w, (p,)."""
        weights, _ = penalty_weights(np, self, outer_var)
        return self.per_feature(weights)

    def inner_value_grad(self, inner_var, outer_var):
        weights = self.weights(outer_var)
        value, grad = self.fit_value_grad(inner_var)
        return value + np.sum(weights * inner_var**2) / 2, grad + weights * inner_var

    def hvp(self, inner_var, outer_var, v):
        return self.fit_hvp(v) + self.weights(outer_var) * v

    def cross(self, inner_var, outer_var, v):
        _, slopes = penalty_weights(np, self, outer_var)
        return self.gathered(slopes * inner_var * v)

    def outer_value_grad(self, inner_var, outer_var):
        if not self.outer_is_inner:
            return super().outer_value_grad(inner_var, outer_var)
        value, grad_in = self.inner_value_grad(inner_var, outer_var)
        return value, (grad_in, self.cross(inner_var, outer_var, inner_var) / 2)

    def inner_hessian(self, inner_var, outer_var):
        return self.X.T @ self.X / self.n_inner_samples + np.diag(self.weights(outer_var))

    def hessian_solver(self, inner_var, outer_var):
        n, weights = self.n_inner_samples, self.weights(outer_var)
        if self.inner_dim <= n or weights.min() < 1e-12 * weights.max():
            return super().hessian_solver(inner_var, outer_var)
        # Fewer samples than features: Woodbury's identity, a system of n equations.
        scaled = self.X / weights
        factor = cho_factor(n * np.eye(n) + scaled @ self.X.T)
        return lambda b: b / weights - scaled.T @ cho_solve(factor, scaled @ b)

    def solve_inner(self, outer_var, inner_start):
        solve = self.hessian_solver(inner_start, outer_var)
        inner_star = solve(self.X.T @ self.y / self.n_inner_samples)
        # One refinement, which removes the rounding of the first solve.
        _, grad = self.inner_value_grad(inner_star, outer_var)
        return inner_star - solve(grad), solve

    def inner_smoothness(self, outer_var):
        return self.fit_smoothness + self.weights(outer_var).max()

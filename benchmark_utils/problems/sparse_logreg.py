"""Choosing the l1 penalty of a logistic regression on validation data.

With a_i = y_i x_i and labels y_i in {-1, 1},

    G(lambda, theta) = 1/n sum_i log(1 + exp(-<a_i, theta>)) + sum_k exp(lambda_k) |theta_k|
    F(lambda, theta) = 1/m sum_j log(1 + exp(-<a_j, theta>))   on the validation samples,

where lambda has one entry per feature (``n_reg="full"``) or a single one (``n_reg=1``). Where the
columns of the support are linearly dependent, what ``lasso.py`` says holds here too. Bertrand,
Klopfenstein, Massias, Blondel, Vaiter, Gramfort and Salmon, Implicit differentiation for fast
hyperparameter selection in non-smooth convex learning, JMLR 2022.
"""

import numpy as np

from benchmark_utils.minibatches.signed_rows import SignedRows
from benchmark_utils.numerics.sparse_logistic import solve_sparse_logistic
from benchmark_utils.problems.box import allowed_box
from benchmark_utils.problems.checks import refuse_orthogonal, refuse_task
from benchmark_utils.problems.fits import Logistic
from benchmark_utils.problems.l1_oracles import L1Oracles
from benchmark_utils.problems.l1_penalties import L1Penalties
from benchmark_utils.problems.linear_model import LinearModel
from benchmark_utils.problems.logreg import accuracies
from benchmark_utils.validation import one_of

# On the norm of (theta - step(theta)) / step_size, relative to the penalty that zeroes everything.
TOLERANCE = 1e-12


class SparseLogReg(L1Oracles, L1Penalties):
    """Logistic regression with its l1 penalty chosen; see the module's docstring.

    Parameters
    ----------
    X_train, X_val, X_test : array or sparse array, (n, p), (m, p), (l, p)
        The last may be None. Not copied; minibatches of sparse data are sparse.
    y_train, y_val, y_test : array, (n,), (m,), (l,)
        Labels in {-1, 1}.
    n_reg : {"full", 1}
    box : {"default", "none"} or pair of float
        The bounds of lambda; by default the logarithms of a thousandth of the penalty that zeroes
        everything, and of that penalty.
    seed : int
        Not used: theta starts at 0, every lambda_k at the logarithm of a tenth of the penalty that
        zeroes everything.
    """

    parameters = {"n_reg": ["full"], "box": ["default"]}
    allowed = {"n_reg": one_of("full", 1), "box": allowed_box}

    @staticmethod
    def refuse(task, **data):
        reason = refuse_task("sparse_logreg", ("binary",), task, data, sparse=True)
        return reason or refuse_orthogonal(data)

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
        inner = SignedRows(X_train, y_train), Logistic.of_all(y_train)
        outer = SignedRows(X_val, y_val), Logistic.of_all(y_val)
        self.smooth_part = LinearModel(inner, outer, reg="lin", n_reg=1, box="none")
        self.test_rows = None if X_test is None else SignedRows(X_test, y_test)
        self.inner_dim, self.n_inner_samples = inner[0].shape
        self.n_outer_samples = outer[0].shape[1]
        self.outer_dim = self.inner_dim if n_reg == "full" else 1
        self.inner_var0 = np.zeros(self.inner_dim)
        self.set_penalties(box)

    def inner_value_grad(self, inner_var, outer_var):
        return self.smooth_part.inner_value_grad(inner_var, np.zeros(1))

    def hvp(self, inner_var, outer_var, v):
        return self.smooth_part.hvp(inner_var, np.zeros(1), v)

    def outer_value_grad(self, inner_var, outer_var):
        value, (grad, _) = self.smooth_part.outer_value_grad(inner_var, np.zeros(1))
        return value, (grad, np.zeros_like(outer_var))

    def hessian_on(self, inner_var, outer_var, places):
        rows = self.smooth_part.all_samples.inner_rows[0]
        curvatures = self.smooth_part.curvatures(inner_var)
        return SignedRows(rows.X[:, places], rows.y).gram(curvatures)

    def solve_inner(self, outer_var, inner_start):
        if np.isnan(outer_var).any():
            return np.full(self.inner_dim, np.nan), np.zeros_like
        rows = self.smooth_part.all_samples.inner_rows[0]
        tolerance = TOLERANCE * self.penalty_max
        inner_star = solve_sparse_logistic(self, rows.X, rows.y, outer_var, inner_start, tolerance)
        return inner_star, self.hessian_solver(inner_star, outer_var)

    def inner_smoothness(self, outer_var):
        return self.smooth_part.inner_smoothness(np.zeros(1))

    def metrics(self, inner_var, outer_var):
        val_rows = self.smooth_part.all_samples.outer_rows[0]
        return accuracies(inner_var, val=val_rows, test=self.test_rows)

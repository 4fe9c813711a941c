"""Choosing the l2 penalty of a logistic regression on validation data.

With a_i = y_i x_i, labels y_i in {-1, 1}, and one penalty weight w_k per feature,

    G(lambda, theta) = 1/n sum_i log(1 + exp(-<a_i, theta>)) + 1/2 sum_k w_k theta_k^2
    F(lambda, theta) = 1/m sum_j log(1 + exp(-<a_j, theta>))   on the validation samples,

where w_k = exp(lambda_k) (``reg="exp"``) or w_k = lambda_k >= 0 (``reg="lin"``), and lambda has one
entry per feature (``n_reg="full"``) or a single one (``n_reg=1``).
"""

import numpy as np

from benchmark_utils.minibatches.signed_rows import SignedRows
from benchmark_utils.problems.box import allowed_box
from benchmark_utils.problems.checks import refuse_task
from benchmark_utils.problems.fits import Logistic
from benchmark_utils.problems.linear_model import LinearModel
from benchmark_utils.validation import one_of


class LogReg(LinearModel):
    """Logistic regression with an l2 penalty chosen on validation data; see the module's docstring.

    Parameters
    ----------
    X_train, X_val, X_test : array or sparse array, (n, p), (m, p), (l, p)
        The last may be None. Not copied; minibatches of sparse data are sparse.
    y_train, y_val, y_test : array, (n,), (m,), (l,)
        Labels in {-1, 1}.
    reg : {"exp", "lin"}
    n_reg : {"full", 1}
    box : {"default", "none"} or pair of float
        The bounds of lambda; by default -12 and 0, which on IJCNN1 costs 4e-4 of the lowest h, and
        makes it a minimum. With ``reg="lin"`` the only bound is 0.
    seed : int
        Draws the starting points: theta from N(0, I), and each penalty weight from U(0, 1) where
        lambda does not start in the middle of its box.
    """

    parameters = {"reg": ["exp"], "n_reg": ["full"], "box": ["default"]}
    allowed = {"reg": one_of("exp", "lin"), "n_reg": one_of("full", 1), "box": allowed_box}

    @staticmethod
    def refuse(task, **data):
        return refuse_task("logreg", ("binary",), task, data, sparse=True)

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
        box="default",
        seed,
    ):
        inner = SignedRows(X_train, y_train), Logistic(1 / len(y_train))
        outer = SignedRows(X_val, y_val), Logistic(1 / len(y_val))
        super().__init__(inner, outer, reg, n_reg, box)
        self.test_rows = None if X_test is None else SignedRows(X_test, y_test)
        rng = np.random.default_rng(seed)
        self.inner_var0 = rng.standard_normal(self.inner_dim)
        self.outer_var0 = self.start(rng.uniform(size=self.outer_dim))

    def torch_losses(self):
        if self.all_samples.inner_rows[0].is_sparse:
            return None
        from benchmark_utils.problems.logreg_torch import losses

        return losses(self)

    def metrics(self, inner_var, outer_var):
        sets = {"val": self.all_samples.outer_rows[0], "test": self.test_rows}
        return {
            f"{name}_accuracy": accuracy(inner_var @ rows, rows.y)
            for name, rows in sets.items()
            if rows is not None
        }


def accuracy(margins, labels):
    """The fraction of samples that are classified correctly.

    Parameters
    ----------
    margins : array, (n_samples,)
        y_i <x_i, theta>. Where it is 0 the class is -1, as in scikit-learn.
    labels : array, (n_samples,)
        In {-1, 1}.
    """
    return float(np.mean((margins > 0) | ((margins == 0) & (labels < 0))))

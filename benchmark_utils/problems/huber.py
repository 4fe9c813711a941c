"""Choosing the l2 penalty of a robust linear regression on validation data.

With Huber's loss of a residual, r^2 / 2 up to |r| = delta and delta |r| - delta^2 / 2 beyond,

    G(lambda, theta) = 1/n sum_i huber(<x_i, theta> - y_i) + 1/2 sum_k w_k theta_k^2
    F(lambda, theta) = 1/m sum_j huber(<x_j, theta> - y_j)     on the validation samples,

where w_k = exp(lambda_k) (``reg="exp"``) or w_k = lambda_k >= 0 (``reg="lin"``), and lambda has one
entry per feature (``n_reg="full"``) or a single one (``n_reg=1``).

P. J. Huber, Robust estimation of a location parameter, Annals of Mathematical Statistics 1964.
"""

from functools import partial

import numpy as np

from benchmark_utils.problems.box import allowed_box
from benchmark_utils.problems.checks import refuse_regression
from benchmark_utils.problems.fits import Huber
from benchmark_utils.problems.linear_model import LinearModel
from benchmark_utils.problems.linear_regression import DEFAULT_BOX, samples, test_mse
from benchmark_utils.validation import one_of, positive


class HuberRegression(LinearModel):
    """Robust regression with the penalty chosen on validation data; see the module's docstring.

    Parameters
    ----------
    X_train, X_val, X_test : array, (n, p), (m, p), (l, p)
        The last may be None.
    y_train, y_val, y_test : array, (n,), (m,), (l,)
    delta : float
        The residual from which on the loss is linear, in units of the targets.
    reg : {"exp", "lin"}
    n_reg : {"full", 1}
    box : {"default", "none"} or pair of float
        The bounds of lambda; by default -14 and 4. With ``reg="lin"`` the only bound is 0.
    seed : int
        Not used: theta starts at 0, every penalty weight at 1.
    """

    parameters = {"delta": [1.0], "reg": ["exp"], "n_reg": ["full"], "box": ["default"]}
    allowed = {
        "delta": positive,
        "reg": one_of("exp", "lin"),
        "n_reg": one_of("full", 1),
        "box": allowed_box,
    }
    default_box = DEFAULT_BOX

    @staticmethod
    def refuse(task, **data):
        return refuse_regression("a robust regression", task, data)

    def __init__(
        self,
        X_train,
        y_train,
        X_val,
        y_val,
        X_test=None,
        y_test=None,
        *,
        delta,
        reg,
        n_reg,
        box="default",
        seed,
    ):
        fit = partial(Huber, delta=float(delta))
        inner, outer = samples(X_train, y_train, fit), samples(X_val, y_val, fit)
        super().__init__(inner, outer, reg, n_reg, box)
        self.test_samples = None if X_test is None else (X_test, y_test)
        self.inner_var0 = np.zeros(self.inner_dim)
        self.outer_var0 = self.from_weights(np.ones(self.outer_dim))

    def metrics(self, inner_var, outer_var):
        return test_mse(self.test_samples, inner_var)

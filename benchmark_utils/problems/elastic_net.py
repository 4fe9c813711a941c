"""Choosing the l1 penalty of an elastic net on validation data.

    G(lambda, theta) = 1/(2n) ||y - X theta||^2 + r/2 ||theta||^2 + sum_k exp(lambda_k) |theta_k|
    F(lambda, theta) = 1/m ||y - X theta||^2        on the validation samples,

where r is a parameter, and lambda has one entry per feature (``n_reg="full"``) or a single one
(``n_reg=1``). It is a Lasso, see ``lasso.py``, whose smooth part is strongly convex, so that theta*
is unique. H. Zou and T. Hastie, Regularization and variable selection via the elastic net, J. Royal
Statistical Society B 2005.
"""

from benchmark_utils.problems.box import allowed_box
from benchmark_utils.problems.lasso import Lasso
from benchmark_utils.validation import one_of, positive


class ElasticNet(Lasso):
    """The elastic net with its l1 penalty chosen on validation data; see the module's docstring.

    Parameters
    ----------
    ridge : float
        The weight r of the l2 penalty.
    **data
        And the other parameters: see :class:`Lasso`.
    """

    parameters = {"ridge": [0.1], "n_reg": ["full"], "box": ["default"]}
    allowed = {"ridge": positive, "n_reg": one_of("full", 1), "box": allowed_box}

    def __init__(
        self,
        X_train,
        y_train,
        X_val,
        y_val,
        X_test=None,
        y_test=None,
        *,
        ridge,
        n_reg,
        box="default",
        seed,
    ):
        super().__init__(
            X_train, y_train, X_val, y_val, X_test, y_test, n_reg=n_reg, box=box, seed=seed
        )
        self.ridge = float(ridge)

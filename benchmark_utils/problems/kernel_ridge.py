"""Choosing the penalty of a kernel ridge regression, by Nystroem's method, on validation data.

With the Gaussian kernel k(x, x') = exp(-||x - x'||^2 / (2 s^2)), and c_1, ..., c_p some of the
training samples, each sample becomes the p features

    phi(x) = K^(-1/2) (k(x, c_1), ..., k(x, c_p)),       K the kernel's matrix of the c_k,

of which the products are the kernel's, exactly on the c_k. On these features G and F are those of
``ridge.py``: with all training samples as c_k, and one lambda, this is kernel ridge regression.

C. K. I. Williams and M. Seeger, Using the Nystroem method to speed up kernel machines, NeurIPS
2000.
"""

import numpy as np
from sklearn.kernel_approximation import Nystroem

from benchmark_utils.problems.box import allowed_box
from benchmark_utils.problems.checks import refuse_regression
from benchmark_utils.problems.ridge import Ridge
from benchmark_utils.validation import integer, one_of, positive


class KernelRidge(Ridge):
    """Kernel ridge regression with the penalty chosen; see the module's docstring.

    Parameters
    ----------
    X_train, X_val, X_test : array, (n, p), (m, p), (l, p)
        The last may be None.
    y_train, y_val, y_test : array, (n,), (m,), (l,)
    n_centres : int
        The number of c_k; all training samples if they are fewer.
    width : float
        s in units of the root of the mean squared distance of two training samples.
    reg : {"exp", "lin"}
    n_reg : {"full", 1}
        One lambda for each c_k, or one for all.
    box : {"default", "none"} or pair of float
        The bounds of lambda; by default -14 and 4. With ``reg="lin"`` the only bound is 0.
    seed : int
        Draws the c_k. theta starts at 0, every penalty weight at 1.
    """

    parameters = {
        "n_centres": [100],
        "width": [0.5],
        "reg": ["exp"],
        "n_reg": [1],
        "box": ["default"],
    }
    allowed = {
        "n_centres": integer(1),
        "width": positive,
        "reg": one_of("exp", "lin"),
        "n_reg": one_of("full", 1),
        "box": allowed_box,
    }

    @staticmethod
    def refuse(task, **data):
        reason = refuse_regression("a kernel ridge regression", task, data)
        if reason:
            return reason
        if not np.ptp(data["X_train"], axis=0).any():
            return "All rows of X_train are the same, and a kernel tells none apart; give others."
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
        n_centres,
        width,
        reg,
        n_reg,
        box="default",
        seed,
    ):
        n_centres = min(n_centres, len(X_train))
        mean_squared_distance = 2 * np.var(X_train, axis=0).sum()
        gamma = 1 / (2 * width**2 * mean_squared_distance)
        features = Nystroem(gamma=gamma, n_components=n_centres, random_state=seed).fit(X_train)
        X_train, X_val, X_test = (
            X if X is None else features.transform(X) for X in (X_train, X_val, X_test)
        )
        super().__init__(
            X_train, y_train, X_val, y_val, X_test, y_test,
            reg=reg, n_reg=n_reg, outer="validation", box=box, seed=seed,
        )  # fmt: skip

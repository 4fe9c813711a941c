"""Choosing the l2 penalty of a multinomial logistic regression on validation data.

With the cross-entropies l_i of ``softmax.py``, theta the matrix W of shape (C, p), row by row,

    G(lambda, theta) = 1/n sum_i l_i(W) + 1/2 sum_ck w_ck W_ck^2
    F(lambda, theta) = 1/m sum_j l_j(W)   on the validation samples,

where w = exp(lambda) (``reg="exp"``) or w = lambda >= 0 (``reg="lin"``), and lambda has one entry
per feature (``n_reg="full"``, as for ``logreg``), one per class (``"class"``), or only one (``1``).
"""

from typing import NamedTuple

import numpy as np

from benchmark_utils.problems.box import allowed_box, bounds_in, project
from benchmark_utils.problems.checks import refuse_softmax
from benchmark_utils.problems.penalties import L2Penalties, penalty_weights
from benchmark_utils.problems.pictures import of_pixels
from benchmark_utils.problems.softmax import Samples, SoftmaxProblem
from benchmark_utils.validation import one_of


class Arrays(NamedTuple):
    """The data that the oracles read."""

    inner: Samples
    outer: Samples
    groups: np.ndarray  # (C p,), the entry of lambda that penalises each entry of theta
    linear: bool  # whether reg is "lin"
    lower: float  # bounds of lambda
    upper: float


class MultinomialLogReg(L2Penalties, SoftmaxProblem):
    """Multinomial logistic regression with an l2 penalty; see the module's docstring.

    Parameters
    ----------
    X_train, X_val, X_test : array or sparse array, (n, p), (m, p), (l, p)
        The last may be None. Sparse samples have no minibatches: full-batch solvers take them.
    y_train, y_val, y_test : array, (n,), (m,), (l,)
        Labels 0, 1, ..., C-1.
    image_shape : pair of int, optional
        Of the samples, if they are images: then lambda of each pixel is shown as one.
    reg : {"exp", "lin"}
    n_reg : {"full", "class", 1}
    box : {"default", "none"} or pair of float
        The bounds of lambda; by default -8 and 0. With ``reg="lin"`` the only bound is 0.
    seed : int
        Draws the starting points: theta from N(0, I / p), and each penalty weight from U(0, 1)
        where lambda does not start in the middle of its box.
    """

    # With weights of exp(-12) the inner problem on digits is so badly conditioned that SABA was
    # still at a fifth of the first gap after 6e7 oracle calls.
    default_box = (-8.0, 0.0)
    parameters = {"reg": ["exp"], "n_reg": ["full"], "box": ["default"]}
    allowed = {
        "reg": one_of("exp", "lin"),
        "n_reg": one_of("full", "class", 1),
        "box": allowed_box,
    }

    @staticmethod
    def refuse(task, **data):
        return refuse_softmax("multinomial_logreg", task, data, sparse=True)

    def __init__(
        self,
        X_train,
        y_train,
        X_val,
        y_val,
        X_test=None,
        y_test=None,
        image_shape=None,
        *,
        reg,
        n_reg,
        box="default",
        seed,
    ):
        super().__init__(X_train, y_train, X_val, y_val, X_test, y_test)
        self.image_shape = image_shape
        self.set_penalties(reg, box)
        classes, features = np.divmod(np.arange(self.inner_dim), self.n_features)
        self.groups = {"full": features, "class": classes, 1: 0 * classes}[n_reg]
        self.outer_dim = int(self.groups.max()) + 1
        self.all_samples = Arrays(
            self.inner, self.outer, self.groups, self.linear, self.lower, self.upper
        )
        rng = np.random.default_rng(seed)
        self.inner_var0 = rng.standard_normal(self.inner_dim) / np.sqrt(self.n_features)
        self.outer_var0 = self.start(rng.uniform(size=self.outer_dim))

    def arrays(self, inner_batch_size, outer_batch_size, dtype, rng):
        inner, outer = self.cut_both(inner_batch_size, outer_batch_size, dtype, rng)
        return Arrays(
            inner, outer, self.groups, self.linear, *bounds_in(dtype, self.lower, self.upper)
        )

    @staticmethod
    def sample_weights(xp, arrays, outer_var, batch):
        return arrays.inner.weights[batch]

    @staticmethod
    def penalties(xp, arrays, outer_var):
        weights, _ = penalty_weights(xp, arrays, outer_var)
        return weights[arrays.groups]

    @staticmethod
    def minibatch_cross(arrays, inner_var, outer_var, v, batch):
        _, slopes = penalty_weights(np, arrays, outer_var)
        sums = np.bincount(arrays.groups, inner_var * v, minlength=outer_var.size)
        return slopes * sums.astype(v.dtype)

    @staticmethod
    def minibatch_inner_grad_outer(arrays, inner_var, outer_var, batch):
        # Only the penalty depends on lambda: its gradient is the cross derivative times theta / 2.
        cross = MultinomialLogReg.minibatch_cross
        return cross(arrays, inner_var, outer_var, inner_var / 2, batch)

    minibatch_project = staticmethod(project)

    def pictures(self, outer_var):
        return of_pixels(outer_var, self.image_shape)

    @staticmethod
    def numba_oracle():
        from benchmark_utils.problems.multinomial_logreg_kernels import ORACLE

        return ORACLE

"""Hyper-representation with ridge heads: shared layers whose heads have a closed form.

With the features phi_lambda of ``representation.py``, one-hot labels y_i, and one linear head per
class, theta the matrix W of shape (C, q + 1), row by row,

    G(lambda, theta) = 1/n sum_i ||W phi_lambda(x_i) - y_i||^2 / 2 + ridge/2 ||W||^2
    F(lambda, theta) = 1/m sum_j ||W phi_lambda(x_j) - y_j||^2 / 2   on the validation samples.

G is quadratic in theta, and so strongly convex, whatever the layers are. L. Bertinetto, J. F.
Henriques, P. Torr, A. Vedaldi, 'Meta-learning with differentiable closed-form solvers', ICLR 2019,
have such heads; this is the case of one task.
"""

import jax
import jax.numpy as jnp
import numpy as np

from benchmark_utils.problems.autodiff import AutodiffProblem
from benchmark_utils.problems.checks import refuse_task
from benchmark_utils.problems.representation import features, first_layers
from benchmark_utils.problems.softmax import accuracies
from benchmark_utils.validation import integer, positive


def squared_errors(inner_var, outer_var, X, labels):
    """Half the squared distance of each sample's scores to its one-hot label, (b,)."""
    rows = features(jnp, outer_var, X)
    heads = inner_var.reshape(-1, len(rows))
    targets = jax.nn.one_hot(labels, len(heads), axis=0, dtype=inner_var.dtype)
    return jnp.sum((heads @ rows - targets) ** 2, axis=0) / 2


class RidgeRepresentation(AutodiffProblem):
    """The shared layers of a small network under ridge heads; see the module's docstring.

    Parameters
    ----------
    X_train, X_val, X_test : array, (n, p), (m, p), (l, p)
        The last may be None.
    y_train, y_val, y_test : array, (n,), (m,), (l,)
        Labels 0, 1, ..., C-1.
    width : int
        q, of both layers.
    ridge : float
    seed : int
        Draws the starting points: the layers as in ``representation``; theta is zero.
    """

    parameters = {"width": [16], "ridge": [0.01]}
    allowed = {"width": integer(1, 10**5), "ridge": positive}
    searched = (-1.0, 1.0)

    @staticmethod
    def refuse(task, **data):
        return refuse_task("ridge_representation", ("multiclass",), task, data)

    def __init__(
        self, X_train, y_train, X_val, y_val, X_test=None, y_test=None, *, width, ridge, seed
    ):
        n_features, n_classes = X_train.shape[1], int(y_train.max()) + 1
        super().__init__(
            inner_samples=(X_train, y_train),
            outer_samples=(X_val, y_val),
            inner_var0=np.zeros(n_classes * (width + 1)),
            outer_var0=first_layers(n_features, width, np.random.default_rng(seed)),
            settings=(float(ridge),),
        )
        self.scored = {"val": (X_val, y_val), "test": (X_test, y_test)}

    @staticmethod
    def inner_loss(inner_var, outer_var, X, labels, ridge):
        errors = squared_errors(inner_var, outer_var, X, labels)
        return errors + ridge * jnp.sum(inner_var**2) / 2

    @staticmethod
    def outer_loss(inner_var, outer_var, X, labels, ridge):
        return squared_errors(inner_var, outer_var, X, labels)

    def metrics(self, inner_var, outer_var):
        return accuracies(inner_var, self.scored, lambda X: features(np, outer_var, X))

"""Data cleaning with a multilayer perceptron: a weight for each training sample.

The problem is that of ``data_cleaning_network.py``, with one hidden layer of sigmoids between two
linear layers: the network with which H. Shen and T. Chen, 'On penalty-based bilevel gradient
descent method', ICML 2023, clean images, whose code has 300 hidden units and no ridge.
"""

import jax
import numpy as np

from benchmark_utils.problems.checks import refuse_task
from benchmark_utils.problems.data_cleaning_network import DataCleaningNetwork, first_layers
from benchmark_utils.validation import integer


class DataCleaningMlp(DataCleaningNetwork):
    """A weight for each training sample of a multilayer perceptron; see the module's docstring.

    Parameters
    ----------
    X_train, X_val, X_test : array, (n, p), (m, p), (l, p)
        The last may be None.
    y_train, y_val, y_test : array, (n,), (m,), (l,)
        Labels 0, 1, ..., C-1.
    corrupted, image_shape, ridge, box
        As ``DataCleaningNetwork`` takes them.
    width : int
        The number of hidden units.
    seed : int
        Draws the first parameters. Lambda starts at 0: all weights are 1/2.
    """

    parameters = {"width": [300], "ridge": [0.001], "box": ["default"]}
    allowed = {"width": integer(1, 10**5), **DataCleaningNetwork.allowed}
    in_torch_as = "Mlp"

    @staticmethod
    def refuse(task, **data):
        return refuse_task("data_cleaning_mlp", ("multiclass",), task, data)

    def __init__(
        self,
        X_train,
        y_train,
        X_val,
        y_val,
        X_test=None,
        y_test=None,
        corrupted=None,
        image_shape=None,
        *,
        width,
        ridge,
        box="default",
        seed,
    ):
        n_features, n_classes = X_train.shape[1], int(y_train.max()) + 1
        shapes = {"hidden": (width, n_features), "linear": (n_classes, width)}
        super().__init__(
            first_layers(shapes, np.random.default_rng(seed)),
            train=(X_train, y_train),
            scored={"val": (X_val, y_val), "test": (X_test, y_test)},
            corrupted=corrupted,
            image_shape=image_shape,
            ridge=ridge,
            box=box,
        )

    def scores(self, params, outer, X):
        hidden = jax.nn.sigmoid(X @ params["hidden.weight"].T + params["hidden.bias"])
        return hidden @ params["linear.weight"].T + params["linear.bias"]

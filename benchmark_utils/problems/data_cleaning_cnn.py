"""Data cleaning with a convolutional network: a weight for each training image.

With the cross-entropies l_i of a small network with parameters theta, and sigma the logistic
function,

    G(lambda, theta) = 1/n sum_i sigma(lambda_i) l_i(theta) + ridge/2 ||theta||^2
    F(lambda, theta) = 1/m sum_j l_j(theta)   on the validation images.

Some training labels are wrong: a good lambda gives their images less weight. The network has two
layers of 5 x 5 convolutions with stride 2, of 8 and 16 channels, and a linear layer, with tanh
between them, so that G is smooth. It is not convex: h is not judged, but F, the gradient of G and
accuracies at the solver's own theta. L. Franceschi, M. Donini, P. Frasconi, M. Pontil, 'Forward and
reverse gradient-based hyperparameter optimization', ICML 2017, section 5.1, with a linear model.
"""

from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np

from benchmark_utils.problems.box import allowed_box, bounds
from benchmark_utils.problems.checks import refuse_images
from benchmark_utils.problems.data_cleaning import corruption_auc, sigmoid
from benchmark_utils.problems.jax_problem import JaxProblem
from benchmark_utils.problems.pictures import of_weights
from benchmark_utils.validation import positive

N_CHANNELS = (8, 16)
WIDTH, STRIDE = 5, 2


def size_after_one(size):
    """The height or width of an image after a convolution."""
    return (size - WIDTH) // STRIDE + 1


def size_after(size):
    """The height or width of an image after both convolutions."""
    for _ in N_CHANNELS:
        size = size_after_one(size)
    return size


def first_params(image_shape, n_classes, rng):
    """The network's first parameters: weights from N(0, 1 / inputs), biases zero."""
    first, second = N_CHANNELS
    n_features = second * size_after(image_shape[0]) * size_after(image_shape[1])
    shapes = {
        "conv1": (first, 1, WIDTH, WIDTH),
        "conv2": (second, first, WIDTH, WIDTH),
        "linear": (n_classes, n_features),
    }
    params = {}
    for name, (n_outputs, *inputs) in shapes.items():
        weight = rng.standard_normal((n_outputs, *inputs)) / np.sqrt(np.prod(inputs))
        params |= {f"{name}.weight": weight, f"{name}.bias": np.zeros(n_outputs)}
    return params


def convolved(images, weight):
    """Images (b, height, width, channels) after a convolution, with weights as PyTorch has them.

    It is a product of matrices of all patches: within ``lax.scan`` on a CPU, ``lax.conv`` makes an
    iteration of SOBA six times as long.
    """
    for axis in (1, 2):
        last = STRIDE * (size_after_one(images.shape[axis]) - 1)
        places = (jax.lax.slice_in_dim(images, k, k + last + 1, STRIDE, axis) for k in range(WIDTH))
        images = jnp.concatenate(list(places), axis=-1)
    return images @ weight.transpose(3, 2, 1, 0).reshape(-1, len(weight))


def network(params, images):
    """A score for each image (b, height, width) and class, (b, C)."""
    hidden = images[..., None]
    for name in ("conv1", "conv2"):
        hidden = jnp.tanh(convolved(hidden, params[f"{name}.weight"]) + params[f"{name}.bias"])
    rows = hidden.transpose(0, 3, 1, 2).reshape(len(images), -1)
    return rows @ params["linear.weight"].T + params["linear.bias"]


def cross_entropies(scores, labels):
    own = jnp.take_along_axis(scores, labels[:, None], axis=1)[:, 0]
    return jax.nn.logsumexp(scores, axis=1) - own


class DataCleaningCnn(JaxProblem):
    """A weight for each training image of a convolutional network; see the module's docstring.

    Parameters
    ----------
    X_train, X_val, X_test : array, (n, p), (m, p), (l, p)
        Flattened images; the last may be None.
    y_train, y_val, y_test : array, (n,), (m,), (l,)
        Labels 0, 1, ..., C-1.
    corrupted : bool array, (n,)
        Which training labels are wrong, if known: the weights are then scored by the area under the
        ROC curve with which they separate clean from corrupted images, ``corruption_auc``.
    image_shape : tuple of int
        Height and width, whose product is p; at least 13 each.
    ridge : float
    box : {"default", "none"} or pair of float
        The bounds of lambda; by default -5 and 5, weights between 0.0067 and 0.9933.
    seed : int
        Draws the first parameters. Lambda starts at 0: all weights are 1/2.
    """

    parameters = {"ridge": [0.001], "box": ["default"]}
    allowed = {"ridge": positive, "box": allowed_box}
    frameworks = ("jax", "torch", "python")
    default_box = (-5.0, 5.0)

    @staticmethod
    def refuse(task, image_shape=None, **data):
        reason = refuse_images("data_cleaning_cnn", task, image_shape, data)
        if reason or size_after(min(image_shape)) >= 1:
            return reason
        return (
            f"image_shape={tuple(image_shape)} is too small for two convolutions of {WIDTH} x "
            f"{WIDTH} pixels with stride {STRIDE}; give images of at least 13 x 13."
        )

    def __init__(
        self,
        X_train,
        y_train,
        X_val,
        y_val,
        X_test=None,
        y_test=None,
        corrupted=None,
        *,
        image_shape,
        ridge,
        box="default",
        seed,
    ):
        self.corrupted, self.ridge, self.image_shape = corrupted, float(ridge), image_shape
        self.lower, self.upper = bounds(box, self.default_box)
        n_samples, n_classes = len(y_train), int(y_train.max()) + 1
        images = {"train": X_train, "val": X_val, "test": X_test}
        images = {
            name: None if X is None else X.reshape(-1, *image_shape) for name, X in images.items()
        }
        self.given = dict(
            inner=first_params(image_shape, n_classes, np.random.default_rng(seed)),
            outer={"weights": np.clip(np.zeros(n_samples), self.lower, self.upper)},
            inner_samples=(images["train"], y_train, np.arange(n_samples)),
            outer_samples=(images["val"], y_val),
        )
        super().__init__(
            **self.given, scored={"val": (images["val"], y_val), "test": (images["test"], y_test)}
        )

    def inner_loss(self, params, outer, batch):
        images, labels, numbers = batch
        weights = jax.nn.sigmoid(outer["weights"][numbers])
        losses = cross_entropies(network(params, images), labels)
        squares = sum(jnp.sum(param**2) for param in params.values())
        return weights * losses + self.ridge / 2 * squares

    def outer_loss(self, params, outer, batch):
        images, labels = batch
        return cross_entropies(network(params, images), labels)

    def scores(self, params, outer, images):
        return network(params, images)

    @cached_property
    def in_torch(self):
        """The same problem in PyTorch, whose minibatch oracles ``framework=torch`` takes."""
        from benchmark_utils.problems.data_cleaning_cnn_torch import DataCleaningCnnTorch

        return DataCleaningCnnTorch(self.ridge, self.given)

    def oracle(self, framework):
        return self.in_torch.oracle("torch") if framework == "torch" else super().oracle(framework)

    def pictures(self, outer_var):
        images, labels, _ = self.inner_samples
        flat, weights = images.reshape(len(images), -1), sigmoid(np, outer_var)
        return of_weights(weights, flat, labels, self.corrupted, self.image_shape)

    def metrics(self, inner_var, outer_var):
        return super().metrics(inner_var, outer_var) | corruption_auc(self.corrupted, outer_var)

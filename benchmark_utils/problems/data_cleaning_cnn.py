"""Data cleaning with a convolutional network: a weight for each training image.

The problem is that of ``data_cleaning_network.py``. The network has two layers of 5 x 5
convolutions with stride 2, of 8 and 16 channels, and a linear layer, with tanh between them, so
that G is smooth. L. Franceschi, M. Donini, P. Frasconi, M. Pontil, 'Forward and reverse
gradient-based hyperparameter optimization', ICML 2017, section 5.1, with a linear model.
"""

import jax
import jax.numpy as jnp
import numpy as np

from benchmark_utils.problems.checks import refuse_images
from benchmark_utils.problems.data_cleaning_network import DataCleaningNetwork, first_layers

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
    """The network's first parameters."""
    first, second = N_CHANNELS
    n_features = second * size_after(image_shape[0]) * size_after(image_shape[1])
    shapes = {
        "conv1": (first, 1, WIDTH, WIDTH),
        "conv2": (second, first, WIDTH, WIDTH),
        "linear": (n_classes, n_features),
    }
    return first_layers(shapes, rng)


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


class DataCleaningCnn(DataCleaningNetwork):
    """A weight for each training image of a convolutional network; see the module's docstring.

    Parameters
    ----------
    X_train, X_val, X_test : array, (n, p), (m, p), (l, p)
        Flattened images; the last may be None.
    y_train, y_val, y_test : array, (n,), (m,), (l,)
        Labels 0, 1, ..., C-1.
    image_shape : tuple of int
        Height and width, whose product is p; at least 13 each.
    corrupted, ridge, box
        As ``DataCleaningNetwork`` takes them.
    seed : int
        Draws the first parameters. Lambda starts at 0: all weights are 1/2.
    """

    parameters = {"ridge": [0.001], "box": ["default"]}
    in_torch_as = "Cnn"

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
        train, val, test = (
            None if X is None else X.reshape(-1, *image_shape) for X in (X_train, X_val, X_test)
        )
        n_classes = int(y_train.max()) + 1
        super().__init__(
            first_params(image_shape, n_classes, np.random.default_rng(seed)),
            train=(train, y_train),
            scored={"val": (val, y_val), "test": (test, y_test)},
            corrupted=corrupted,
            image_shape=image_shape,
            ridge=ridge,
            box=box,
        )

    def scores(self, params, outer, images):
        hidden = images[..., None]
        for name in ("conv1", "conv2"):
            hidden = convolved(hidden, params[f"{name}.weight"]) + params[f"{name}.bias"]
            hidden = jnp.tanh(hidden)
        rows = hidden.transpose(0, 3, 1, 2).reshape(len(images), -1)
        return rows @ params["linear.weight"].T + params["linear.bias"]

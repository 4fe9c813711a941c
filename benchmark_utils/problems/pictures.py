"""Images of what lambda is, for people who look rather than read."""

from math import isqrt
from typing import NamedTuple

import numpy as np

# Of many samples, those of the least and of the most weight.
N_SHOWN = 12


class Picture(NamedTuple):
    """An image, (height, width), of grey values from 0 to 1, and its caption."""

    image: np.ndarray
    caption: str


def grey(values):
    """Values moved and scaled to [0, 1]; 1/2 if all are equal."""
    values = np.asarray(values, float)
    low, high = values.min(), values.max()
    return (values - low) / (high - low) if high > low else np.full(values.shape, 0.5)


def of_pixels(outer_var, image_shape):
    """Lambda as an image, if it has one entry per pixel."""
    if image_shape is None or outer_var.size != np.prod(image_shape):
        return []
    low, high = outer_var.min(), outer_var.max()
    caption = f"lambda of each pixel, from {low:.3g} (black) to {high:.3g} (white)"
    return [Picture(grey(outer_var).reshape(image_shape), caption)]


def of_weights(weights, images, labels, corrupted, image_shape):
    """The samples of the least and of the most weight, in the order of their weights.

    Parameters
    ----------
    weights, labels : array, (n,)
    images : array, (n, p)
    corrupted : bool array, (n,), or None
        Which labels are wrong, if known.
    image_shape : pair of int, or None
        Without it there are no pictures.
    """
    if image_shape is None:
        return []
    order = np.argsort(weights, kind="stable")
    shown = order if len(order) <= 2 * N_SHOWN else [*order[:N_SHOWN], *order[-N_SHOWN:]]
    # Images may be black.
    brightest = images.max() or 1
    pictures = []
    for sample in shown:
        wrong = ", wrong" if corrupted is not None and corrupted[sample] else ""
        caption = f"weight {weights[sample]:.3f}, label {labels[sample]:.0f}{wrong}"
        pictures.append(Picture(images[sample].reshape(image_shape) / brightest, caption))
    return pictures


def of_atoms(dictionary, name):
    """The atoms of a dictionary, (m, K), each an image if m is a square; else all in one."""
    side = isqrt(len(dictionary))
    if side**2 == len(dictionary):
        return [
            Picture(grey(atom).reshape(side, side), f"{name}, atom {k}")
            for k, atom in enumerate(dictionary.T, start=1)
        ]
    return [Picture(grey(dictionary), f"{name}: each column is an atom")]

"""A picture deblurred by plug-and-play, with a denoiser trained at L = 20 and used with L = 1.

The analysis denoiser of ``plug_and_play.py``, with the filters of a convolution as Gamma, is
unrolled for L = 20 steps from w = 0, and its filters and its threshold are trained to remove noise
from pieces of one picture. Then it is plugged in to restore another picture x from y = A x + noise,
where A is a Gaussian blur, with L = 20 or L = 1 steps per iteration, warm-started or not. This is
the figure of Kowalski, Malezieux, Moreau and Repetti, arXiv:2411.13276, 2024: with as many
iterations L = 1 is as good as L = 20 and 20 times as fast.

Both pictures are scikit-learn's, in grey, from 0 to 1, on a torus: filters and blur are periodic.
"""

import time
from functools import partial
from itertools import islice
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from scipy.ndimage import gaussian_filter
from sklearn.datasets import load_sample_image

from experiments.plug_and_play import iterates

SIZE, N_FILTERS = 5, 24  # of filters
N_TRAINED = 20
TRAINING_NOISE, NOISE, BLUR = 0.1, 0.05, 1.0  # standard deviations, the last in pixels
STEP_SIZE = 0.99  # rho; the blur's norm is 1
# The threshold in plug-and-play over rho times the trained one, chosen on the training picture.
STRENGTHS = (0.03, 0.1, 0.3)


class Denoiser(NamedTuple):
    """What is trained."""

    filters: jax.Array  # (N_FILTERS, SIZE^2), scaled before use
    log_threshold: jax.Array


def picture(name, corner, size):
    """A square piece of one of scikit-learn's pictures, in grey, from 0 to 1."""
    grey = load_sample_image(name).mean(axis=2) / 255
    row, column = corner
    return grey[row : row + size, column : column + size].astype(np.float32)


def analyse(filters, x):
    """Gamma x: the filters applied to the square at each pixel of x (n, n), (N_FILTERS, n, n)."""
    n = len(x)
    x = jnp.pad(x, (0, SIZE - 1), mode="wrap")
    around = [x[i : i + n, j : j + n] for i in range(SIZE) for j in range(SIZE)]
    return jnp.tensordot(filters, jnp.stack(around), 1)


def scaled(filters):
    """The filters, divided by the norm of Gamma: its largest singular value at any frequency."""
    spectra = jnp.fft.fft2(filters.reshape(-1, SIZE, SIZE), (32, 32))
    return filters / jnp.sqrt((jnp.abs(spectra) ** 2).sum(0).max())


@partial(jax.jit, static_argnames="n_sub")
def denoise(denoiser, v, w, strength, n_sub):
    """``n_sub`` projected gradient steps on w from the given one: the denoised v, and the new w."""
    filters = scaled(denoiser.filters)
    threshold = strength * jnp.exp(denoiser.log_threshold)
    apply = partial(analyse, filters)
    transpose = jax.linear_transpose(apply, v)

    def step(w, _):
        return jnp.clip(w + apply(v - transpose(w)[0]), -threshold, threshold), None

    w, _ = jax.lax.scan(step, w, None, n_sub)
    return v - transpose(w)[0], w


def zeros_of(x):
    return np.zeros((N_FILTERS, *x.shape), np.float32)


@jax.jit
def training_loss(denoiser, clean, noisy):
    """The squared error of the unrolled denoiser, a mean over pieces (b, n, n)."""

    def denoised(v):
        return denoise(denoiser, v, zeros_of(v), 1.0, N_TRAINED)[0]

    return jnp.mean((jax.vmap(denoised)(noisy) - clean) ** 2)


def train(n_steps, rng, size=24, n_pieces=8, step_size=0.03):
    """Adam on the training loss, with new pieces and new noise at every step."""
    whole = picture("china.jpg", (0, 0), 427)
    filters = rng.standard_normal((N_FILTERS, SIZE**2)).astype(np.float32)
    denoiser = Denoiser(filters - filters.mean(1, keepdims=True), np.float32(np.log(0.05)))
    mean, square = (jax.tree.map(np.zeros_like, denoiser) for _ in range(2))
    value_and_grad = jax.jit(jax.value_and_grad(training_loss))
    losses = []
    for t in range(1, n_steps + 1):
        corners = rng.integers(len(whole) - size, size=(n_pieces, 2))
        clean = np.stack([whole[i : i + size, j : j + size] for i, j in corners])
        noisy = clean + TRAINING_NOISE * rng.standard_normal(clean.shape).astype(np.float32)
        loss, grad = value_and_grad(denoiser, clean, noisy)
        losses.append(float(loss))
        mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, grad)
        square = jax.tree.map(lambda s, g: 0.99 * s + 0.01 * g**2, square, grad)
        scales = [(1 - beta**t) for beta in (0.9, 0.99)]
        denoiser = jax.tree.map(
            lambda u, m, s, a=scales: u - step_size * (m / a[0]) / (np.sqrt(s / a[1]) + 1e-8),
            denoiser, mean, square,
        )  # fmt: skip
    return denoiser, losses


class Restoration(NamedTuple):
    """One way to restore a picture."""

    label: str
    n_sub: int  # L
    warm: bool


WAYS = (
    Restoration("20/20, warm", 20, True),
    Restoration("20/1, warm", 1, True),
    Restoration("20/1, cold", 1, False),
)


def degraded(clean, rng):
    """A picture blurred, with noise."""
    return blurred(clean) + NOISE * rng.standard_normal(clean.shape).astype(np.float32)


def blurred(x):
    return gaussian_filter(x, BLUR, mode="wrap")


def restore(denoiser, observed, strength, way, n_iterations):
    """The picture after each iteration of plug-and-play, from the observed one, and its seconds."""

    def data_step(x):
        return x - STEP_SIZE * blurred(blurred(x) - observed)

    def denoise_step(v, w):
        return denoise(denoiser, v, w, STEP_SIZE * strength, way.n_sub)

    denoise_step(observed, zeros_of(observed))  # compiled before its time is taken
    start = time.process_time()
    path = iterates(data_step, denoise_step, observed, zeros_of(observed), way.warm)
    pictures = [np.asarray(x) for x, _ in islice(path, n_iterations)]
    return pictures, time.process_time() - start


def psnr(x, clean):
    """The peak signal-to-noise ratio, in decibels."""
    return float(-10 * np.log10(np.mean((x - clean) ** 2)))


def main(n_training_steps=150, n_iterations=100, size=128):
    """The restored pictures with their PSNR, after the true and the observed one."""
    rng = np.random.default_rng(0)
    denoiser, _ = train(n_training_steps, rng)
    training_clean, clean = (
        picture(name, (100, 200), size) for name in ("china.jpg", "flower.jpg")
    )
    training_observed, observed = degraded(training_clean, rng), degraded(clean, rng)

    def training_psnr(strength):
        pictures, _ = restore(denoiser, training_observed, strength, WAYS[1], n_iterations)
        return psnr(pictures[-1], training_clean)

    strength = max(STRENGTHS, key=training_psnr)
    rows = [dict(picture="true", image=clean), dict(picture="observed", image=observed)]
    for way in WAYS:
        pictures, seconds = restore(denoiser, observed, strength, way, n_iterations)
        rows.append(dict(picture=way.label, image=pictures[-1], path=pictures, seconds=seconds))
    table = pd.DataFrame(rows)
    last = table["image"][2]
    table["psnr"] = [np.inf, *(psnr(image, clean) for image in table["image"][1:])]
    table["distance"] = [np.linalg.norm(x - last) / np.linalg.norm(last) for x in table["image"]]
    return table


def summary(table):
    return table.loc[1:, ["picture", "psnr", "distance", "seconds"]]


def draw(table, figure):
    axes = figure.subplots(1, len(table))
    for axis, row in zip(axes, table.itertuples(), strict=True):
        axis.imshow(row.image, cmap="gray", vmin=0, vmax=1)
        quality = "" if row.picture == "true" else f"\n{row.psnr:.2f} dB"
        seconds = f", {row.seconds:.2f} s" if row.seconds > 0 else ""
        axis.set_title(f"{row.picture}{quality}{seconds}")
        axis.set_axis_off()

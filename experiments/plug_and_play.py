"""Plug-and-play: a proximal operator is replaced by L steps of its solver, warm-started or not.

To recover x from y = A x + noise, forward-backward splitting needs at every iteration the denoiser

    x+ = denoise(v),    v = x - rho A^T (A x - y).

Two denoisers are solutions of a Lasso, with a dictionary D or an analysis operator Gamma:

    synthesis    x = D z,              z = argmin 1/2 ||v - D z||^2 + rho lambda ||z||_1
    analysis     x = v - Gamma^T w,    w = argmin 1/2 ||v - Gamma^T w||^2, |w_k| <= rho lambda

Each is replaced by L steps of projected or proximal gradient descent on z or w, which start where
they ended at the last iteration (warm), or at 0 (cold). Kowalski, Malezieux, Moreau and Repetti,
Analysis and synthesis denoisers for forward-backward plug-and-play algorithms, arXiv:2411.13276,
2024, prove that warm-started iterates converge to the same solution for L = 1 as for L infinite.
"""

from itertools import islice, product
from typing import NamedTuple

import numpy as np
import pandas as pd

N_SUB = (1, 5, 20)  # L
# The weight lambda of the l1 norm.
WEIGHTS = {"synthesis": 0.02, "analysis": 0.03}


class Recovery(NamedTuple):
    """A signal to recover, in the notation of the module's docstring."""

    A: np.ndarray  # (m, n)
    y: np.ndarray  # (m,)
    D: np.ndarray  # (n, K), with columns of norm 1; Gamma is its transpose
    truth: np.ndarray  # x, (n,)


def make_recovery(kind, seed):
    """32 Gaussian measurements, with noise 0.01, of a signal in 64 dimensions.

    The signal is one for which the denoiser of this kind is made: a combination of 6 out of 128
    Gaussian atoms, or a piecewise constant function on a circle, with 4 jumps and Haar wavelets of
    three scales.
    """
    rng = np.random.default_rng(seed)
    if kind == "synthesis":
        D = rng.standard_normal((64, 128))
        D /= np.linalg.norm(D, axis=0)
        code = np.zeros(128)
        code[rng.choice(128, 6, replace=False)] = rng.standard_normal(6)
        truth = D @ code
    else:
        D = haar_wavelets(64, 3).T
        jumps = np.sort(rng.choice(64, 4, replace=False))
        levels = rng.standard_normal(4)
        truth = levels[np.searchsorted(jumps, np.arange(64)) % 4]
    A = rng.standard_normal((32, 64)) / np.sqrt(32)
    return Recovery(A, A @ truth + 0.01 * rng.standard_normal(32), D, truth)


def haar_wavelets(n, n_scales):
    """All shifts on a circle of the Haar wavelets of the finest scales, (n_scales n, n)."""
    rows = []
    for scale in range(n_scales):
        width = 2**scale
        wavelet = np.repeat([1.0, -1.0, 0.0], [width, width, n - 2 * width])
        rows += [np.roll(wavelet / np.sqrt(2 * width), shift) for shift in range(n)]
    return np.array(rows)


def iterates(data_step, denoise, x, u, warm):
    """The iterates (x, u) of plug-and-play, without end; u is what the denoiser iterates on.

    Parameters
    ----------
    data_step : function of x
        A gradient step on the data fit.
    denoise : function of (v, u)
        A few steps of the denoiser's solver from u. It returns the denoised v, and the new u.
    x, u : array
        Starting points.
    warm : bool
        Whether u starts where it ended, or always at the given u.
    """
    start = u
    while True:
        x, u = denoise(data_step(x), u if warm else start)
        yield x, u


def synthesis(D, threshold, n_sub):
    """The synthesis denoiser by ``n_sub`` steps of ISTA on z, and where z starts."""
    step_size = 0.99 / np.linalg.norm(D, 2) ** 2

    def denoise(v, z):
        for _ in range(n_sub):
            moved = z - step_size * (D.T @ (D @ z - v))
            z = np.sign(moved) * np.maximum(np.abs(moved) - step_size * threshold, 0)
        return D @ z, z

    return denoise, np.zeros(D.shape[1])


def analysis(D, threshold, n_sub):
    """The analysis denoiser by ``n_sub`` projected gradient steps on w, and where w starts."""
    step_size = 0.99 / np.linalg.norm(D, 2) ** 2

    def denoise(v, w):
        for _ in range(n_sub):
            w = np.clip(w + step_size * (D.T @ (v - D @ w)), -threshold, threshold)
        return v - D @ w, w

    return denoise, np.zeros(D.shape[1])


DENOISERS = {"synthesis": synthesis, "analysis": analysis}


def solve(recovery, kind, n_sub, warm, n_iterations):
    """The iterates x, (n_iterations, n), and the last u, with one of ``DENOISERS``."""
    A, y, D, _ = recovery
    rho = 0.99 / np.linalg.norm(A, 2) ** 2
    denoise, u = DENOISERS[kind](D, rho * WEIGHTS[kind], n_sub)
    path = iterates(lambda x: x - rho * (A.T @ (A @ x - y)), denoise, np.zeros(len(D)), u, warm)
    points = list(islice(path, n_iterations))
    return np.array([x for x, _ in points]), points[-1][1]


def main(n_seeds=3, n_sub_iterations=6000, n_reference=6000):
    """The relative distances of x to its limit and to the truth, at the end of each 20 steps.

    The limit is where L = 20, warm-started, is after ``n_reference`` iterations.
    """
    rows = []
    for kind, seed in product(DENOISERS, range(n_seeds)):
        recovery = make_recovery(kind, seed)
        limit = solve(recovery, kind, 20, True, n_reference)[0][-1]
        for n_sub, warm in product(N_SUB, (True, False)):
            x, _ = solve(recovery, kind, n_sub, warm, n_sub_iterations // n_sub)
            x = x[20 // n_sub - 1 :: 20 // n_sub]
            common = dict(denoiser=kind, seed=seed, n_sub=n_sub, start="warm" if warm else "cold")
            points = dict(
                sub_iterations=20 * np.arange(1, len(x) + 1),
                distance=relative_distance(x, limit),
                error=relative_distance(x, recovery.truth),
            )
            rows.append(pd.DataFrame(common | points))
    return pd.concat(rows, ignore_index=True)


def relative_distance(x, target):
    return np.linalg.norm(x - target, axis=1) / np.linalg.norm(target)


def summary(table):
    """Medians over the seeds at the end, one row per denoiser, L and start."""
    last = table[table["sub_iterations"] == table["sub_iterations"].max()]
    medians = last.groupby(["denoiser", "n_sub", "start"])[["distance", "error"]].median()
    return medians.reset_index()


def draw(table, figure):
    axes = figure.subplots(1, 2, sharey=True)
    for axis, kind in zip(axes, DENOISERS, strict=True):
        curves = table[table["denoiser"] == kind].groupby(["n_sub", "start", "sub_iterations"])
        medians = curves["distance"].median()
        for (n_sub, start), curve in medians.groupby(["n_sub", "start"]):
            axis.loglog(
                curve.index.get_level_values("sub_iterations"), curve,
                color=f"C{N_SUB.index(n_sub)}", linestyle="-" if start == "warm" else ":",
                label=f"L = {n_sub}, {start} start",
            )  # fmt: skip
        axis.set_title(f"Plug-and-play, {kind} denoiser")
        axis.set_xlabel("steps of the denoiser, in all")
    axes[0].set_ylim(1e-9, 2)
    axes[0].set_ylabel("|x - x*| / |x*|")
    axes[0].legend()

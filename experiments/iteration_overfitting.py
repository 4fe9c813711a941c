"""Iteration overfitting: a model that was trained with N inner iterations is tested with M.

The inner problem is linear, with a symmetric K of p eigenvalues in (0, 1],

    x^{k+1} = x^k - (K x^k - U theta),   x^0 = 0,   so that   x^M = P_M(K) U theta

with P_M(k) = (1 - (1 - k)^M) / k, and the parameters theta, of dimension d, are those for which the
N-th iterate is closest to a target t:

    theta^{*N} = argmin L(x^N(theta)),   L(x) = 1/2 ||x - t||^2.

Ramzi, Ablin, Peyre and Moreau, Test like you train in implicit deep learning, arXiv:2305.15042,
2023, Theorem 1: if the model is overparametrised, that is, if U is onto, then no number of
iterations other than N gives a lower L.
"""

import numpy as np
import pandas as pd

N = 10
N_EQUATIONS = 20  # p
DIMENSIONS = (1, 2, 5, 10, 15, 18, 20, 40)  # d
NOISE = 0.05
# Where the minimum of L counts as zero, and a lower L as better and not as rounding.
ROUNDING = 1e-20


def losses(seed, dimension, last):
    """L(x^M(theta^{*N})) / L(0) for M = 0, ..., ``last``, of one random problem.

    The target is the fixed point of a random theta, plus noise.
    """
    p, rng = N_EQUATIONS, np.random.default_rng(seed)
    basis = np.linalg.qr(rng.standard_normal((p, p)))[0]
    eigenvalues = np.geomspace(0.05, 1, p)
    U = rng.standard_normal((p, dimension)) / np.sqrt(dimension)
    # In the basis of K's eigenvectors.
    U, noise = basis.T @ U, rng.standard_normal(p)
    target = U @ rng.standard_normal(dimension) / eigenvalues + NOISE * noise
    # P_M(k), one row for each M.
    factors = (1 - (1 - eigenvalues) ** np.arange(last + 1)[:, np.newaxis]) / eigenvalues
    theta = np.linalg.lstsq(factors[N][:, np.newaxis] * U, target)[0]
    return np.sum((factors * (U @ theta) - target) ** 2, axis=1) / (target @ target)


def main(n_seeds=200, last=200, dimensions=DIMENSIONS):
    """The losses of each seed and dimension, by the number M of test iterations."""
    return pd.concat(
        [
            pd.DataFrame(dict(d=d, seed=seed, M=range(last + 1), loss=losses(seed, d, last)))
            for d in dimensions
            for seed in range(n_seeds)
        ],
        ignore_index=True,
    )


def summary(table):
    """For each d: medians of the loss at M = N, 2N and the last M, the fraction of the seeds in
    which some M > N is better than N, and the median of what the best M gains."""
    losses = table.pivot_table("loss", ["d", "seed"], "M")
    at_n, best = losses[N], losses.loc[:, N + 1 :].min(axis=1)
    by_seed = pd.DataFrame({
        "L(N)": at_n,
        "L(2N)": losses[2 * N],
        "L(last)": losses.iloc[:, -1],
        "some M > N is better": (best < at_n) & (at_n > ROUNDING),
        "best gain": (1 - best / at_n).where(at_n > ROUNDING, 0).clip(lower=0),
    })  # fmt: skip
    by_dimension = by_seed.groupby("d")
    medians = by_dimension.median()
    medians["some M > N is better"] = by_dimension["some M > N is better"].mean()
    return medians.reset_index()


def draw(table, figure):
    losses, fractions = figure.subplots(1, 2)
    for d, rows in table.groupby("d"):
        curve = rows.groupby("M")["loss"].median()
        losses.plot(curve.index, curve, label=f"d = {d}")
    losses.axvline(N, color="grey", linestyle=":", linewidth=1)
    losses.set(
        yscale="log", ylim=(1e-3, 2), xlim=(0, 60), xlabel="test iterations M",
        ylabel="L(M) / L(0)", title=f"Trained with N = {N} iterations, p = {N_EQUATIONS}",
    )  # fmt: skip
    losses.legend(ncols=2)
    rows = summary(table)
    fractions.plot(rows["d"] / N_EQUATIONS, rows["some M > N is better"], marker="o")
    fractions.axvline(1, color="grey", linestyle=":", linewidth=1)
    fractions.set(
        xlabel="parameters d over equations p", ylabel="fraction of seeds",
        title="Some M > N is better than M = N",
    )  # fmt: skip

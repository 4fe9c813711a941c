"""A picture deblurred: with a warm start, one step of the denoiser is as good as twenty."""

import jax
import numpy as np
import pytest

from experiments.deblurring import (
    N_FILTERS,
    SIZE,
    WAYS,
    analyse,
    degraded,
    denoise,
    picture,
    psnr,
    restore,
    scaled,
    train,
    zeros_of,
)


@pytest.fixture(scope="module")
def trained():
    """A denoiser after few steps, and the losses on the way."""
    return train(20, np.random.default_rng(0))


@pytest.mark.slow
def test_training_an_unrolled_denoiser_makes_it_better(trained):
    _, losses = trained
    assert np.mean(losses[-5:]) < 0.9 * np.mean(losses[:5])


@pytest.mark.slow
def test_the_norm_of_the_scaled_filters_is_one():
    """By the power method, on pictures that are periodic."""
    rng = np.random.default_rng(0)
    filters = scaled(rng.standard_normal((N_FILTERS, SIZE**2)).astype(np.float32))
    x = rng.standard_normal((32, 32)).astype(np.float32)
    transpose = jax.linear_transpose(lambda x: analyse(filters, x), x)
    for _ in range(200):
        x = x / np.linalg.norm(x)
        x = np.asarray(transpose(analyse(filters, x))[0])
    assert np.linalg.norm(x) == pytest.approx(1, abs=0.02)


@pytest.mark.slow
def test_the_denoisers_limit_satisfies_the_optimality_conditions(trained):
    denoiser, _ = trained
    v = picture("flower.jpg", (100, 200), 24)
    x, w = map(np.asarray, denoise(denoiser, v, zeros_of(v), 1.0, 3000))
    threshold = np.exp(denoiser.log_threshold)
    coefficients = np.asarray(analyse(scaled(denoiser.filters), x))
    assert np.abs(w).max() <= threshold * (1 + 1e-6)
    # w is in the subdifferential of threshold ||.||_1 at Gamma x.
    penalty = threshold * np.abs(coefficients).sum()
    assert np.vdot(w, coefficients) == pytest.approx(penalty, rel=1e-3)


@pytest.mark.slow
def test_one_warm_started_step_is_as_good_as_twenty_and_cold_starts_end_elsewhere(trained):
    denoiser, _ = trained
    clean = picture("flower.jpg", (100, 200), 48)
    observed = degraded(clean, np.random.default_rng(0))
    twenty, warm, cold = (restore(denoiser, observed, 0.3, way, 150)[0][-1] for way in WAYS)
    assert psnr(twenty, clean) > psnr(observed, clean) + 1
    assert psnr(warm, clean) == pytest.approx(psnr(twenty, clean), abs=0.05)
    norm = np.linalg.norm(twenty)
    assert np.linalg.norm(warm - twenty) < 0.003 * norm
    assert np.linalg.norm(cold - twenty) > 0.005 * norm

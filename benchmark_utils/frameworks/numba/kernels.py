"""Numba kernels over one block of samples, stored feature-major so that loops run over samples.

Numba calls the ``exp`` of the C library, one number at a time. ``exp`` here has no branch, so that
LLVM vectorises it: x = k ln 2 + r with k an integer, a polynomial in r, and 2^k
made by writing k into the exponent's bits. Its relative error is below 4e-16 in float64, 1e-7 in
float32; the argument is clipped to the range whose exponential is a normal number.
"""

import numpy as np
from numba import njit, types
from numba.extending import overload

from benchmark_utils.frameworks.numba import tiles, vectors
from benchmark_utils.frameworks.numba.disk_cache import drop_stale

drop_stale()

# Sums may be reordered, which vectorises them; NaN and infinity keep their meaning, so that a
# diverging solver is seen to diverge.
ORACLE = {
    "cache": True,
    "error_model": "numpy",
    "fastmath": {"reassoc", "contract", "arcp", "nsz"},
}
# A kernel neither makes nor returns arrays, and so need not count references to them; inlined, its
# arguments do not go through memory.
KERNEL = {**ORACLE, "_nrt": False, "forceinline": True}
# Range reduction subtracts what it has just added: no reordering here.
EXACT = {**KERNEL, "fastmath": {"contract"}}


# Adding 1.5 * 2^(mantissa bits) rounds to an integer and leaves it in the lowest bits.
_ROUND_64 = 1.5 * 2.0**52
_ROUND_32 = np.float32(1.5 * 2.0**23)
_LOG2_E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_LOG2_E_32 = np.float32(_LOG2_E)
_LN2_HIGH_32, _LN2_LOW_32 = np.float32(0.693359375), np.float32(-2.12194440e-4)
_ZERO_32, _HALF_32, _ONE_32 = np.float32(0), np.float32(0.5), np.float32(1)
_LIMIT_32 = np.float32(87)
_C3, _C4, _C5, _C6, _C7 = (np.float32(1 / factorial) for factorial in (6, 24, 120, 720, 5040))


@njit(**EXACT)
def _exp_64(x):
    x = vectors.clip(x, -708.0, 708.0)
    shifted = x * _LOG2_E + _ROUND_64
    k = shifted - _ROUND_64
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    # The terms of Taylor's series in pairs, pairs of pairs, …, which need not wait for each other.
    r2 = r * r
    r4 = r2 * r2
    low = (0.5 + r * (1 / 6.0)) + r2 * (1 / 24.0 + r * (1 / 120.0))
    middle = (1 / 720.0 + r * (1 / 5040.0)) + r2 * (1 / 40320.0 + r * (1 / 362880.0))
    high = (1 / 3628800.0 + r * (1 / 39916800.0)) + r2 * (1 / 479001600.0)
    y = 1.0 + (r + r2 * (low + r4 * (middle + r4 * high)))
    return y * vectors.power_of_two(shifted)


@njit(**EXACT)
def _exp_32(x):
    x = vectors.clip(x, -_LIMIT_32, _LIMIT_32)
    shifted = x * _LOG2_E_32 + _ROUND_32
    k = shifted - _ROUND_32
    r = (x - k * _LN2_HIGH_32) - k * _LN2_LOW_32
    r2 = r * r
    y = (_HALF_32 + r * _C3) + r2 * ((_C4 + r * _C5) + r2 * (_C6 + r * _C7))
    y = _ONE_32 + (r + r2 * y)
    return y * vectors.power_of_two(shifted)


@njit(**EXACT)
def _sigmoid_64(x):
    return 1.0 / (1.0 + _exp_64(-x))


@njit(**EXACT)
def _sigmoid_32(x):
    return _ONE_32 / (_ONE_32 + _exp_32(-x))


def exp(x):
    """Exponential of a float, vectorisable within a kernel, or of a vector."""
    return np.exp(x)


def sigmoid(x):
    """1 / (1 + exp(-x)) of a float, vectorisable within a kernel, or of a vector."""
    return 1 / (1 + np.exp(-x))


@overload(exp, jit_options=KERNEL)
def _overload_exp(x):
    if vectors.precision(x) == types.float32:
        return lambda x: _exp_32(x)
    return lambda x: _exp_64(x)


@overload(sigmoid, jit_options=KERNEL)
def _overload_sigmoid(x):
    if vectors.precision(x) == types.float32:
        return lambda x: _sigmoid_32(x)
    return lambda x: _sigmoid_64(x)


@njit(**KERNEL)
def margins(rows, weights, out):
    """out_i = sum_k rows[k, i] weights[k], for rows (p, b), weights (p,), out (b,)."""
    n_features, n_samples = rows.shape
    lanes = vectors.n_lanes(out)
    for i in range(0, n_samples, lanes):
        whole = i + lanes <= n_samples
        total = vectors.zeros(out)
        for k in range(n_features):
            total += weights[k] * vectors.load(rows[k], i, whole)
        vectors.store(out, i, total, whole)


@njit(**KERNEL)
def margins_pair(rows, weights, other_weights, out, other_out):
    """Both margins in one pass over the rows."""
    n_features, n_samples = rows.shape
    lanes = vectors.n_lanes(out)
    for i in range(0, n_samples, lanes):
        whole = i + lanes <= n_samples
        total = other_total = vectors.zeros(out)
        for k in range(n_features):
            samples = vectors.load(rows[k], i, whole)
            total += weights[k] * samples
            other_total += other_weights[k] * samples
        vectors.store(out, i, total, whole)
        vectors.store(other_out, i, other_total, whole)


@njit(**KERNEL)
def weighted_sum(rows, weights, out):
    """out_k = sum_i rows[k, i] weights[i], for rows (p, b), weights (b,), out (p,)."""
    n_features, n_samples = rows.shape
    columns = tiles.n_columns(out)
    has_tile = n_features >= tiles.N_ROWS
    for first in range(0, n_features, tiles.N_ROWS):
        # The last tile overlaps with the one before.
        k = min(first, n_features - tiles.N_ROWS) if has_tile else 0
        sums = tiles.zeros(out)
        for i in range(0, n_samples, columns):
            whole = i + columns <= n_samples
            sums += tiles.load_for_rows(weights, i, whole) * tiles.load_rows(rows, k, i, whole)
        vectors.store(out, k, tiles.row_sums(sums), has_tile)


@njit(**KERNEL)
def _add_columns(sums, other_sums, rows, weights, other_weights, k, i, whole):
    samples = tiles.load_rows(rows, k, i, whole)
    sums += tiles.load_for_rows(weights, i, whole) * samples
    other_sums += tiles.load_for_rows(other_weights, i, whole) * samples
    return sums, other_sums


@njit(**KERNEL)
def weighted_sum_pair(rows, weights, other_weights, out, other_out):
    """Both weighted sums in one pass over the rows."""
    n_features, n_samples = rows.shape
    columns = tiles.n_columns(out)
    # Only the last columns may be part of a tile: asked within the loop, it would be half as fast.
    n_whole = n_samples // columns * columns
    has_tile = n_features >= tiles.N_ROWS
    for first in range(0, n_features, tiles.N_ROWS):
        k = min(first, n_features - tiles.N_ROWS) if has_tile else 0
        sums = other_sums = tiles.zeros(out)
        place = rows, weights, other_weights, k
        for i in range(0, n_whole, columns):
            sums, other_sums = _add_columns(sums, other_sums, *place, i, True)
        if n_whole < n_samples:
            sums, other_sums = _add_columns(sums, other_sums, *place, n_whole, False)
        vectors.store(out, k, tiles.row_sums(sums), has_tile)
        vectors.store(other_out, k, tiles.row_sums(other_sums), has_tile)

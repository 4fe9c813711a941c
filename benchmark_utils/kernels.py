"""Numba kernels over one block of samples, stored feature-major so that loops run over samples.

Numba calls the scalar ``exp`` of the C library, a third of a SOBA iteration. ``exp`` here has no
branch, so that LLVM vectorises it: x = k ln 2 + r with k an integer, a polynomial in r, and 2^k
made by writing k into the exponent's bits. Its relative error is below 4e-16 in float64, 1e-7 in
float32; the argument is clipped to the range whose exponential is a normal number.
"""

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic, overload

from benchmark_utils import vectors
from benchmark_utils.machine_code import drop_stale

drop_stale()

# Sums may be reordered, which vectorises them; NaN and infinity keep their meaning, so that a
# diverging solver is seen to diverge.
ORACLE = {
    "cache": True,
    "error_model": "numpy",
    "fastmath": {"reassoc", "contract", "arcp", "nsz"},
}
# A kernel neither makes nor returns arrays, and so need not count references to them: atomic
# instructions, which would take as long as the arithmetic on a minibatch.
KERNEL = {**ORACLE, "_nrt": False}
# Range reduction subtracts what it has just added: no reordering here.
EXACT = {**KERNEL, "fastmath": {"contract"}}


def _bitcast(source, target, llvm_target):
    @intrinsic
    def cast(typing_context, value):
        def generate(context, builder, signature, arguments):
            return builder.bitcast(arguments[0], llvm_target)

        return target(source), generate

    return cast


_bits_64 = _bitcast(types.float64, types.int64, ir.IntType(64))
_bits_32 = _bitcast(types.float32, types.int32, ir.IntType(32))
_from_bits_64 = _bitcast(types.int64, types.float64, ir.DoubleType())
_from_bits_32 = _bitcast(types.int32, types.float32, ir.FloatType())

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
    x = min(max(x, -708.0), 708.0)
    shifted = x * _LOG2_E + _ROUND_64
    k = shifted - _ROUND_64
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    y = 1 / 479001600.0
    y = y * r + 1 / 39916800.0
    y = y * r + 1 / 3628800.0
    y = y * r + 1 / 362880.0
    y = y * r + 1 / 40320.0
    y = y * r + 1 / 5040.0
    y = y * r + 1 / 720.0
    y = y * r + 1 / 120.0
    y = y * r + 1 / 24.0
    y = y * r + 1 / 6.0
    y = y * r + 0.5
    y = y * r + 1.0
    y = y * r + 1.0
    return y * _from_bits_64((_bits_64(shifted) + 1023) << 52)


@njit(**EXACT)
def _exp_32(x):
    x = min(max(x, -_LIMIT_32), _LIMIT_32)
    shifted = x * _LOG2_E_32 + _ROUND_32
    k = shifted - _ROUND_32
    r = (x - k * _LN2_HIGH_32) - k * _LN2_LOW_32
    y = _C7
    y = y * r + _C6
    y = y * r + _C5
    y = y * r + _C4
    y = y * r + _C3
    y = y * r + _HALF_32
    y = y * r + _ONE_32
    y = y * r + _ONE_32
    return y * _from_bits_32(types.int32((_bits_32(shifted) + types.int32(127)) << types.int32(23)))


@njit(**EXACT)
def _sigmoid_64(x):
    return 1.0 / (1.0 + _exp_64(-x))


@njit(**EXACT)
def _sigmoid_32(x):
    return _ONE_32 / (_ONE_32 + _exp_32(-x))


def exp(x):
    """Exponential of a float, vectorisable within a kernel."""
    return np.exp(x)


def sigmoid(x):
    """1 / (1 + exp(-x)) of a float, vectorisable within a kernel."""
    return 1 / (1 + np.exp(-x))


@overload(exp, jit_options=KERNEL)
def _overload_exp(x):
    return (lambda x: _exp_32(x)) if x == types.float32 else (lambda x: _exp_64(x))


@overload(sigmoid, jit_options=KERNEL)
def _overload_sigmoid(x):
    return (lambda x: _sigmoid_32(x)) if x == types.float32 else (lambda x: _sigmoid_64(x))


# Below, vectors take as many samples as fill them, and the loops that follow what is left.


@njit(**KERNEL)
def margins(rows, weights, out):
    """out_i = sum_k rows[k, i] weights[k], for rows (p, b), weights (p,), out (b,)."""
    n_features, n_samples = rows.shape
    lanes = vectors.n_lanes(out)
    n_whole = n_samples // lanes * lanes
    for i in range(0, n_whole, lanes):
        total = vectors.zeros(out)
        for k in range(n_features):
            total = vectors.add_product(total, weights[k], vectors.load(rows[k], i))
        vectors.store(out, i, total)
    for i in range(n_whole, n_samples):
        out[i] = 0
    for k in range(n_features):
        weight, row = weights[k], rows[k]
        for i in range(n_whole, n_samples):
            out[i] += weight * row[i]


@njit(**KERNEL)
def margins_pair(rows, weights, other_weights, out, other_out):
    """Both margins in one pass over the rows."""
    n_features, n_samples = rows.shape
    lanes = vectors.n_lanes(out)
    n_whole = n_samples // lanes * lanes
    for i in range(0, n_whole, lanes):
        total, other_total = vectors.zeros(out), vectors.zeros(out)
        for k in range(n_features):
            samples = vectors.load(rows[k], i)
            total = vectors.add_product(total, weights[k], samples)
            other_total = vectors.add_product(other_total, other_weights[k], samples)
        vectors.store(out, i, total)
        vectors.store(other_out, i, other_total)
    for i in range(n_whole, n_samples):
        out[i] = 0
        other_out[i] = 0
    for k in range(n_features):
        weight, other_weight, row = weights[k], other_weights[k], rows[k]
        for i in range(n_whole, n_samples):
            out[i] += weight * row[i]
            other_out[i] += other_weight * row[i]


@njit(**KERNEL)
def weighted_sum(rows, weights, out):
    """out_k = sum_i rows[k, i] weights[i], for rows (p, b), weights (b,), out (p,)."""
    n_features, n_samples = rows.shape
    lanes = vectors.n_lanes(out)
    n_whole = n_samples // lanes * lanes if n_features >= 4 else 0
    if n_whole:
        for first in range(0, n_features, 4):
            # The last four overlap with those before.
            k = min(first, n_features - 4)
            r0, r1, r2, r3 = rows[k], rows[k + 1], rows[k + 2], rows[k + 3]
            t0 = t1 = t2 = t3 = vectors.zeros(out)
            for i in range(0, n_whole, lanes):
                weight = vectors.load(weights, i)
                t0 = vectors.add_product(t0, weight, vectors.load(r0, i))
                t1 = vectors.add_product(t1, weight, vectors.load(r1, i))
                t2 = vectors.add_product(t2, weight, vectors.load(r2, i))
                t3 = vectors.add_product(t3, weight, vectors.load(r3, i))
            out[k], out[k + 1], out[k + 2], out[k + 3] = vectors.sums_of(t0, t1, t2, t3)
    if n_whole < n_samples:
        for k in range(n_features):
            row, total = rows[k], out[k] if n_whole else out.dtype.type(0)
            for i in range(n_whole, n_samples):
                total += row[i] * weights[i]
            out[k] = total


@njit(**KERNEL)
def weighted_sum_pair(rows, weights, other_weights, out, other_out):
    """Both weighted sums in one pass over the rows."""
    n_features, n_samples = rows.shape
    lanes = vectors.n_lanes(out)
    n_whole = n_samples // lanes * lanes if n_features >= 2 else 0
    if n_whole:
        for first in range(0, n_features, 2):
            k = min(first, n_features - 2)
            r0, r1 = rows[k], rows[k + 1]
            s0 = s1 = t0 = t1 = vectors.zeros(out)
            for i in range(0, n_whole, lanes):
                weight, other_weight = vectors.load(weights, i), vectors.load(other_weights, i)
                samples0, samples1 = vectors.load(r0, i), vectors.load(r1, i)
                s0 = vectors.add_product(s0, weight, samples0)
                s1 = vectors.add_product(s1, weight, samples1)
                t0 = vectors.add_product(t0, other_weight, samples0)
                t1 = vectors.add_product(t1, other_weight, samples1)
            out[k], out[k + 1], other_out[k], other_out[k + 1] = vectors.sums_of(s0, s1, t0, t1)
    if n_whole < n_samples:
        zero = out.dtype.type(0)
        for k in range(n_features):
            row = rows[k]
            total, other_total = (out[k], other_out[k]) if n_whole else (zero, zero)
            for i in range(n_whole, n_samples):
                total += row[i] * weights[i]
                other_total += row[i] * other_weights[i]
            out[k], other_out[k] = total, other_total

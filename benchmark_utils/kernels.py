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

# Sums may be reordered, which vectorises them; NaN and infinity keep their meaning, so that a
# diverging solver is seen to diverge.
KERNEL = {
    "cache": True,
    "error_model": "numpy",
    "fastmath": {"reassoc", "contract", "arcp", "nsz"},
}
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


@njit(**KERNEL)
def margins(rows, weights, out):
    """out_i = sum_k rows[k, i] weights[k], for rows (p, b), weights (p,), out (b,)."""
    n_features, n_samples = rows.shape
    n_fours = n_features // 4 * 4
    zero = out.dtype.type(0)
    for i in range(n_samples):
        out[i] = zero
    # Four features at a time: a quarter of the loads and stores of out.
    for k in range(0, n_fours, 4):
        w0, w1, w2, w3 = weights[k], weights[k + 1], weights[k + 2], weights[k + 3]
        r0, r1, r2, r3 = rows[k], rows[k + 1], rows[k + 2], rows[k + 3]
        for i in range(n_samples):
            out[i] += w0 * r0[i] + w1 * r1[i] + w2 * r2[i] + w3 * r3[i]
    for k in range(n_fours, n_features):
        w0, r0 = weights[k], rows[k]
        for i in range(n_samples):
            out[i] += w0 * r0[i]


@njit(**KERNEL)
def margins_pair(rows, weights, other_weights, out, other_out):
    """Both margins in one pass over the rows."""
    n_features, n_samples = rows.shape
    n_twos = n_features // 2 * 2
    zero = out.dtype.type(0)
    for i in range(n_samples):
        out[i] = zero
        other_out[i] = zero
    for k in range(0, n_twos, 2):
        w0, w1 = weights[k], weights[k + 1]
        v0, v1 = other_weights[k], other_weights[k + 1]
        r0, r1 = rows[k], rows[k + 1]
        for i in range(n_samples):
            out[i] += w0 * r0[i] + w1 * r1[i]
            other_out[i] += v0 * r0[i] + v1 * r1[i]
    for k in range(n_twos, n_features):
        w0, v0, r0 = weights[k], other_weights[k], rows[k]
        for i in range(n_samples):
            out[i] += w0 * r0[i]
            other_out[i] += v0 * r0[i]


@njit(**KERNEL)
def weighted_sum(rows, weights, out):
    """out_k = sum_i rows[k, i] weights[i], for rows (p, b), weights (b,), out (p,)."""
    n_features, n_samples = rows.shape
    n_fours = n_features // 4 * 4
    zero = out.dtype.type(0)
    for k in range(0, n_fours, 4):
        r0, r1, r2, r3 = rows[k], rows[k + 1], rows[k + 2], rows[k + 3]
        s0, s1, s2, s3 = zero, zero, zero, zero
        for i in range(n_samples):
            weight = weights[i]
            s0 += r0[i] * weight
            s1 += r1[i] * weight
            s2 += r2[i] * weight
            s3 += r3[i] * weight
        out[k], out[k + 1], out[k + 2], out[k + 3] = s0, s1, s2, s3
    for k in range(n_fours, n_features):
        row = rows[k]
        total = zero
        for i in range(n_samples):
            total += row[i] * weights[i]
        out[k] = total


@njit(**KERNEL)
def weighted_sum_pair(rows, weights, other_weights, out, other_out):
    """Both weighted sums in one pass over the rows."""
    n_features, n_samples = rows.shape
    n_twos = n_features // 2 * 2
    zero = out.dtype.type(0)
    for k in range(0, n_twos, 2):
        r0, r1 = rows[k], rows[k + 1]
        s0, s1, t0, t1 = zero, zero, zero, zero
        for i in range(n_samples):
            weight, other_weight = weights[i], other_weights[i]
            s0 += r0[i] * weight
            s1 += r1[i] * weight
            t0 += r0[i] * other_weight
            t1 += r1[i] * other_weight
        out[k], out[k + 1] = s0, s1
        other_out[k], other_out[k + 1] = t0, t1
    for k in range(n_twos, n_features):
        row = rows[k]
        total, other_total = zero, zero
        for i in range(n_samples):
            total += row[i] * weights[i]
            other_total += row[i] * other_weights[i]
        out[k], other_out[k] = total, other_total

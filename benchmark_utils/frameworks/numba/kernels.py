"""Numba kernels over one block of samples, stored feature-major so that loops run over samples.

A kernel is a plain loop that LLVM vectorises. It writes into the arrays that it is given, which
must not overlap, and makes none: a small array costs as much as a third of the loop over it.

Numba calls the ``exp`` of the C library, one number at a time. ``exp`` here has no branch, so that
LLVM vectorises it: x = k ln 2 + r with k an integer, a polynomial in r, and 2^k made by writing k
into the exponent's bits. Its relative error is below 4e-16 in float64, 1e-7 in float32; the
argument is clipped to the range whose exponential is a normal number.
"""

import numpy as np
from numba import njit, types
from numba.core.compiler import Compiler
from numba.extending import overload

# Sums may be reordered, which vectorises them; NaN and infinity keep their meaning, so that a
# diverging solver is seen to diverge.
ORACLE = {"error_model": "numpy", "fastmath": {"reassoc", "contract", "arcp", "nsz"}}


class _NoAlias(Compiler):
    """Tells LLVM that a kernel's arrays do not overlap: sums then stay in registers."""

    def define_pipelines(self):
        self.state.flags.noalias = True
        return super().define_pipelines()


# A kernel neither makes nor returns arrays, and so need not count references to them; inlined, its
# arguments do not go through memory.
KERNEL = {**ORACLE, "_nrt": False, "forceinline": True, "pipeline_class": _NoAlias}
# Range reduction subtracts what it has just added: no reordering here.
EXACT = {**KERNEL, "fastmath": {"contract"}}

kernel = njit(**KERNEL)
oracle = njit(**ORACLE, forceinline=True)

# For oracles that inner loops ask many times: two kernels, ``prepare(arrays, outer_var)``, and one
# of the oracle's arguments that writes its result into one more, once all is prepared.
IN_PLACE = {}


# Adding 1.5 * 2^(mantissa bits) rounds to an integer and leaves it in the lowest bits.
_ROUND_64 = 1.5 * 2.0**52
_ROUND_32 = np.float32(1.5 * 2.0**23)
_LOG2_E = 1.4426950408889634
_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_LOG2_E_32 = np.float32(_LOG2_E)
_LN2_HIGH_32, _LN2_LOW_32 = np.float32(0.693359375), np.float32(-2.12194440e-4)
_HALF_32, _ONE_32 = np.float32(0.5), np.float32(1)
_LIMIT_32 = np.float32(87)
_C3, _C4, _C5, _C6, _C7 = (np.float32(1 / factorial) for factorial in (6, 24, 120, 720, 5040))
_BIAS_32, _MANTISSA_32 = np.int32(127), np.int32(23)


@njit(**EXACT)
def _exp_64(x):
    x = min(max(x, -708.0), 708.0)
    shifted = np.float64(x * _LOG2_E + _ROUND_64)
    k = shifted - _ROUND_64
    r = (x - k * _LN2_HIGH) - k * _LN2_LOW
    # The terms of Taylor's series in pairs, pairs of pairs, …, which need not wait for each other.
    r2 = r * r
    r4 = r2 * r2
    low = (0.5 + r * (1 / 6.0)) + r2 * (1 / 24.0 + r * (1 / 120.0))
    middle = (1 / 720.0 + r * (1 / 5040.0)) + r2 * (1 / 40320.0 + r * (1 / 362880.0))
    high = (1 / 3628800.0 + r * (1 / 39916800.0)) + r2 * (1 / 479001600.0)
    y = 1.0 + (r + r2 * (low + r4 * (middle + r4 * high)))
    return y * np.int64((shifted.view(np.int64) + 1023) << 52).view(np.float64)


@njit(**EXACT)
def _exp_32(x):
    x = min(max(x, -_LIMIT_32), _LIMIT_32)
    shifted = np.float32(x * _LOG2_E_32 + _ROUND_32)
    k = shifted - _ROUND_32
    r = (x - k * _LN2_HIGH_32) - k * _LN2_LOW_32
    r2 = r * r
    y = (_HALF_32 + r * _C3) + r2 * ((_C4 + r * _C5) + r2 * (_C6 + r * _C7))
    y = _ONE_32 + (r + r2 * y)
    power = np.int32(np.int32(shifted.view(np.int32) + _BIAS_32) << _MANTISSA_32)
    return y * power.view(np.float32)


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


@overload(exp, jit_options=EXACT)
def _overload_exp(x):
    return (lambda x: _exp_32(x)) if x == types.float32 else (lambda x: _exp_64(x))


@overload(sigmoid, jit_options=EXACT)
def _overload_sigmoid(x):
    return (lambda x: _sigmoid_32(x)) if x == types.float32 else (lambda x: _sigmoid_64(x))


# With a number of samples that LLVM knows, the sums over features stay in registers. Two features
# at a time make the loop too long to be unrolled, which would keep it from being vectorised.
TILE = 64


@kernel
def margins(rows, weights, out):
    """out_i = sum_k rows[k, i] weights[k], for rows (p, b), weights (p,), out (b,)."""
    n_features, n_samples = rows.shape
    n_whole, n_even = n_samples // TILE * TILE, n_features // 2 * 2
    for i in range(n_samples):
        out[i] = 0
    for first in range(0, n_whole, TILE):
        for k in range(0, n_even, 2):
            w0, w1 = weights[k], weights[k + 1]
            for i in range(TILE):
                out[first + i] += w0 * rows[k, first + i] + w1 * rows[k + 1, first + i]
    if n_whole < n_samples:
        rest = out[n_whole:]
        for k in range(0, n_even, 2):
            w0, w1 = weights[k], weights[k + 1]
            r0, r1 = rows[k, n_whole:], rows[k + 1, n_whole:]
            for i in range(rest.shape[0]):
                rest[i] += w0 * r0[i] + w1 * r1[i]
    for k in range(n_even, n_features):
        weight = weights[k]
        for i in range(n_samples):
            out[i] += weight * rows[k, i]


@kernel
def margins_pair(rows, weights, other_weights, out, other_out):
    """Both margins in one pass over the rows."""
    n_features, n_samples = rows.shape
    n_whole, n_even = n_samples // TILE * TILE, n_features // 2 * 2
    for i in range(n_samples):
        out[i] = 0
        other_out[i] = 0
    for first in range(0, n_whole, TILE):
        for k in range(0, n_even, 2):
            w0, w1 = weights[k], weights[k + 1]
            v0, v1 = other_weights[k], other_weights[k + 1]
            for i in range(TILE):
                r0, r1 = rows[k, first + i], rows[k + 1, first + i]
                out[first + i] += w0 * r0 + w1 * r1
                other_out[first + i] += v0 * r0 + v1 * r1
    if n_whole < n_samples:
        rest, other_rest = out[n_whole:], other_out[n_whole:]
        for k in range(0, n_even, 2):
            w0, w1 = weights[k], weights[k + 1]
            v0, v1 = other_weights[k], other_weights[k + 1]
            r0, r1 = rows[k, n_whole:], rows[k + 1, n_whole:]
            for i in range(rest.shape[0]):
                x0, x1 = r0[i], r1[i]
                rest[i] += w0 * x0 + w1 * x1
                other_rest[i] += v0 * x0 + v1 * x1
    for k in range(n_even, n_features):
        w0, v0 = weights[k], other_weights[k]
        for i in range(n_samples):
            value = rows[k, i]
            out[i] += w0 * value
            other_out[i] += v0 * value


@kernel
def weighted_sum(rows, weights, out):
    """out_k = sum_i rows[k, i] weights[i], for rows (p, b), weights (b,), out (p,)."""
    n_features, n_samples = rows.shape
    n_whole = n_features // 4 * 4
    zero = out.dtype.type(0)
    # Four features at a time share the loads of the weights, and need not wait for each other.
    for k in range(0, n_whole, 4):
        s0 = s1 = s2 = s3 = zero
        for i in range(n_samples):
            weight = weights[i]
            s0 += rows[k, i] * weight
            s1 += rows[k + 1, i] * weight
            s2 += rows[k + 2, i] * weight
            s3 += rows[k + 3, i] * weight
        out[k], out[k + 1], out[k + 2], out[k + 3] = s0, s1, s2, s3
    for k in range(n_whole, n_features):
        total = zero
        for i in range(n_samples):
            total += rows[k, i] * weights[i]
        out[k] = total


@kernel
def weighted_sum_pair(rows, weights, other_weights, out, other_out):
    """Both weighted sums in one pass over the rows."""
    n_features, n_samples = rows.shape
    n_whole = n_features // 4 * 4
    zero = out.dtype.type(0)
    for k in range(0, n_whole, 4):
        s0 = s1 = s2 = s3 = t0 = t1 = t2 = t3 = zero
        for i in range(n_samples):
            weight, other_weight = weights[i], other_weights[i]
            r0, r1, r2, r3 = rows[k, i], rows[k + 1, i], rows[k + 2, i], rows[k + 3, i]
            s0 += r0 * weight
            s1 += r1 * weight
            s2 += r2 * weight
            s3 += r3 * weight
            t0 += r0 * other_weight
            t1 += r1 * other_weight
            t2 += r2 * other_weight
            t3 += r3 * other_weight
        out[k], out[k + 1], out[k + 2], out[k + 3] = s0, s1, s2, s3
        other_out[k], other_out[k + 1], other_out[k + 2], other_out[k + 3] = t0, t1, t2, t3
    for k in range(n_whole, n_features):
        total = other_total = zero
        for i in range(n_samples):
            value = rows[k, i]
            total += value * weights[i]
            other_total += value * other_weights[i]
        out[k], other_out[k] = total, other_total

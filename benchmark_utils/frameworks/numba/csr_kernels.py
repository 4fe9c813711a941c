"""Numba kernels over one block of sparse samples: the products of ``kernels.py`` in the number of
non-zeros, and the number of features where a result has one entry each.

Sample i has the entries from starts[i] to starts[i + 1] of ``values``, in ``columns``.
"""

from benchmark_utils.frameworks.numba.kernels import kernel


@kernel
def margins(blocks, block, weights, out):
    """out_i = sum_k rows[k, i] weights[k], for weights (p,), out (b,)."""
    values, columns, starts = blocks.values, blocks.columns, blocks.starts[block]
    zero = out.dtype.type(0)
    for i in range(out.shape[0]):
        total = zero
        for entry in range(starts[i], starts[i + 1]):
            total += values[entry] * weights[columns[entry]]
        out[i] = total


@kernel
def margins_pair(blocks, block, weights, other_weights, out, other_out):
    """Both margins in one pass over the rows."""
    values, columns, starts = blocks.values, blocks.columns, blocks.starts[block]
    zero = out.dtype.type(0)
    for i in range(out.shape[0]):
        total, other_total = zero, zero
        for entry in range(starts[i], starts[i + 1]):
            value, k = values[entry], columns[entry]
            total += value * weights[k]
            other_total += value * other_weights[k]
        out[i], other_out[i] = total, other_total


@kernel
def weighted_sum(blocks, block, weights, out):
    """out_k = sum_i rows[k, i] weights[i], for weights (b,), out (p,)."""
    values, columns, starts = blocks.values, blocks.columns, blocks.starts[block]
    zero = out.dtype.type(0)
    for k in range(out.shape[0]):
        out[k] = zero
    for i in range(weights.shape[0]):
        weight = weights[i]
        for entry in range(starts[i], starts[i + 1]):
            out[columns[entry]] += values[entry] * weight


@kernel
def weighted_sum_pair(blocks, block, weights, other_weights, out, other_out):
    """Both weighted sums in one pass over the rows."""
    values, columns, starts = blocks.values, blocks.columns, blocks.starts[block]
    zero = out.dtype.type(0)
    for k in range(out.shape[0]):
        out[k] = zero
        other_out[k] = zero
    for i in range(weights.shape[0]):
        weight, other_weight = weights[i], other_weights[i]
        for entry in range(starts[i], starts[i + 1]):
            value, k = values[entry], columns[entry]
            out[k] += value * weight
            other_out[k] += value * other_weight

"""Numba kernels over one minibatch of dense samples that are read where they are, row by row.

Sample i is row ``order[i]`` of ``X``, times its sign; there is none where that is negative, at the
end of the last block.
"""

from benchmark_utils.frameworks.numba.kernels import kernel


@kernel
def margins(blocks, block, weights, out):
    """out_i = sum_k rows[k, i] weights[k], for weights (p,), out (b,)."""
    X, signs, order = blocks.X, blocks.signs, blocks.order[block]
    for i in range(out.shape[0]):
        total, sample = out.dtype.type(0), order[i]
        if sample >= 0:
            row = X[sample]
            for k in range(weights.shape[0]):
                total += row[k] * weights[k]
            total *= signs[sample]
        out[i] = total


@kernel
def margins_pair(blocks, block, weights, other_weights, out, other_out):
    """Both margins in one pass over the rows."""
    X, signs, order = blocks.X, blocks.signs, blocks.order[block]
    for i in range(out.shape[0]):
        total = other_total = out.dtype.type(0)
        sample = order[i]
        if sample >= 0:
            row = X[sample]
            for k in range(weights.shape[0]):
                value = row[k]
                total += value * weights[k]
                other_total += value * other_weights[k]
            total *= signs[sample]
            other_total *= signs[sample]
        out[i], other_out[i] = total, other_total


@kernel
def weighted_sum(blocks, block, weights, out):
    """out_k = sum_i rows[k, i] weights[i], for weights (b,), out (p,)."""
    X, signs, order = blocks.X, blocks.signs, blocks.order[block]
    for k in range(out.shape[0]):
        out[k] = 0
    for i in range(weights.shape[0]):
        sample = order[i]
        if sample >= 0:
            row, weight = X[sample], signs[sample] * weights[i]
            for k in range(out.shape[0]):
                out[k] += row[k] * weight


@kernel
def weighted_sum_pair(blocks, block, weights, other_weights, out, other_out):
    """Both weighted sums in one pass over the rows."""
    X, signs, order = blocks.X, blocks.signs, blocks.order[block]
    for k in range(out.shape[0]):
        out[k] = 0
        other_out[k] = 0
    for i in range(weights.shape[0]):
        sample = order[i]
        if sample >= 0:
            row, sign = X[sample], signs[sample]
            weight, other_weight = sign * weights[i], sign * other_weights[i]
            for k in range(out.shape[0]):
                value = row[k]
                out[k] += value * weight
                other_out[k] += value * other_weight

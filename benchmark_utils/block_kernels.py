"""What a problem's numba kernels ask of a block of samples, dense or in compressed sparse rows.

Which of the two is decided by the block's type when a kernel is compiled, so that a problem's
formulas are written once.
"""

from numba import njit, types
from numba.extending import overload

from benchmark_utils import csr_kernels, kernels
from benchmark_utils.csr_blocks import CsrBlocks, CsrRows


@njit(**kernels.KERNEL)
def _dense_block(blocks, block):
    return blocks[block], blocks.shape[2]


@njit(**kernels.KERNEL)
def _csr_block(blocks, block):
    starts = blocks.starts[block]
    return CsrRows(blocks.values, blocks.columns, starts), starts.shape[0] - 1


def _by_layout(dense, sparse):
    def product(samples, *args):
        return (sparse if isinstance(samples, CsrBlocks | CsrRows) else dense)(samples, *args)

    @overload(product, jit_options={**kernels.KERNEL, "cache": False}, strict=False)
    def choose(samples, *args):
        # Not its py_func: numba would cache that under the kernel's name, without the wrapper for
        # calls from Python, which would then crash.
        chosen = dense if isinstance(samples, types.Array) else sparse
        return lambda samples, *args: chosen(samples, *args)

    return product


# ``take_block(blocks, block)``: the block, and its number of samples.
take_block = _by_layout(_dense_block, _csr_block)
margins = _by_layout(kernels.margins, csr_kernels.margins)
margins_pair = _by_layout(kernels.margins_pair, csr_kernels.margins_pair)
weighted_sum = _by_layout(kernels.weighted_sum, csr_kernels.weighted_sum)
weighted_sum_pair = _by_layout(kernels.weighted_sum_pair, csr_kernels.weighted_sum_pair)

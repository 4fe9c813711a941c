"""What a problem's numba kernels ask of a block of samples, dense or in compressed sparse rows.

Which of the two is decided by the type of the blocks when a kernel is compiled, so that a problem's
formulas are written once.
"""

from numba import types
from numba.extending import overload

from benchmark_utils.frameworks.numba import csr_kernels, kernels
from benchmark_utils.minibatches.csr_blocks import CsrBlocks


def block_size(blocks):
    """The number of samples in each block."""
    return blocks.starts.shape[1] - 1 if isinstance(blocks, CsrBlocks) else blocks.shape[2]


@overload(block_size)
def _overload_block_size(blocks):
    if isinstance(blocks, types.Array):
        return lambda blocks: blocks.shape[2]
    return lambda blocks: blocks.starts.shape[1] - 1


def _by_layout(dense, sparse):
    def product(blocks, block, *args):
        if isinstance(blocks, CsrBlocks):
            return sparse(blocks, block, *args)
        return dense(blocks[block], *args)

    @overload(product, jit_options=kernels.KERNEL, strict=False)
    def choose(blocks, block, *args):
        if isinstance(blocks, types.Array):
            return lambda blocks, block, *args: dense(blocks[block], *args)
        return lambda blocks, block, *args: sparse(blocks, block, *args)

    return product


# ``margins(blocks, block, weights, out)``, and so on.
margins = _by_layout(kernels.margins, csr_kernels.margins)
margins_pair = _by_layout(kernels.margins_pair, csr_kernels.margins_pair)
weighted_sum = _by_layout(kernels.weighted_sum, csr_kernels.weighted_sum)
weighted_sum_pair = _by_layout(kernels.weighted_sum_pair, csr_kernels.weighted_sum_pair)

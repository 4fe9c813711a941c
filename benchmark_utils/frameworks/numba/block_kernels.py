"""The products with a minibatch of samples that numba kernels of problems need, in any layout.

The layout is decided by the type of the blocks when a kernel is compiled, so that a problem's
formulas are written once.
"""

from numba import types
from numba.extending import overload

from benchmark_utils.frameworks.numba import csr_kernels, indexed_kernels, kernels
from benchmark_utils.minibatches.csr_blocks import CsrBlocks
from benchmark_utils.minibatches.indexed_rows import IndexedRows


def _only_compiled(*args):
    raise NotImplementedError("Only compiled code calls this.")


def block_size(blocks):
    """The number of samples in each block."""
    _only_compiled()


@overload(block_size)
def _overload_block_size(blocks):
    if isinstance(blocks, types.Array):
        return lambda blocks: blocks.shape[2]
    if blocks.instance_class is CsrBlocks:
        return lambda blocks: blocks.starts.shape[1] - 1
    return lambda blocks: blocks.order.shape[1]


def _by_layout(name):
    dense = getattr(kernels, name)
    others = {
        CsrBlocks: getattr(csr_kernels, name),
        IndexedRows: getattr(indexed_kernels, name),
    }

    def product(blocks, block, *args):
        _only_compiled()

    @overload(product, jit_options=kernels.KERNEL, strict=False)
    def choose(blocks, block, *args):
        if isinstance(blocks, types.Array):
            return lambda blocks, block, *args: dense(blocks[block], *args)
        other = others[blocks.instance_class]
        return lambda blocks, block, *args: other(blocks, block, *args)

    return product


# ``margins(blocks, block, weights, out)``, and so on.
margins = _by_layout("margins")
margins_pair = _by_layout("margins_pair")
weighted_sum = _by_layout("weighted_sum")
weighted_sum_pair = _by_layout("weighted_sum_pair")

"""What a problem's numba kernels ask of a minibatch of samples, in whichever layout.

The layout is decided by the type of the blocks when a kernel is compiled, so that a problem's
formulas are written once: ``rows = load(blocks, block)``, and then ``margins(rows, ...)``.
"""

from numba import types
from numba.extending import overload

from benchmark_utils.frameworks.numba import csr_kernels, indexed_kernels, kernels
from benchmark_utils.minibatches.csr_blocks import CsrBlocks


def _only_compiled(*args):
    raise NotImplementedError("Only compiled code calls this.")


def load(blocks, block):
    """One minibatch, (p, batch_size), for the products below, until the next one is loaded."""
    _only_compiled()


@overload(load, jit_options={**kernels.ORACLE, "forceinline": True})
def _overload_load(blocks, block):
    if isinstance(blocks, types.Array):
        return lambda blocks, block: blocks[block]
    if blocks.instance_class is CsrBlocks:
        return lambda blocks, block: csr_kernels.Rows(
            blocks.values, blocks.columns, blocks.starts[block]
        )
    return lambda blocks, block: indexed_kernels.Rows(blocks.X, blocks.signs, blocks.order[block])


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
    others = {module.Rows: getattr(module, name) for module in (csr_kernels, indexed_kernels)}

    def product(rows, *args):
        _only_compiled()

    @overload(product, jit_options=kernels.KERNEL, strict=False)
    def choose(rows, *args):
        if isinstance(rows, types.Array):
            return lambda rows, *args: dense(rows, *args)
        other = others[rows.instance_class]
        return lambda rows, *args: other(rows, *args)

    return product


# ``margins(rows, weights, out)``, and so on.
margins = _by_layout("margins")
margins_pair = _by_layout("margins_pair")
weighted_sum = _by_layout("weighted_sum")
weighted_sum_pair = _by_layout("weighted_sum_pair")

"""Tiles: several rows of samples, one register of each, side by side in a vector.

A tile holds the sums over samples of as many features, which are then summed up together: that
takes half the instructions of one feature after the other.
"""

import numpy as np
from llvmlite import ir
from numba.core import cgutils
from numba.extending import intrinsic, overload

from benchmark_utils.frameworks.numba.vectors import (
    HAS_AVX512,
    INDEX,
    REGISTER,
    Vector,
    generate_load,
    locate,
)

N_ROWS = 8 if HAS_AVX512 else 4


def _row_of(array):
    return Vector.of_registers(array, 1)


def _tile_of(array):
    return Vector.of_registers(array, N_ROWS)


def n_columns(array):
    """How many of an array's floats a row of a tile holds; in a kernel."""
    return REGISTER // array.dtype.itemsize


@overload(n_columns, inline="always")
def _overload_n_columns(array):
    columns = _row_of(array).n_lanes
    return lambda array: columns


@intrinsic
def zeros(_, array):
    """A tile of zeros, of an array's type of float."""
    kind = _tile_of(array)

    def generate(context, builder, signature, arguments):
        return ir.Constant(context.get_value_type(kind), [0.0] * kind.n_lanes)

    return kind(array), generate


def _side_by_side(builder, parts):
    while len(parts) > 1:
        lanes = list(range(2 * parts[0].type.count))
        mask = ir.Constant(ir.VectorType(INDEX, len(lanes)), lanes)
        pairs = zip(parts[::2], parts[1::2], strict=True)
        parts = [builder.shuffle_vector(*pair, mask) for pair in pairs]
    return parts[0]


@intrinsic
def load_rows(_, array, first, start, whole):
    """A tile of the rows of an array (n_rows, n_columns), from row ``first`` and column ``start``.

    Of an array with fewer rows than a tile the last is repeated.
    """
    kind, row_kind = _tile_of(array), _row_of(array)

    def generate(context, builder, signature, arguments):
        values, first, start, is_whole = arguments
        proxy = context.make_array(array)(context, builder, values)
        n_rows, n_columns = cgutils.unpack_tuple(builder, proxy.shape)
        corner = builder.gep(proxy.data, [builder.add(builder.mul(first, n_columns), start)])
        n_left = builder.sub(n_columns, start)
        last = builder.sub(n_rows, ir.Constant(n_rows.type, 1))
        vector, parts = context.get_value_type(row_kind), []
        for i in range(N_ROWS):
            row = ir.Constant(last.type, i)
            row = builder.select(builder.icmp_signed("<", row, last), row, last)
            pointer = builder.gep(corner, [builder.mul(row, n_columns)])
            parts.append(generate_load(builder, pointer, n_left, vector, is_whole))
        return _side_by_side(builder, parts)

    return kind(array, first, start, whole), generate


@intrinsic
def load_for_rows(_, array, start, whole):
    """A tile whose rows are all the floats of an array (n_columns,) from ``start`` on."""
    kind, row_kind = _tile_of(array), _row_of(array)

    def generate(context, builder, signature, arguments):
        *place, is_whole = arguments
        where = locate(context, builder, array, *place)
        row = generate_load(builder, *where, context.get_value_type(row_kind), is_whole)
        return _side_by_side(builder, [row] * N_ROWS)

    return kind(array, start, whole), generate


@intrinsic
def row_sums(_, tile):
    """A vector of the sums of a tile's rows."""
    kind = Vector(tile.dtype, N_ROWS)

    def generate(context, builder, signature, arguments):
        [sums] = arguments
        # All rows are halved together until one summand is left of each.
        while sums.type.count > N_ROWS:
            lanes = np.arange(sums.type.count).reshape(N_ROWS, 2, -1)
            undefined = ir.Constant(sums.type, ir.Undefined)
            kind = ir.VectorType(INDEX, sums.type.count // 2)
            masks = [ir.Constant(kind, lanes[:, half].ravel().tolist()) for half in (0, 1)]
            sums = builder.fadd(*(builder.shuffle_vector(sums, undefined, m) for m in masks))
        return sums

    return kind(tile), generate

"""Vectors of floats that stay in registers, for numba kernels.

LLVM vectorises a loop over samples, but not one over features around it: the sums of a minibatch
then go to memory and back with each feature. A vector here is as many sums as four of the widest
registers hold, which LLVM cuts it to.
"""

import numpy as np
from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba import types
from numba.extending import intrinsic, models, overload, register_model

# Two vectors of sums must stay in registers: 32 of them with AVX-512, 16 of half the size without.
BYTES = 256 if get_host_cpu_features().get("avx512f") else 128
_INDEX = ir.IntType(32)


class Vector(types.Type):
    """The type of a vector, for each type of float."""

    def __init__(self, dtype):
        self.dtype = dtype
        self.n_lanes = 8 * BYTES // dtype.bitwidth
        super().__init__(f"Vector({dtype}, {self.n_lanes})")


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager, vector):
        element = ir.FloatType() if vector.dtype == types.float32 else ir.DoubleType()
        super().__init__(manager, vector, ir.VectorType(element, vector.n_lanes))


def n_lanes(array):
    """How many of an array's floats a vector holds; within a kernel."""
    return BYTES // array.dtype.itemsize


@overload(n_lanes, inline="always")
def _overload_n_lanes(array):
    lanes = Vector(array.dtype).n_lanes
    return lambda array: lanes


@intrinsic
def zeros(_, array):
    """A vector of zeros, of an array's floats."""
    vector = Vector(array.dtype)

    def generate(context, builder, signature, arguments):
        return ir.Constant(context.get_value_type(vector), [0.0] * vector.n_lanes)

    return vector(array), generate


def _pointer(context, builder, signature, arguments, vector):
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    start = builder.gep(array.data, [arguments[1]])
    return builder.bitcast(start, context.get_value_type(vector).as_pointer())


@intrinsic
def load(_, array, start):
    """The floats of a contiguous array from ``start`` on."""
    vector = Vector(array.dtype)

    def generate(context, builder, signature, arguments):
        pointer = _pointer(context, builder, signature, arguments, vector)
        return builder.load(pointer, align=array.dtype.bitwidth // 8)

    return vector(array, start), generate


@intrinsic
def store(_, array, start, vector):
    """Write a vector to a contiguous array, from ``start`` on."""

    def generate(context, builder, signature, arguments):
        pointer = _pointer(context, builder, signature, arguments, vector)
        builder.store(arguments[2], pointer, align=array.dtype.bitwidth // 8)
        return context.get_dummy_value()

    return types.void(array, start, vector), generate


@intrinsic
def add_product(_, total, factor, vector):
    """total + factor * vector, for a factor that is a float or a vector."""

    def generate(context, builder, signature, arguments):
        total, factor, vector = arguments
        if factor.type != vector.type:
            first = ir.Constant(ir.VectorType(_INDEX, vector.type.count), None)
            empty = ir.Constant(vector.type, ir.Undefined)
            factor = builder.insert_element(empty, factor, ir.Constant(_INDEX, 0))
            factor = builder.shuffle_vector(factor, empty, first)
        # Contracted, this is one instruction for both.
        product = builder.fmul(factor, vector, flags=["contract"])
        return builder.fadd(total, product, flags=["contract"])

    return total(total, factor, vector), generate


@intrinsic
def sums_of(_, first, second, third, fourth):
    """The sums of four vectors' floats.

    Folded together, they take half the instructions of four sums one after the other.
    """

    def generate(context, builder, signature, arguments):
        # One vector holds what is left to add for each sum: first the four arguments side by side.
        pairs = arguments[:2], arguments[2:]
        left = [_fold(builder, *pair, first.n_lanes) for pair in pairs]
        total = _fold(builder, *left, first.n_lanes // 2)
        length = first.n_lanes // 4
        while length > 1:
            total = _fold(builder, total, ir.Constant(total.type, ir.Undefined), length)
            length //= 2
        sums = [builder.extract_element(total, ir.Constant(_INDEX, i)) for i in range(4)]
        return context.make_tuple(builder, signature.return_type, sums)

    return types.UniTuple(first.dtype, 4)(first, second, third, fourth), generate


def _fold(builder, values, other_values, length):
    """Halve the summands of two vectors, of ``length`` lanes each, one after the other."""
    n_vectors = 1 if isinstance(other_values, ir.Constant) else 2
    summands = np.arange(n_vectors * values.type.count).reshape(-1, 2, length // 2)
    halves = []
    for half in (summands[:, 0].ravel(), summands[:, 1].ravel()):
        mask = ir.Constant(ir.VectorType(_INDEX, half.size), half.tolist())
        halves.append(builder.shuffle_vector(values, other_values, mask))
    return builder.fadd(*halves)

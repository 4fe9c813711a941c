"""Vectors of floats that stay in registers, for numba kernels.

LLVM vectorises a loop over samples, but not one over features around it: the sums of a minibatch
then go to memory and back with each feature. A vector here is as many floats as four of the widest
registers hold, which LLVM cuts it to. It knows the arithmetic of floats, with others and with
numbers, which take its precision. Tiles, see ``tiles.py``, are vectors too.

A vector is loaded whole, or, if not ``whole``, as far as its array goes: beyond the end it reads
zeros, and nothing is written.
"""

import operator

from llvmlite import ir
from llvmlite.binding import get_host_cpu_features
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

HAS_AVX512 = get_host_cpu_features().get("avx512f")
# There are 32 registers of 64 bytes with AVX-512, and 16 of half the size without.
REGISTER = 64 if HAS_AVX512 else 32
INDEX = ir.IntType(32)


class Vector(types.Type):
    """The type of a vector, for each type of float and number of them."""

    def __init__(self, dtype, n_lanes):
        self.dtype, self.n_lanes = dtype, n_lanes
        super().__init__(f"Vector({dtype}, {n_lanes})")

    @classmethod
    def of_registers(cls, array, n_registers):
        return cls(array.dtype, n_registers * REGISTER * 8 // array.dtype.bitwidth)


@register_model(Vector)
class _VectorModel(models.PrimitiveModel):
    def __init__(self, manager, vector):
        element = ir.FloatType() if vector.dtype == types.float32 else ir.DoubleType()
        super().__init__(manager, vector, ir.VectorType(element, vector.n_lanes))


def _vector_of(array):
    return Vector.of_registers(array, 4)


def n_lanes(array):
    """How many of an array's floats a vector holds; in a kernel."""
    return 4 * REGISTER // array.dtype.itemsize


@overload(n_lanes, inline="always")
def _overload_n_lanes(array):
    lanes = _vector_of(array).n_lanes
    return lambda array: lanes


def precision(kind):
    """The type of float of a float's or a vector's type."""
    return kind.dtype if isinstance(kind, Vector) else kind


def _in_all_lanes(builder, value, vector):
    first = ir.Constant(ir.VectorType(INDEX, vector.count), None)
    empty = ir.Constant(vector, ir.Undefined)
    alone = builder.insert_element(empty, value, ir.Constant(INDEX, 0))
    return builder.shuffle_vector(alone, empty, first)


# Arithmetic.


def _define(function, instruction):
    @intrinsic
    def apply(_, left, right):
        kind = left if isinstance(left, Vector) else right

        def generate(context, builder, signature, arguments):
            operands = []
            for given, value in zip(signature.args, arguments, strict=True):
                if not isinstance(given, Vector):
                    value = context.cast(builder, value, given, kind.dtype)
                    value = _in_all_lanes(builder, value, context.get_value_type(kind))
                operands.append(value)
            # Contracted, a product and a sum are one instruction.
            return getattr(builder, instruction)(*operands, flags=["contract"])

        return kind(left, right), generate

    @overload(function, inline="always")
    def _overload(left, right):
        if isinstance(left, Vector) or isinstance(right, Vector):
            return lambda left, right: apply(left, right)
        return None


for _name, _instruction in dict(add="fadd", sub="fsub", mul="fmul", truediv="fdiv").items():
    _define(getattr(operator, _name), _instruction)
    _define(getattr(operator, "i" + _name), _instruction)


@intrinsic
def _negative(_, vector):
    return vector(vector), lambda context, builder, signature, arguments: builder.fneg(arguments[0])


@overload(operator.neg, inline="always")
def _overload_neg(vector):
    return (lambda vector: _negative(vector)) if isinstance(vector, Vector) else None


@intrinsic
def clip(_, x, low, high):
    """A float or a vector, or the nearer of two limits if it is beyond; NaN stays NaN."""

    def generate(context, builder, signature, arguments):
        x, *limits = arguments
        if isinstance(signature.args[0], Vector):
            limits = [_in_all_lanes(builder, limit, x.type) for limit in limits]
        for beyond, limit in zip("<>", limits, strict=True):
            x = builder.select(builder.fcmp_ordered(beyond, x, limit), limit, x)
        return x

    return x(x, precision(x), precision(x)), generate


@intrinsic
def power_of_two(_, shifted):
    """2^k, where the lowest bits of a float's, or of a vector's, mantissa are the integer k."""
    n_bits, mantissa = (32, 23) if precision(shifted) == types.float32 else (64, 52)
    bias = 2 ** (n_bits - mantissa - 2) - 1

    def generate(context, builder, signature, arguments):
        [value] = arguments
        kind = ir.IntType(n_bits)
        numbers = bias, mantissa
        if isinstance(value.type, ir.VectorType):
            kind = ir.VectorType(kind, value.type.count)
            numbers = ([number] * kind.count for number in numbers)
        bias_, mantissa_ = (ir.Constant(kind, number) for number in numbers)
        exponent = builder.add(builder.bitcast(value, kind), bias_)
        return builder.bitcast(builder.shl(exponent, mantissa_), value.type)

    return shifted(shifted), generate


# To and from arrays.


@intrinsic
def zeros(_, array):
    """A vector of zeros, of an array's type of float."""
    kind = _vector_of(array)

    def generate(context, builder, signature, arguments):
        return ir.Constant(context.get_value_type(kind), [0.0] * kind.n_lanes)

    return kind(array), generate


def locate(context, builder, kind, array, start):
    """A pointer to an array's floats from ``start`` on, and how many there are."""
    array = context.make_array(kind)(context, builder, array)
    n_left = builder.sub(builder.extract_value(array.shape, 0), start)
    return builder.gep(array.data, [start]), n_left


def _masked(builder, operation, vector, n_left, *arguments):
    """Call LLVM's masked load or store of the first lanes."""
    lanes = ir.VectorType(INDEX, vector.count)
    n_left = _in_all_lanes(builder, builder.trunc(n_left, INDEX), lanes)
    mask = builder.icmp_signed("<", ir.Constant(lanes, list(range(vector.count))), n_left)
    aligned = ir.Constant(INDEX, 4)
    if operation == "load":
        result, arguments = (
            vector,
            [*arguments, aligned, mask, ir.Constant(vector, [0.0] * vector.count)],
        )
    else:
        result, arguments = ir.VoidType(), [*arguments, aligned, mask]
    element = "f32" if isinstance(vector.element, ir.FloatType) else "f64"
    kind = ir.FunctionType(result, [argument.type for argument in arguments])
    name = f"llvm.masked.{operation}.v{vector.count}{element}.p0"
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)


def generate_load(builder, pointer, n_left, vector, is_whole):
    """Generate code that reads a vector from a pointer to ``n_left`` floats."""
    pointer = builder.bitcast(pointer, vector.as_pointer())
    result = cgutils.alloca_once(builder, vector)
    with builder.if_else(is_whole) as (whole, part):
        with whole:
            builder.store(builder.load(pointer, align=4), result)
        with part:
            builder.store(_masked(builder, "load", vector, n_left, pointer), result)
    return builder.load(result)


@intrinsic
def load(_, array, start, whole):
    """The floats of a contiguous array from ``start`` on."""
    kind = _vector_of(array)

    def generate(context, builder, signature, arguments):
        *place, is_whole = arguments
        where = locate(context, builder, array, *place)
        return generate_load(builder, *where, context.get_value_type(kind), is_whole)

    return kind(array, start, whole), generate


@intrinsic
def store(_, array, start, vector, whole):
    """Write a vector to a contiguous array, from ``start`` on."""

    def generate(context, builder, signature, arguments):
        *place, value, is_whole = arguments
        pointer, n_left = locate(context, builder, array, *place)
        pointer = builder.bitcast(pointer, value.type.as_pointer())
        with builder.if_else(is_whole) as (whole, part):
            with whole:
                builder.store(value, pointer, align=4)
            with part:
                _masked(builder, "store", value.type, n_left, value, pointer)
        return context.get_dummy_value()

    return types.void(array, start, vector, whole), generate

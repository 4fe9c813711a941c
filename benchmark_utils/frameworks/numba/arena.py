"""The memory of the arrays that compiled iterations make: a stack, the arena.

To take an array is to move the stack's top, where malloc takes as long as the arithmetic on 22
numbers. What an iteration leaves to the next is moved to one of two rooms at the loop's bottom of
the stack, in turns, so that what is read is not yet written over; all above them is free again.
There is one arena a process: compiled code does not give up Python's lock.
"""

import ctypes
import mmap
import sys

import numpy as np
from llvmlite import binding, ir
from numba import types
from numba.core import cgutils
from numba.core.errors import TypingError
from numba.core.runtime.nrtdynmod import _meminfo_struct_type
from numba.extending import intrinsic, overload, overload_classmethod
from numba.np.arrayobj import _empty_nd_impl

from benchmark_utils.frameworks.numba.uncounted import Uncounted, map_arrays, retyped, without_owner

# Arrays start this many bytes apart, so that loops over several see that they do not overlap.
_UNIT = 256
_ADDRESS = ir.IntType(64)
_SYMBOL = "bilevel_arena"


def _reserve():
    """Address space, to which the system gives memory where it is used.

    It is a terabyte, or, where that is more than a process may have, two gigabytes.
    """
    # The constant has a name only in later versions of Python.
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | (0x4000 if sys.platform == "linux" else 0)
    try:
        memory = mmap.mmap(-1, 2**40, flags=flags)
    except OSError:
        memory = mmap.mmap(-1, 2**31, flags=flags)
    return memory, ctypes.addressof(ctypes.c_char.from_buffer(memory))


_MEMORY, _START = _reserve()
# The arena's start, top and end, which compiled code finds by the symbol's name.
BOUNDS = np.array([_START, _START, _START + len(_MEMORY)])
binding.add_symbol(_SYMBOL, BOUNDS.ctypes.data)


def _bound(builder, position):
    kind = ir.ArrayType(_ADDRESS, len(BOUNDS))
    if _SYMBOL not in builder.module.globals:
        ir.GlobalVariable(builder.module, kind, _SYMBOL)
    return cgutils.gep_inbounds(builder, builder.module.globals[_SYMBOL], 0, position)


def _round_up(builder, size):
    most = ir.Constant(_ADDRESS, _UNIT - 1)
    return builder.and_(builder.add(size, most), ir.Constant(_ADDRESS, -_UNIT))


def _take(context, builder, size):
    """The address of so many bytes on top of the arena."""
    top, end = _bound(builder, 1), builder.load(_bound(builder, 2))
    start = builder.load(top)
    new_top = builder.add(start, _round_up(builder, size))
    with builder.if_then(builder.icmp_unsigned(">", new_top, end), likely=False):
        message = "The arrays of one iteration are larger than the address space of the process."
        context.call_conv.return_user_exc(builder, MemoryError, (message,))
    builder.store(new_top, top)
    return start


@overload_classmethod(Uncounted, "_allocate", target="CPU")
def _overload_allocate(cls, size, align):
    return lambda cls, size, align: _allocate(size)


@intrinsic
def _allocate(_, size):
    """What numba asks for when it makes an array: a header that says where the memory is."""

    def generate(context, builder, signature, arguments):
        room = ir.Constant(_ADDRESS, _UNIT)
        start = _take(context, builder, builder.add(arguments[0], room))
        header = builder.inttoptr(start, _meminfo_struct_type.as_pointer())
        data = builder.inttoptr(builder.add(start, room), cgutils.voidptr_t)
        # Of a header that counts nothing, only this field is read.
        builder.store(data, cgutils.gep_inbounds(builder, header, 0, 3))
        return builder.bitcast(header, cgutils.voidptr_t)

    return types.MemInfoPointer(types.voidptr)(size), generate


def empty_like(array, shape):
    """``np.empty_like(array, shape=shape)``, which within an iteration is on the arena."""
    return np.empty_like(array, shape=shape)


@overload(empty_like, inline="always")
def _overload_empty_like(array, shape):
    return lambda array, shape: _empty_like(array, shape)


@intrinsic
def _empty_like(_, array, shape):
    is_tuple = isinstance(shape, types.BaseTuple)
    kind = array.copy(ndim=len(shape) if is_tuple else 1, layout="C", readonly=False)

    def generate(context, builder, signature, arguments):
        sizes = cgutils.unpack_tuple(builder, arguments[1]) if is_tuple else arguments[1:]
        return _empty_nd_impl(context, builder, kind, sizes)._getvalue()

    return kind(array, shape), generate


@intrinsic
def clear(_):
    """Free the whole arena."""

    def generate(context, builder, signature, arguments):
        builder.store(builder.load(_bound(builder, 0)), _bound(builder, 1))
        return context.get_dummy_value()

    return types.void(), generate


def _n_bytes(builder, array):
    return builder.mul(array.nitems, array.itemsize)


def _is_on_arena(builder, array):
    address = builder.ptrtoint(array.data, _ADDRESS)
    start, top = (builder.load(_bound(builder, position)) for position in (0, 1))
    return builder.and_(
        builder.icmp_unsigned(">=", address, start), builder.icmp_unsigned("<", address, top)
    )


def _refuse_counted(array):
    if not isinstance(array, Uncounted):
        raise TypingError(
            "What an iteration leaves to the next holds an array that NumPy made; make it with "
            "arena.empty_like, or with np.zeros_like of another array."
        )
    return array


@intrinsic
def two_rooms(_, value):
    """Take room for two copies of a value's arrays: where each starts, and where the last ends."""
    retyped(value, _refuse_counted)
    kind = types.UniTuple(types.intp, 3)

    def generate(context, builder, signature, arguments):
        sizes = [ir.Constant(_ADDRESS, 0)]

        def add(array_type, array):
            sizes.append(builder.add(sizes[-1], _round_up(builder, _n_bytes(builder, array))))
            return array

        map_arrays(context, builder, value, arguments[0], add)
        first = _take(context, builder, builder.add(sizes[-1], sizes[-1]))
        second = builder.add(first, sizes[-1])
        return context.make_tuple(builder, kind, (first, second, builder.add(second, sizes[-1])))

    return kind(value), generate


@intrinsic
def settle(_, value, rooms, turn):
    """Move what is on the arena of a value to the room whose turn it is, and free all above both.

    Arrays of Python's, which an iteration writes in place, stay where they are.
    """
    retyped(value, _refuse_counted)

    def generate(context, builder, signature, arguments):
        first, second, end = cgutils.unpack_tuple(builder, arguments[1])
        is_odd = builder.trunc(arguments[2], ir.IntType(1))
        places = [builder.select(is_odd, second, first)]

        def move(array_type, array):
            n_bytes, data = _n_bytes(builder, array), array.data
            target = builder.inttoptr(places[-1], data.type)
            places.append(builder.add(places[-1], _round_up(builder, n_bytes)))
            is_moved = _is_on_arena(builder, array)
            with builder.if_then(is_moved):
                cgutils.raw_memcpy(builder, target, data, n_bytes, 1)
            array.data = builder.select(is_moved, target, data)
            return array

        moved = map_arrays(context, builder, value, arguments[0], move)
        builder.store(end, _bound(builder, 1))
        return moved

    return value(value, rooms, turn), generate


@intrinsic
def counted(_, value):
    """An iteration's arrays as Python takes them: copies of what is on the arena, and Python's own
    without an owner, see :func:`benchmark_utils.frameworks.numba.uncounted.with_owners`."""

    def generate(context, builder, signature, arguments):
        def own(array_type, array):
            result = cgutils.alloca_once_value(builder, without_owner(array)._getvalue())
            counted_type = types.Array.copy(array_type)
            with builder.if_then(_is_on_arena(builder, array)):
                shape = cgutils.unpack_tuple(builder, array.shape)
                copy = _empty_nd_impl(context, builder, counted_type, shape)
                cgutils.raw_memcpy(builder, copy.data, array.data, _n_bytes(builder, array), 1)
                builder.store(copy._getvalue(), result)
            return context.make_array(counted_type)(context, builder, builder.load(result))

        return map_arrays(context, builder, value, arguments[0], own)

    return retyped(value, types.Array.copy)(value), generate

"""States, draws and other nested tuples of arrays, within compiled code.

The operations are decided by the types of a tuple's members, when a function is compiled.
"""

import numpy as np
from numba import types
from numba.core import cgutils
from numba.core.imputils import impl_ret_borrowed
from numba.extending import intrinsic, overload


def retyped(kind):
    """The function that gives a value of nested tuples the names of a type, or takes them away.

    Parameters
    ----------
    kind : numba type
        Of the same arrays and tuples as the value's type.
    """

    @intrinsic
    def as_kind(_, value):
        # A NamedTuple and a tuple of the same members are the same in memory.
        def generate(context, builder, signature, arguments):
            return impl_ret_borrowed(context, builder, signature.return_type, arguments[0])

        return kind(value), generate

    return as_kind


@intrinsic
def borrowed(_, value):
    """The same arrays without their owner, of nested tuples: nobody counts references to them.

    To count a reference takes as long as a few entries of an array; what an iteration is given,
    it passes on many times. The caller must keep the arrays, and return values :func:`owned`.
    """

    def generate(context, builder, signature, arguments):
        return _without_owners(context, builder, value, arguments[0])

    return value(value), generate


def _without_owners(context, builder, kind, value):
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value)
        array.meminfo = cgutils.get_null_value(array.meminfo.type)
        array.parent = cgutils.get_null_value(array.parent.type)
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        for i, member in enumerate(kind):
            part = _without_owners(context, builder, member, builder.extract_value(value, i))
            value = builder.insert_value(value, part, i)
    return value


@intrinsic
def _has_owner(_, array):
    def generate(context, builder, signature, arguments):
        owner = context.make_array(array)(context, builder, arguments[0]).meminfo
        return cgutils.is_not_null(builder, owner)

    return types.boolean(array), generate


def owned(value):
    """Nested tuples with copies of borrowed arrays."""
    raise NotImplementedError("Only compiled code calls this.")


@overload(owned)
def _overload_owned(value):
    if isinstance(value, types.Array):
        return lambda value: value if _has_owner(value) else value.copy()
    if not isinstance(value, types.BaseTuple):
        return lambda value: value
    return _for_members("value", "owned(value[{k}])", len(value), owned=owned)


def without_outer_name(kind):
    """The type of a plain tuple of a tuple type's members."""
    return types.Tuple(list(kind))


def without_names(kind):
    """A type of nested tuples, with plain tuples for NamedTuples."""
    if isinstance(kind, types.BaseTuple):
        return types.Tuple([without_names(member) for member in kind])
    return kind


def plain(values):
    """Nested tuples without the names of NamedTuples, and of the types that compiled code returns:
    Python's numbers, and arrays in C order that may be written to."""
    if isinstance(values, tuple):
        return tuple(map(plain, values))
    if isinstance(values, np.generic) or (isinstance(values, np.ndarray) and values.ndim == 0):
        return values.item()
    if isinstance(values, np.ndarray) and not values.flags.carray:
        return values.copy()
    return values


def named(values, example):
    """Nested tuples with the names of an example's NamedTuples."""
    if not isinstance(values, tuple):
        return values
    members = map(named, values, example)
    return type(example)(*members) if hasattr(example, "_fields") else tuple(members)


def _for_members(arguments, expression, n_members, **names):
    """The function of these arguments that returns a tuple, with an expression for each k.

    Members of a tuple differ in type, so that compiled code cannot loop over them.
    """
    members = "".join(f"{expression.format(k=k)}, " for k in range(n_members))
    exec(f"def of_members({arguments}):\n    return ({members})", names)
    return names["of_members"]


def row(arrays, t):
    """Row t of each array of a tuple."""
    raise NotImplementedError("Only compiled code calls this.")


@overload(row)
def _overload_row(arrays, t):
    return _for_members("arrays, t", "arrays[{k}][t]", len(arrays))


def like(value, example):
    """A value of nested tuples, with the precision and names of an example.

    In numba, the product of a float32 array and a Python number has float64 entries.
    """
    raise NotImplementedError("Only compiled code calls this.")


@overload(like)
def _overload_like(value, example):
    kind = types.unliteral(example)
    if types.unliteral(value) == kind:
        return lambda value, example: value
    if isinstance(kind, types.Array):
        return lambda value, example: value.astype(example.dtype)
    if isinstance(kind, types.Boolean):
        return lambda value, example: bool(value)
    if isinstance(kind, types.Integer) and isinstance(value, types.Float):
        # Numba makes floats of a loop's integers, too.
        return lambda value, example: value
    if isinstance(kind, types.Number):
        return lambda value, example: kind(value)
    if isinstance(kind, types.BaseNamedTuple):
        named, plain = retyped(kind), retyped(without_outer_name(kind))
        value_plain = retyped(without_outer_name(value))
        return lambda value, example: named(like(value_plain(value), plain(example)))
    return _for_members("value, example", "like(value[{k}], example[{k}])", len(kind), like=like)

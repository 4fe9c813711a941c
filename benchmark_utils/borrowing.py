"""Arrays whose references numba does not count."""

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic


@intrinsic
def borrowed(_, value):
    """An array, or a tuple of arrays and scalars, without a part in who owns their memory.

    To count a reference is an atomic instruction, and a function counts each of its arguments up
    and down: as long as the arithmetic on a minibatch. A function may do without for what its
    caller holds until it returns, and must not return it.
    """

    def generate(context, builder, signature, arguments):
        return _without_owner(context, builder, value, arguments[0])

    return value(value), generate


def _without_owner(context, builder, kind, value):
    if isinstance(kind, types.Array):
        array = context.make_array(kind)(context, builder, value)
        array.meminfo = cgutils.get_null_value(array.meminfo.type)
        array.parent = cgutils.get_null_value(array.parent.type)
        return array._getvalue()
    if isinstance(kind, types.BaseTuple):
        for i, member in enumerate(kind):
            inner = _without_owner(context, builder, member, builder.extract_value(value, i))
            value = builder.insert_value(value, inner, i)
    return value


def with_owners(values, owners):
    """Give a compiled function's results that it borrowed back to the arrays that own them.

    Parameters
    ----------
    values, owners : array, or tuple of arrays or tuples
        What the function returned, and what its caller lent.
    """
    return _give_back(values, {_address(array): array for array in _leaves(owners)})


def _give_back(value, by_address):
    if isinstance(value, tuple):
        members = [_give_back(member, by_address) for member in value]
        return type(value)(*members) if hasattr(value, "_fields") else tuple(members)
    is_owned = value.flags.owndata or value.base is not None
    return value if is_owned else by_address[_address(value)]


def _leaves(values):
    if isinstance(values, tuple):
        return [leaf for value in values for leaf in _leaves(value)]
    return [values]


def _address(array):
    return array.__array_interface__["data"][0]

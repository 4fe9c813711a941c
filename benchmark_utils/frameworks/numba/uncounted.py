"""Arrays within compiled iterations: nobody counts references to them.

To count a reference is an atomic instruction, and numba counts each argument of each function:
more time than the arithmetic on a minibatch takes. Within an iteration, arrays are of a type of
their own instead. They lie where something else frees them: in Python's arrays, which outlive the
iterations that they are lent to, or on the stack of ``arena.py``.
"""

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model


class Uncounted(types.Array):
    """The type of an array within an iteration."""

    is_internal = True  # so that numba makes one loop of an expression of several operations

    def __init__(self, dtype, ndim, layout, readonly=False, aligned=True):
        name = f"Uncounted({dtype}, {ndim}, {layout}, {readonly}, {aligned})"
        super().__init__(dtype, ndim, layout, readonly, name, aligned)

    @classmethod
    def of(cls, array):
        return cls(array.dtype, array.ndim, array.layout, not array.mutable, array.aligned)

    def copy(self, *args, **kwargs):
        return self.of(super().copy(*args, **kwargs))

    # It is no other array: that would be freed when its references are counted.

    def unify(self, typing_context, other):
        return None

    def can_convert_to(self, typing_context, other):
        return None

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return Uncounted

    def __repr__(self):
        return self.name


@register_model(Uncounted)
class _UncountedModel(models.ArrayModel):
    def traverse(self, builder):
        """What numba would count references to."""
        return []


def retyped(kind, array_type):
    """The type of a value that may be a tuple, with another one for each array's type."""
    if isinstance(kind, types.Array):
        return array_type(kind)
    if isinstance(kind, types.BaseTuple):
        members = [retyped(member, array_type) for member in kind]
        return types.BaseTuple.from_types(members, getattr(kind, "instance_class", None))
    return kind


def map_arrays(context, builder, kind, value, function):
    """Generate code that replaces each array of a value that may be a tuple.

    Parameters
    ----------
    context, builder, kind, value
        As numba generates code, the value and its type.
    function : callable
        ``function(array_type, array)``, with the array as numba's proxy, returns another proxy.
    """
    if isinstance(kind, types.Array):
        return function(kind, context.make_array(kind)(context, builder, value))._getvalue()
    if isinstance(kind, types.BaseTuple):
        for i, member in enumerate(kind):
            part = builder.extract_value(value, i)
            part = map_arrays(context, builder, member, part, function)
            value = builder.insert_value(value, part, i)
    return value


def uncounted_type(kind):
    """The type of ``uncounted(value)`` for a value's type."""
    return retyped(kind, Uncounted.of)


@intrinsic
def uncounted(_, value):
    """Arrays, or a tuple of such, as an iteration takes them; their owner must outlive it."""
    return uncounted_type(value)(value), lambda context, builder, signature, arguments: arguments[0]


def without_owner(array):
    """A proxy of an array that owns no memory, and so frees none."""
    for owner in ("meminfo", "parent"):
        setattr(array, owner, cgutils.get_null_value(getattr(array, owner).type))
    return array


def with_owners(values, owners):
    """Give what a compiled function returns without an owner back to the arrays that own it.

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

"""Calls of compiled functions through pointers."""

from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic


def by_pointer(dispatcher):
    """The same function, called from compiled code through a pointer.

    Numba links a function to all that it calls, and optimises that anew: seconds, for an algorithm
    of several loops that each ask an oracle. What a pointer leads to was compiled once, or loaded.
    """

    @intrinsic
    def call(_, args):
        kinds = tuple(map(types.unliteral, args))
        dispatcher.compile(kinds)
        compiled = dispatcher.overloads[kinds]
        result = compiled.signature.return_type

        def generate(context, builder, signature, arguments):
            address = compiled.library.get_pointer_to_function(compiled.fndesc.llvm_func_name)
            target = context.call_conv.get_function_type(result, kinds).as_pointer()
            pointer = builder.inttoptr(context.get_constant(types.uintp, address), target)
            status, value = context.call_conv.call_function(
                builder, pointer, result, kinds, cgutils.unpack_tuple(builder, arguments[0])
            )
            with cgutils.if_unlikely(builder, status.is_error):
                context.call_conv.return_status_propagate(builder, status)
            return value

        return result(args), generate

    return njit(lambda *args: call(args))


def asked_by_pointer(oracle):
    """The same Oracle, asked through pointers; but ``project``, which is short."""
    asked = {name: by_pointer(ask) for name, ask in oracle._asdict().items() if name != "project"}
    return oracle._replace(**asked)

"""PyTorch: the same step on tensors, on CPU or GPU, with derivatives by ``torch.func``.

Nothing is compiled: a step may call whatever PyTorch can, and a debugger stops in it.
"""

from functools import partial

import numpy
import torch
from torch.func import grad, vjp
from torch.nn.functional import logsigmoid

from benchmark_utils.frameworks import NoDevice, torch_names
from benchmark_utils.frameworks.loops import make_linear_sgd, make_penalised_sgd, make_sgd
from benchmark_utils.frameworks.losses import make_oracle_from_losses
from benchmark_utils.frameworks.python import cond, fold, fori_loop, row, wait  # noqa: F401

# On a recent GPU convolutions of float32 would keep ten bits only (TF32).
torch.backends.cudnn.allow_tf32 = False

np = torch_names


def make_products(inner_grad):
    """The oracles of second derivatives, reverse-over-reverse: PyTorch computes many forward
    derivatives of derivatives in Python, which takes four times as long."""

    def hvp(arrays, inner_var, outer_var, v, batch):
        _, pull_back = vjp(lambda x: inner_grad(arrays, x, outer_var, batch), inner_var)
        return pull_back(v)[0]

    def cross(arrays, inner_var, outer_var, v, batch):
        _, pull_back = vjp(lambda x: inner_grad(arrays, inner_var, x, batch), outer_var)
        return pull_back(v)[0]

    def inner_grad_hvp_cross(arrays, inner_var, outer_var, v, batch):
        g_theta, pull_back = vjp(lambda x, y: inner_grad(arrays, x, y, batch), inner_var, outer_var)
        return g_theta, *pull_back(v)

    return hvp, cross, inner_grad_hvp_cross


oracle_from_losses = partial(make_oracle_from_losses, grad, make_products)


class NotTorch(TypeError):
    """A step mixes PyTorch's tensors with NumPy."""

    def __init__(self):
        super().__init__(
            "PyTorch runs this step on tensors, and NumPy has made an array of one or met one; "
            "take the functions of framework.np, as in xp = framework.np before the step and "
            "xp.where in it. Arrays that the step reads become tensors before it, by xp.asarray."
        )


def find_device(name):
    has_cuda = torch.cuda.is_available()
    if name == "cuda" and not has_cuda:
        raise NoDevice
    return torch.device("cuda" if has_cuda and name != "cpu" else "cpu")


def describe_device(device):
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def load(value, device):
    """Arrays as tensors on a device, in tuples of any depth; other values stay.

    On the CPU a tensor shares its memory with the array.
    """
    if isinstance(value, tuple):
        members = [load(member, device) for member in value]
        return type(value)(*members) if hasattr(value, "_fields") else tuple(members)
    if isinstance(value, torch.Tensor) or not hasattr(value, "__array__"):
        return value
    # JAX's arrays may not be written to.
    array = numpy.require(value, requirements="W")
    return torch.from_numpy(array).to(device) if array.ndim else value.item()


def device_of(value):
    """The device of the tensors in nested tuples; that of the first."""
    if isinstance(value, torch.Tensor):
        return value.device
    members = value if isinstance(value, tuple) else ()
    return next((device for member in members if (device := device_of(member))), None)


def jit(function):
    def call(*args):
        device = device_of(args)
        return function(*(load(arg, device) for arg in args))

    return call


def iterations(step):
    def iterate(state, arrays, draws):
        device = device_of(arrays)
        state = load(state, device)
        kinds = tensor_fields(state)
        # Minibatches stay indices of Python, which choose a block without a copy; numbers stay on
        # the CPU, as a GPU takes them from there without a wait.
        inner_batches, outer_batches, step_sizes, *more = draws
        step_sizes = load(step_sizes, "cpu")
        more = [as_draw(values, device) for values in more]
        try:
            for t in range(len(inner_batches)):
                state = step(
                    state, arrays, inner_batches[t], outer_batches[t], row(step_sizes, t),
                    *(values[t] for values in more),
                )  # fmt: skip
        except TypeError as error:
            if "numpy.ndarray" not in str(error):
                raise
            raise NotTorch from error
        if tensor_fields(state) != kinds:
            raise NotTorch
        return state

    return iterate


def as_draw(values, device):
    """What iterations draw besides minibatches: floats as tensors, others as Python's numbers."""
    if values.dtype.kind == "f":
        return torch.from_numpy(values).to(device)
    return values.tolist() if values.ndim == 1 else values


def tensor_fields(value):
    """Where a state has tensors, as nested tuples of bools."""
    if isinstance(value, tuple):
        return tuple(map(tensor_fields, value))
    return not isinstance(value, numpy.ndarray)


sgd, linear_sgd, penalised_sgd = (
    partial(make, fori_loop) for make in (make_sgd, make_linear_sgd, make_penalised_sgd)
)


def saga_update(table, mean, index, parts):
    row = torch.concatenate(parts)
    change = row - table[index]
    table[index] = row
    return mean + change, table, update_mean(mean, change, len(table))


def softplus(x):
    return -logsigmoid(-x)


def update_mean(mean, change, n_values):
    return mean + change / n_values


def to_numpy(array):
    # The starting point is still NumPy's.
    return numpy.array(torch.as_tensor(array).numpy(force=True))

"""PyTorch behind NumPy's names: ``xp`` of a step and of a problem's losses.

A function of this module takes what NumPy's takes and PyTorch's does not, such as numbers among the
arguments. All other names are PyTorch's own.
"""

from functools import wraps

import torch
from torch import linalg  # noqa: F401

from benchmark_utils.frameworks import OPTIONAL


def tensor_of(x):
    """A tensor, also of a number, in a precision that changes that of no other tensor."""
    if isinstance(x, torch.Tensor):
        return x
    return torch.tensor(x, dtype=torch.float64 if isinstance(x, float) else None)


def _of_numbers(function):
    @wraps(function)
    def call(*values):
        return function(*map(tensor_of, values))

    return call


abs, ceil, cos, exp, expm1, floor, isfinite, isnan, log, log1p, sign, sin, sqrt, square, tanh = map(
    _of_numbers,
    (
        torch.abs, torch.ceil, torch.cos, torch.exp, torch.expm1, torch.floor, torch.isfinite,
        torch.isnan, torch.log, torch.log1p, torch.sign, torch.sin, torch.sqrt, torch.square,
        torch.tanh,
    ),
)  # fmt: skip
logaddexp, logical_and, logical_or, power = map(
    _of_numbers, (torch.logaddexp, torch.logical_and, torch.logical_or, torch.pow)
)


def where(condition, x, y):
    return torch.where(tensor_of(condition), x, y)


def maximum(x, y):
    """The larger of two, of which one or both are tensors."""
    if not isinstance(y, torch.Tensor):
        return torch.clamp(x, min=y)
    return torch.maximum(x, y) if isinstance(x, torch.Tensor) else torch.clamp(y, min=x)


def minimum(x, y):
    """The smaller of two, of which one or both are tensors."""
    if not isinstance(y, torch.Tensor):
        return torch.clamp(x, max=y)
    return torch.minimum(x, y) if isinstance(x, torch.Tensor) else torch.clamp(y, max=x)


def clip(x, low, high):
    return minimum(maximum(x, low), high)


def max(x, axis=None):
    return torch.amax(x, () if axis is None else axis)


def min(x, axis=None):
    return torch.amin(x, () if axis is None else axis)


def cumsum(x, axis=0):
    return torch.cumsum(x, axis)


def flip(x, axis=None):
    """The entries in reverse; PyTorch has no slices with negative steps."""
    return torch.flip(x, tuple(range(x.ndim)) if axis is None else (axis,))


def dot(x, y):
    return x @ y


def take_along_axis(x, indices, axis):
    return torch.take_along_dim(x, indices, axis)


def __getattr__(name):
    try:
        return getattr(torch, name)
    except AttributeError:
        raise AttributeError(
            f"{OPTIONAL['torch']} has no {name}; write the step without it, or give another "
            "framework"
        ) from None

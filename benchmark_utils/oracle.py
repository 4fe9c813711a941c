"""The functions of a problem that stochastic algorithms call."""

from collections.abc import Callable
from typing import NamedTuple

# The oracles whose calls are counted, in units of one sample.
ORACLE_NAMES = ("inner_grad", "hvp", "cross", "outer_grad")


def keep(arrays, point, outer_var, step_size):
    return point


class Oracle(NamedTuple):
    """The minibatch oracles of a problem, each an unbiased estimate of its full-batch value.

    All take the problem's ``arrays``, ``inner_var`` (p,) and ``outer_var`` (d,). The products also
    take ``v`` (p,). The last argument is the index ``batch`` of a minibatch. A value counts as part
    of the gradient at the same point, without which no algorithm asks for it.
    """

    inner_grad: Callable  # grad_theta G, (p,)
    inner_grads: Callable  # (grad_theta G, grad_lambda G), (p,) and (d,), in one pass
    hvp: Callable  # hessian_theta,theta G . v, (p,)
    cross: Callable  # hessian_lambda,theta G . v, (d,)
    inner_grad_hvp_cross: Callable  # these three in one pass over the minibatch
    outer_grad: Callable  # (grad_theta F, grad_lambda F), (p,) and (d,)
    project: Callable  # (arrays, outer_var): the nearest lambda at which the problem is defined
    # For steps that need no gradient in theta; each counts as a call of the whole gradient.
    inner_lambda_grad: Callable  # grad_lambda G, (d,)
    outer_lambda_grad: Callable  # grad_lambda F, (d,)
    inner_value: Callable | None = None  # G, up to a constant of the minibatch
    # (arrays, point, outer_var, step_size): the proximal operator, (p,), of ``step_size`` times the
    # penalty that G has besides what the gradients in theta see; the point itself if it has none.
    prox: Callable = keep


def lambda_grad(grads):
    """The oracle of a gradient in lambda, from that of the gradients in theta and lambda."""

    def grad(arrays, inner_var, outer_var, batch):
        return grads(arrays, inner_var, outer_var, batch)[1]

    return grad

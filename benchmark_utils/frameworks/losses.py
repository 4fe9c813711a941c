"""Oracles from two losses, by a framework's automatic differentiation."""

from benchmark_utils.oracle import Oracle, lambda_grad


def make_oracle_from_losses(grad, make_products, inner_loss, outer_loss, project):
    """Every oracle of a problem from its two minibatch losses.

    Parameters
    ----------
    grad : callable
        ``jax.grad``, or ``torch.func.grad``, which is the same.
    make_products : callable
        Makes the oracles ``hvp``, ``cross`` and ``inner_grad_hvp_cross`` from ``inner_grad``.
    inner_loss, outer_loss : callable
        ``loss(arrays, inner_var, outer_var, batch)``: an unbiased estimate of G or F.
    project : callable
        ``project(arrays, outer_var)``: the nearest lambda at which the problem is defined.

    Returns
    -------
    oracle : Oracle
    """
    inner_grad = grad(inner_loss, argnums=1)
    inner_grads = grad(inner_loss, argnums=(1, 2))
    outer_grad = grad(outer_loss, argnums=(1, 2))
    return Oracle(
        inner_grad,
        inner_grads,
        *make_products(inner_grad),
        outer_grad,
        project,
        lambda_grad(inner_grads),
        lambda_grad(outer_grad),
        inner_loss,
    )

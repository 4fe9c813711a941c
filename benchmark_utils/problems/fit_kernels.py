"""The losses of ``fits.py`` in numba, chosen by the type of the fit when a kernel is compiled."""

import numpy as np
from numba.extending import overload

from benchmark_utils.frameworks.numba import kernels
from benchmark_utils.problems.fits import Huber, Logistic, Squared


@kernels.kernel
def _logistic_slopes(fit, batch, margins):
    for i in range(margins.shape[0]):
        margins[i] = -fit.scale * kernels.sigmoid(-margins[i])


@kernels.kernel
def _logistic_curvatures(fit, batch, margins, products):
    for i in range(margins.shape[0]):
        chance = kernels.sigmoid(-margins[i])
        margins[i] = -fit.scale * chance
        products[i] *= fit.scale * (chance - chance * chance)


@kernels.kernel
def _logistic_sum(fit, batch, margins):
    total = margins.dtype.type(0)
    for i in range(margins.shape[0]):
        # log(1 + exp(-margin)), of which the exponential does not overflow.
        total += max(-margins[i], 0) + np.log1p(kernels.exp(-abs(margins[i])))
    return fit.scale * total


@kernels.kernel
def _squared_slopes(fit, batch, margins):
    for i in range(margins.shape[0]):
        margins[i] = fit.scale * (margins[i] - fit.targets[batch, i])


@kernels.kernel
def _squared_curvatures(fit, batch, margins, products):
    for i in range(margins.shape[0]):
        margins[i] = fit.scale * (margins[i] - fit.targets[batch, i])
        products[i] *= fit.scale


@kernels.kernel
def _squared_sum(fit, batch, margins):
    total = margins.dtype.type(0)
    for i in range(margins.shape[0]):
        residual = margins[i] - fit.targets[batch, i]
        total += residual * residual
    return fit.scale * total / 2


@kernels.kernel
def _huber_slopes(fit, batch, margins):
    for i in range(margins.shape[0]):
        residual = margins[i] - fit.targets[batch, i]
        margins[i] = fit.scale * min(max(residual, -fit.delta), fit.delta)


@kernels.kernel
def _huber_curvatures(fit, batch, margins, products):
    for i in range(margins.shape[0]):
        residual = margins[i] - fit.targets[batch, i]
        margins[i] = fit.scale * min(max(residual, -fit.delta), fit.delta)
        products[i] = fit.scale * products[i] if abs(residual) <= fit.delta else 0


@kernels.kernel
def _huber_sum(fit, batch, margins):
    total = margins.dtype.type(0)
    for i in range(margins.shape[0]):
        size = abs(margins[i] - fit.targets[batch, i])
        near = min(size, fit.delta)
        total += near * (size - near / 2)
    return fit.scale * total


def _by_fit(kernels_of_fits):
    def chosen(fit, *args):
        raise NotImplementedError("Only compiled code calls this.")

    @overload(chosen, jit_options=kernels.KERNEL, strict=False)
    def choose(fit, *args):
        kernel = kernels_of_fits[fit.instance_class]
        return lambda fit, *args: kernel(fit, *args)

    return chosen


# ``fill_slopes(fit, batch, margins)``: the scaled slopes of the losses, in the margins' place.
fill_slopes = _by_fit({
    Logistic: _logistic_slopes, Squared: _squared_slopes, Huber: _huber_slopes,
})  # fmt: skip
# ``fill_curvatures(fit, batch, margins, products)``: the same, and other margins times curvatures.
fill_curvatures = _by_fit({
    Logistic: _logistic_curvatures, Squared: _squared_curvatures, Huber: _huber_curvatures,
})  # fmt: skip
# ``loss_sum(fit, batch, margins)``: the scaled sum of the losses.
loss_sum = _by_fit({Logistic: _logistic_sum, Squared: _squared_sum, Huber: _huber_sum})

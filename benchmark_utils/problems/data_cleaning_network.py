"""Base class of data cleaning with a network: a weight for each training sample.

With the cross-entropies l_i of a network with parameters theta, and sigma the logistic function,

    G(lambda, theta) = 1/n sum_i sigma(lambda_i) l_i(theta) + ridge/2 ||theta||^2
    F(lambda, theta) = 1/m sum_j l_j(theta)   on the validation samples.

Some training labels are wrong: a good lambda gives their samples less weight. G is not convex: h is
not judged, but F, the gradient of G and accuracies at the solver's own theta.
"""

from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np

from benchmark_utils.problems.box import allowed_box, bounds
from benchmark_utils.problems.data_cleaning import corruption_auc, sigmoid
from benchmark_utils.problems.jax_problem import JaxProblem
from benchmark_utils.problems.pictures import of_weights
from benchmark_utils.validation import positive


def first_layers(shapes, rng):
    """A network's first parameters: weights from N(0, 1 / inputs), biases zero.

    Parameters
    ----------
    shapes : dict of str to tuple of int
        Of each layer's weights, by its name; the outputs come first.
    rng : numpy.random.Generator
    """
    params = {}
    for name, (n_outputs, *inputs) in shapes.items():
        weight = rng.standard_normal((n_outputs, *inputs)) / np.sqrt(np.prod(inputs))
        params |= {f"{name}.weight": weight, f"{name}.bias": np.zeros(n_outputs)}
    return params


def cross_entropies(scores, labels):
    own = jnp.take_along_axis(scores, labels[:, None], axis=1)[:, 0]
    return jax.nn.logsumexp(scores, axis=1) - own


class DataCleaningNetwork(JaxProblem):
    """Base class of these problems.

    A subclass defines ``refuse``, ``scores``, and a constructor that calls this one.

    Parameters
    ----------
    params : dict of str to array
        The network's first parameters.
    train : tuple (X, y), (n, ...) and (n,)
        Labels are 0, 1, ..., C-1.
    scored : dict of str to tuple
        ``val`` and ``test`` samples (X, y); the X of the last may be None.
    corrupted : bool array, (n,), or None
        Which training labels are wrong, if known: the weights are then scored by the area under the
        ROC curve with which they separate clean from corrupted samples, ``corruption_auc``.
    image_shape : pair of int, or None
        Of the samples, if they are images, which are then shown with their weights.
    ridge : float
    box : {"default", "none"} or pair of float
        The bounds of lambda; by default -5 and 5, weights between 0.0067 and 0.9933.

    Attributes
    ----------
    in_torch_as : str
        The name of the network's class in ``data_cleaning_torch.py``.
    """

    allowed = {"ridge": positive, "box": allowed_box}
    frameworks = ("jax", "torch", "python")
    default_box = (-5.0, 5.0)

    def __init__(self, params, train, scored, corrupted, image_shape, ridge, box):
        self.corrupted, self.ridge, self.image_shape = corrupted, float(ridge), image_shape
        self.lower, self.upper = bounds(box, self.default_box)
        n_samples = len(train[1])
        self.given = dict(
            inner=params,
            outer={"weights": np.clip(np.zeros(n_samples), self.lower, self.upper)},
            inner_samples=(*train, np.arange(n_samples)),
            outer_samples=scored["val"],
        )
        super().__init__(**self.given, scored=scored)

    def inner_loss(self, params, outer, batch):
        X, labels, numbers = batch
        weights = jax.nn.sigmoid(outer["weights"][numbers])
        losses = cross_entropies(self.scores(params, outer, X), labels)
        squares = sum(jnp.sum(param**2) for param in params.values())
        return weights * losses + self.ridge / 2 * squares

    def outer_loss(self, params, outer, batch):
        X, labels = batch
        return cross_entropies(self.scores(params, outer, X), labels)

    @cached_property
    def in_torch(self):
        """The same problem in PyTorch, whose minibatch oracles ``framework=torch`` takes."""
        from benchmark_utils.problems import data_cleaning_torch

        network = getattr(data_cleaning_torch, self.in_torch_as)
        return data_cleaning_torch.DataCleaningTorch(self.ridge, network, self.given)

    def oracle(self, framework):
        return self.in_torch.oracle("torch") if framework == "torch" else super().oracle(framework)

    def pictures(self, outer_var):
        images, labels, _ = self.inner_samples
        flat, weights = images.reshape(len(images), -1), sigmoid(np, outer_var)
        return of_weights(weights, flat, labels, self.corrupted, self.image_shape)

    def metrics(self, inner_var, outer_var):
        return super().metrics(inner_var, outer_var) | corruption_auc(self.corrupted, outer_var)

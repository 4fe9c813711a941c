"""Hessian-vector products by automatic differentiation cost a few gradients, whatever the order.

With f the training loss of a network, its Hessian times v is

    forward over reverse    d/dt grad f(theta + t v)  at t = 0
    reverse over forward    grad_theta of  d/dt f(theta + t v)  at t = 0
    reverse over reverse    grad_theta of  <grad f(theta), v>

(Pearlmutter, Fast exact multiplication by the Hessian, Neural Computation 1994). Dagreou, Ablin,
Vaiter and Moreau, How to compute Hessian-vector products?, ICLR blog posts 2024, compare their
time and memory with those of a gradient, on ResNet-34, ViT and BERT. Here the networks are small
ones on the digits of scikit-learn: perceptrons of 4 and 16 layers, a convolutional network and a
block of a transformer, in float32, in JAX and, where it is installed, in PyTorch.

Operations and memory do not depend on the machine's load. JAX's are those of its compiler, of the
compiled function. PyTorch's are counted while the function runs: operations of its products and
convolutions, and the most memory that it holds at a time.
"""

from functools import partial
from importlib.util import find_spec
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits

from experiments._autodiff import OPS

GRADIENT = "gradient"
COSTS = ("operations", "memory", "seconds")


class Network(NamedTuple):
    """A network that computes the scores of 10 classes."""

    sizes: list  # the shapes of its parameters
    scores: object  # function of (ops, parameters, images (n, 64)); it returns (n, 10)


def perceptron(depth, width=128):
    """A multilayer perceptron with tanh."""
    layers = [64, *[width] * depth, 10]
    sizes = [size for p, q in pairwise(layers) for size in ((p, q), (q,))]

    def scores(ops, parameters, X):
        *hidden, weights, bias = parameters
        for V, b in zip(hidden[::2], hidden[1::2], strict=True):
            X = ops.np.tanh(X @ V + b)
        return X @ weights + bias

    return Network(sizes, scores)


def convolutional(channels=16):
    """Two convolutions of 3 x 3 with tanh, and a linear layer on their mean over the image."""
    sizes = [(channels, 1, 3, 3), (2 * channels, channels, 3, 3), (2 * channels, 10)]

    def scores(ops, parameters, X):
        first, second, weights = parameters
        X = ops.np.tanh(ops.convolve(X.reshape(-1, 1, 8, 8), first))
        X = ops.np.tanh(ops.convolve(X, second))
        return X.mean((2, 3)) @ weights

    return Network(sizes, scores)


def transformer(width=32, n_heads=4):
    """A block of a transformer on the 8 rows of an image: attention, then a perceptron."""
    sizes = [(8, width), (8, width), *[(width, width)] * 4, (width, 4 * width), (4 * width, width)]

    def scores(ops, parameters, X):
        embed, positions, query, key, value, join, up, down, weights = parameters
        X = X.reshape(-1, 8, 8) @ embed + positions

        def heads(V):
            return (normalised(ops, X) @ V).reshape(-1, 8, n_heads, width // n_heads)

        similarities = ops.np.einsum("nihk,njhk->nhij", heads(query), heads(key))
        attention = ops.softmax(similarities / (width / n_heads) ** 0.5, -1)
        mixed = ops.np.einsum("nhij,njhk->nihk", attention, heads(value))
        X = X + mixed.reshape(-1, 8, width) @ join
        X = X + ops.np.tanh(normalised(ops, X) @ up) @ down
        return X.mean(1) @ weights

    return Network([*sizes, (width, 10)], scores)


def normalised(ops, X):
    centred = X - X.mean(-1)[..., None]
    return centred / ops.np.sqrt((centred**2).mean(-1)[..., None] + 1e-5)


NETWORKS = {
    "perceptron, 4 layers": perceptron(4),
    "perceptron, 16 layers": perceptron(16),
    "convolutional": convolutional(),
    "transformer": transformer(),
}


def make_loss(network, ops, n_samples):
    """The cross-entropy as a function of the parameters, a list of arrays, and such a list."""
    X, labels = load_digits(return_X_y=True)
    X, classes = (a[:n_samples].astype(np.float32) for a in (X / 16, np.eye(10)[labels]))
    X, classes = ops.array(X), ops.array(classes)
    rng = np.random.default_rng(0)

    def loss(parameters):
        scores = network.scores(ops, parameters, X)
        return (ops.logsumexp(scores, 1) - (scores * classes).sum(1)).mean()

    def draw(size):
        n_inputs = np.prod(size[1:]) if len(size) == 4 else size[0]
        return ops.array(rng.standard_normal(size).astype(np.float32) / np.float32(n_inputs**0.5))

    return loss, [draw(size) for size in network.sizes]


def modes(loss, ops):
    """The gradient and its three derivatives, functions of (parameters, v)."""
    gradient = ops.grad(loss)

    def along(function, parameters, v):
        return ops.jvp(function, (parameters,), (v,))[1]

    def slope(parameters, v):
        return sum((g * u).sum() for g, u in zip(gradient(parameters), v, strict=True))

    return {
        GRADIENT: lambda parameters, v: gradient(parameters),
        "forward over reverse": partial(along, gradient),
        "reverse over forward": ops.grad(partial(along, loss)),
        "reverse over reverse": ops.grad(slope),
    }


def main(networks=tuple(NETWORKS), n_samples=256):
    """Costs of a gradient and of Hessian-vector products, and these over those of the gradient.

    ``difference`` is the relative distance of a product to that by forward over reverse.
    """
    frameworks = [name for name in OPS if find_spec(name)]
    return pd.concat(
        [measure(framework, network, n_samples) for framework in frameworks for network in networks]
    )


def measure(framework, network, n_samples):
    ops = OPS[framework]()
    loss, parameters = make_loss(NETWORKS[network], ops, n_samples)
    rng = np.random.default_rng(1)
    v = [ops.array(rng.standard_normal(u.shape).astype(np.float32)) for u in parameters]
    costs = {mode: ops.cost(f, parameters, v) for mode, f in modes(loss, ops).items()}
    gradient, reference = costs[GRADIENT], costs["forward over reverse"].result
    return pd.DataFrame([
        dict(framework=framework, network=network, mode=mode)
        | {name: getattr(cost, name) for name in COSTS}
        | {f"{name}_ratio": getattr(cost, name) / getattr(gradient, name) for name in COSTS}
        | dict(difference=np.nan if mode == GRADIENT else distance(cost.result, reference))
        for mode, cost in costs.items()
    ])  # fmt: skip


def distance(arrays, others):
    """The Euclidean distance of two lists of arrays, relative to the second."""
    flat, other = (np.concatenate([a.ravel() for a in arrays]) for arrays in (arrays, others))
    return np.linalg.norm(flat - other) / np.linalg.norm(other)


def summary(table):
    products = table[table["mode"] != GRADIENT]
    ratios = [f"{name}_ratio" for name in COSTS]
    return products[["framework", "network", "mode", *ratios, "difference"]]


def draw(table, figure):
    products = summary(table)
    axes = figure.subplots(1, len(COSTS), sharey=True)
    colours = {mode: f"C{k}" for k, mode in enumerate(products["mode"].unique())}
    cases = products[["framework", "network"]].drop_duplicates().agg(": ".join, axis=1).tolist()
    for axis, cost in zip(axes, COSTS, strict=True):
        for k, (mode, rows) in enumerate(products.groupby("mode", sort=False)):
            places = np.arange(len(rows)) + 0.25 * (k - 1)
            axis.barh(places, rows[f"{cost}_ratio"], height=0.25, color=colours[mode], label=mode)
        axis.set_yticks(range(len(cases)), cases)
        axis.set_xlabel(f"{cost}, over the gradient's")
    axes[0].invert_yaxis()
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)

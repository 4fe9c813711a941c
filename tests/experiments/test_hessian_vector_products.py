"""A Hessian-vector product costs two to three gradients, whatever the order of derivatives."""

from importlib.util import find_spec

import numpy as np
import pytest

from experiments._autodiff import OPS
from experiments.hessian_vector_products import NETWORKS, Network, make_loss, measure, modes
from helpers import MONTHLY

PERCEPTRON = "perceptron, 4 layers"
FIRST = "forward over reverse"
frameworks = pytest.mark.parametrize(
    "framework",
    [pytest.param("jax"),
     pytest.param("torch", marks=pytest.mark.skipif(not find_spec("torch"), reason="no torch"))],
)  # fmt: skip


@pytest.fixture(scope="module")
def products():
    table = measure("jax", PERCEPTRON, 256).set_index("mode")
    return table.drop("gradient")


@pytest.mark.slow
def test_all_orders_give_the_same_product(products):
    assert set(products["difference"] < 1e-6) == {True}


@pytest.mark.slow
def test_operations_are_two_to_three_times_those_of_the_gradient(products):
    assert products["operations_ratio"].between(2, 3).all()


@pytest.mark.slow
def test_forward_over_reverse_needs_least_memory(products):
    memory = products["memory_ratio"]
    assert memory[FIRST] < 0.7 * memory.drop(FIRST).min()


@pytest.mark.slow
@pytest.mark.parametrize("network", ["convolutional", pytest.param("transformer", marks=MONTHLY)])
def test_the_same_holds_for_real_networks(network):
    products = measure("jax", network, 64).set_index("mode").drop("gradient")
    assert (products["difference"] < 1e-6).all()
    assert products["operations_ratio"].between(2, 3).all()
    assert products["memory_ratio"].idxmin() == FIRST


@pytest.mark.skipif(not find_spec("torch"), reason="no torch")
@pytest.mark.parametrize("network", NETWORKS)
def test_the_same_holds_in_pytorch(network):
    products = measure("torch", network, 64).set_index("mode").drop("gradient")
    assert (products["difference"] < 1e-5).all()
    assert products["operations_ratio"].between(2, 3.01).all()
    assert products["memory_ratio"].idxmin() == FIRST


@pytest.mark.slow
@frameworks
def test_products_are_those_of_the_hessian(framework):
    """Of a softmax regression, whose Hessian has a closed form."""
    ops = OPS[framework]()
    linear = Network([(64, 10)], lambda ops, parameters, X: X @ parameters[0])
    loss, [weights] = make_loss(linear, ops, 20)
    from sklearn.datasets import load_digits

    X = load_digits().data[:20] / 16
    scores = X @ np.asarray(weights)
    p = np.exp(scores) / np.exp(scores).sum(1, keepdims=True)
    v = np.random.default_rng(0).standard_normal((64, 10)).astype(np.float32)
    moved = X @ v
    expected = X.T @ (p * (moved - (p * moved).sum(1, keepdims=True))) / 20
    for mode, function in modes(loss, ops).items():
        [product] = function([weights], [ops.array(v)])
        if mode != "gradient":
            np.testing.assert_allclose(np.asarray(product), expected, rtol=1e-3, atol=1e-6)

"""Problems over the parameters of networks: the same in JAX and in PyTorch, and judged honestly."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.metrics import log_loss
from sklearn.neural_network import MLPClassifier

from benchmark_utils.judge import Judge
from benchmark_utils.numerics.value_function import value_function
from benchmark_utils.oracle import ORACLE_NAMES
from benchmark_utils.problems.data_cleaning_cnn import DataCleaningCnn
from benchmark_utils.problems.data_cleaning_mlp import DataCleaningMlp
from benchmark_utils.problems.jax_problem import JaxProblem
from helpers import (
    BENCHMARK,
    assert_blocks_average_to_the_full_batch,
    assert_frameworks_agree,
    logreg_data,
    make_problem,
    make_solver,
    run,
)

pytestmark = pytest.mark.slow


class Linear(JaxProblem):
    """``logreg`` with one penalty per feature, as a problem over pytrees."""

    strongly_convex = True
    most_together = 32

    def __init__(self, data):
        X, y, X_val, y_val = (data[f"{x}_{part}"] for part in ("train", "val") for x in "Xy")
        super().__init__(
            inner={"weight": np.zeros((1, X.shape[1]))},
            outer={"penalty": np.zeros(X.shape[1])},
            inner_samples=(X, y),
            outer_samples=(X_val, y_val),
        )

    def outer_loss(self, params, outer, batch):
        X, y = batch
        return jnp.logaddexp(0, -y * (X @ params["weight"][0]))

    def inner_loss(self, params, outer, batch):
        penalty = jnp.sum(jnp.exp(outer["penalty"]) * params["weight"] ** 2) / 2
        return self.outer_loss(params, outer, batch) + penalty


def torch_linear(data):
    """The same with a module of PyTorch."""
    torch = pytest.importorskip("torch")
    from benchmark_utils.problems.torch_problem import TorchProblem

    class TorchLinear(TorchProblem):
        strongly_convex = True
        most_together = 32

        def __init__(self, data):
            X, y, X_val, y_val = (data[f"{x}_{part}"] for part in ("train", "val") for x in "Xy")
            self.model = torch.nn.Linear(X.shape[1], 1, bias=False)
            super().__init__(
                inner=self.model,
                outer={"penalty": torch.zeros(X.shape[1])},
                inner_samples=(X, y),
                outer_samples=(X_val, y_val),
            )

        def outer_loss(self, params, outer, batch):
            X, y = batch
            margins = y * torch.func.functional_call(self.model, params, X)[:, 0]
            return torch.logaddexp(-margins, torch.zeros_like(margins))

        def inner_loss(self, params, outer, batch):
            penalty = (outer["penalty"].exp() * params["weight"] ** 2).sum() / 2
            return self.outer_loss(params, outer, batch) + penalty

    return TorchLinear(data)


@pytest.mark.parametrize("make", [Linear, torch_linear])
def test_a_linear_network_is_judged_as_logreg(make):
    network, kernels = make(logreg_data()), make_problem()
    lam = np.linspace(-2, 0, 5)
    start = np.zeros(5)
    for value, exact in zip(
        value_function(network, lam, start), value_function(kernels, lam, start), strict=True
    ):
        np.testing.assert_allclose(value, exact, rtol=1e-9)


class Kink(Linear):
    """With a hidden layer of rectifiers, whose slope is zero where theta is."""

    def outer_loss(self, params, outer, batch):
        X, y = batch
        return jnp.logaddexp(0, -y * jax.nn.relu(X @ params["weight"][0]))


def torch_kink(data):
    """The same in PyTorch."""
    torch = pytest.importorskip("torch")
    problem = torch_linear(data)

    def outer_loss(params, outer, batch):
        X, y = batch
        return -torch.nn.functional.logsigmoid(y * (X @ params["weight"][0]).relu())

    problem.outer_loss = outer_loss
    problem.functions = problem.derivatives()
    return problem


@pytest.mark.parametrize("make", [Kink, torch_kink])
def test_a_network_that_is_not_convex_and_says_it_is_gets_no_h(make):
    problem = make(logreg_data())
    [row] = Judge(problem).evaluate(problem.inner_var0, problem.outer_var0)
    assert np.isnan(row["value"])
    assert "set strongly_convex = False" in row["reason"]


def test_blocks_of_a_pytree_average_to_the_full_batch():
    theta, lam = np.linspace(-1, 1, 5), np.linspace(-2, 0, 5)
    assert_blocks_average_to_the_full_batch(Linear(logreg_data()), theta, lam, 16)


def images(n=24, m=16):
    rng = np.random.default_rng(0)
    return dict(
        X_train=rng.uniform(size=(n, 196)), y_train=np.arange(n) % 3,
        X_val=rng.uniform(size=(m, 196)), y_val=np.arange(m) % 3,
    )  # fmt: skip


CORRUPTED = np.arange(24) % 2 == 0
GIVEN = dict(corrupted=CORRUPTED, image_shape=(14, 14), ridge=0.01, seed=0)


@pytest.fixture(scope="module")
def cnn():
    return DataCleaningCnn(**images(), **GIVEN)


@pytest.fixture(scope="module")
def mlp():
    return DataCleaningMlp(**images(), **GIVEN, width=5)


@pytest.fixture(params=["cnn", "mlp"])
def network(request):
    return request.getfixturevalue(request.param)


def test_a_network_has_the_same_oracles_in_both_frameworks(network):
    pytest.importorskip("torch")
    rng = np.random.default_rng(1)
    theta = network.inner_var0 + 0.1 * rng.standard_normal(network.inner_dim)
    assert_frameworks_agree(network, theta, rng.uniform(-1, 1, network.outer_dim), 8)


def test_a_network_has_the_same_path_in_both_frameworks(network):
    pytest.importorskip("torch")
    jax, torch = (
        run(make_solver("SOBA", network, framework=framework, batch_size=8, eval_freq=5), 4)
        for framework in ("jax", "torch")
    )
    assert np.abs(jax["outer_var"] - network.outer_var0).max() > 1e-6
    for variable in ("inner_var", "outer_var"):
        np.testing.assert_allclose(torch[variable], jax[variable], rtol=1e-10, atol=1e-13)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_perceptron_is_that_of_scikit_learn(mlp):
    theta = mlp.inner_var0 + 0.1 * np.random.default_rng(1).standard_normal(mlp.inner_dim)
    layers = mlp.inner_tree(theta)
    reference = MLPClassifier((5,), activation="logistic", max_iter=1)
    reference.fit(*mlp.inner_samples[:2])
    reference.coefs_ = [layers[f"{name}.weight"].T for name in ("hidden", "linear")]
    reference.intercepts_ = [layers[f"{name}.bias"] for name in ("hidden", "linear")]
    X, y = mlp.outer_samples
    value, _ = mlp.outer_value_grad(theta, mlp.outer_var0)
    assert value == pytest.approx(log_loss(y, reference.predict_proba(X)), rel=1e-12)


def test_a_networks_own_theta_is_judged_and_h_is_not(cnn):
    objective = BENCHMARK.get_benchmark_objective().get_instance(problem="data_cleaning_cnn")
    objective.bilevel_problem, objective.optimum = cnn, None
    objective.get_objective()
    calls = dict.fromkeys(ORACLE_NAMES, 0)
    [row] = objective.evaluate_result(cnn.inner_var0, cnn.outer_var0, 0, calls, device="cpu")
    assert row["status"] == "not judged"
    assert np.isnan(row["value"])
    value, _ = cnn.outer_value_grad(cnn.inner_var0, cnn.outer_var0)
    assert row["outer_value"] == value
    assert row["inner_grad_norm"] > 0
    assert row["corruption_auc"] == 0.5
    assert 0 <= row["val_accuracy"] <= 1


def test_its_weights_are_shown_with_their_images(cnn):
    assert len(cnn.pictures(np.linspace(-1, 1, cnn.outer_dim))) > 0


def test_images_that_are_too_small_are_refused():
    reason = DataCleaningCnn.refuse(
        task="multiclass", image_shape=(8, 8), X_train=np.zeros((1, 64))
    )
    assert "image_shape=(8, 8) is too small" in reason

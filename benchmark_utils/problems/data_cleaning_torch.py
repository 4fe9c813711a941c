"""Data cleaning with networks in PyTorch: parameters have the names and shapes that JAX has."""

from torch import nn, sigmoid
from torch.func import functional_call
from torch.nn.functional import cross_entropy

from benchmark_utils.problems.torch_problem import TorchProblem


class Cnn(nn.Module):
    """Two convolutions and a linear layer.

    Parameters
    ----------
    params : dict of str to array
        The first parameters, which give the layers' sizes.
    """

    def __init__(self, params, stride=2):
        super().__init__()
        first, second, last = (params[f"{n}.weight"].shape for n in ("conv1", "conv2", "linear"))
        self.conv1 = nn.Conv2d(first[1], first[0], first[2:], stride)
        self.conv2 = nn.Conv2d(second[1], second[0], second[2:], stride)
        self.linear = nn.Linear(last[1], last[0])

    def forward(self, images):
        hidden = self.conv1(images[:, None]).tanh()
        hidden = self.conv2(hidden).tanh()
        return self.linear(hidden.flatten(1))


class Mlp(nn.Module):
    """Two linear layers, with sigmoids between them.

    Parameters
    ----------
    params : dict of str to array
        The first parameters, which give the layers' sizes.
    """

    def __init__(self, params):
        super().__init__()
        first, last = (params[f"{name}.weight"].shape for name in ("hidden", "linear"))
        self.hidden = nn.Linear(first[1], first[0])
        self.linear = nn.Linear(last[1], last[0])

    def forward(self, X):
        return self.linear(self.hidden(X).sigmoid())


class DataCleaningTorch(TorchProblem):
    """The problem in PyTorch.

    Parameters
    ----------
    ridge : float
    network : type
        One of the networks above.
    given : dict
        The starting points and samples, as ``TorchProblem`` takes them, in NumPy.
    """

    def __init__(self, ridge, network, given):
        self.ridge, self.network = ridge, network(given["inner"])
        super().__init__(**given)

    def inner_loss(self, params, outer, batch):
        X, labels, numbers = batch
        weights = sigmoid(outer["weights"][numbers])
        losses = cross_entropy(self.scores(params, outer, X), labels, reduction="none")
        squares = sum((param**2).sum() for param in params.values())
        return weights * losses + self.ridge / 2 * squares

    def outer_loss(self, params, outer, batch):
        X, labels = batch
        return cross_entropy(self.scores(params, outer, X), labels, reduction="none")

    def scores(self, params, outer, X):
        return functional_call(self.network, params, X)

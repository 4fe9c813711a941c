"""The losses of ``data_cleaning_cnn`` in PyTorch, with the same names and shapes of parameters."""

from torch import nn, sigmoid
from torch.func import functional_call
from torch.nn.functional import cross_entropy

from benchmark_utils.problems.torch_problem import TorchProblem


class Network(nn.Module):
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


class DataCleaningCnnTorch(TorchProblem):
    """The problem in PyTorch.

    Parameters
    ----------
    ridge : float
    given : dict
        The starting points and samples, as ``TorchProblem`` takes them, in NumPy.
    """

    def __init__(self, ridge, given):
        self.ridge, self.network = ridge, Network(given["inner"])
        super().__init__(**given)

    def inner_loss(self, params, outer, batch):
        images, labels, numbers = batch
        weights = sigmoid(outer["weights"][numbers])
        losses = cross_entropy(self.scores(params, outer, images), labels, reduction="none")
        squares = sum((param**2).sum() for param in params.values())
        return weights * losses + self.ridge / 2 * squares

    def outer_loss(self, params, outer, batch):
        images, labels = batch
        return cross_entropy(self.scores(params, outer, images), labels, reduction="none")

    def scores(self, params, outer, images):
        return functional_call(self.network, params, images)

import numpy as np

from benchmark_utils.data.dataset import BilevelDataset
from benchmark_utils.data.simulation import correlated_features, correlation_allowed
from benchmark_utils.data.splits import split
from benchmark_utils.validation import integer, number, too_large


class Dataset(BilevelDataset):
    """Binary classification with correlated Gaussian features, of decreasing weight.

    The features k and l of a sample have correlation ``correlation``^|k-l|. Labels come from a
    logistic model with weights (-1)^k 3 / k, k = 1, 2, ..., shifted such that a fraction
    ``positive_fraction`` is positive, and are then flipped with probability ``noise``.
    """

    name = "simulated"
    requirements = ["numpy"]

    parameters = {
        "n_samples": [4000],
        "n_features": [10],
        "correlation": [0.5],
        "noise": [0.05],
        "positive_fraction": [0.5],
    }
    allowed = {
        "n_samples": integer(20),
        "n_features": integer(1),
        "correlation": correlation_allowed,
        "noise": number(-1e-300, 0.5, description="a number from 0 to 0.5"),
        "positive_fraction": number(0, 0.999, description="a number between 0 and 1"),
    }
    test_parameters = {"n_samples": [200], "n_features": [5]}

    def refuse(self):
        names = "n_samples", "n_features"
        # Samples, and their copy in the order of the parts.
        return too_large(self, names, 2 * self.n_samples * self.n_features)

    def load(self, rng):
        X = correlated_features(self.n_samples, self.n_features, self.correlation, rng)
        rank = np.arange(1, self.n_features + 1)
        weights = (-1.0) ** rank * 3 / rank
        scores = X @ weights + rng.logistic(size=self.n_samples)
        y = np.where(scores > np.quantile(scores, 1 - self.positive_fraction), 1.0, -1.0)
        y[rng.uniform(size=self.n_samples) < self.noise] *= -1
        return dict(task="binary", **split(X, y, rng, stratify=True))

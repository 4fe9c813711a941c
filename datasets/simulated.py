import numpy as np
from benchopt import BaseDataset

from benchmark_utils.data.splits import split
from benchmark_utils.validation import integer, number, refusal


class Dataset(BaseDataset):
    """Binary classification with correlated Gaussian features, from the strongest to the weakest.

    The features k and l of a sample have correlation ``correlation``^|k-l|. Labels come from a
    logistic model with weights (-1)^k 3 / k, k = 1, 2, ..., shifted such that a part
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
        "correlation": number(-1e-300, 0.999, description="a number from 0 to 0.999"),
        "noise": number(-1e-300, 0.5, description="a number from 0 to 0.5"),
        "positive_fraction": number(0, 0.999, description="a number between 0 and 1"),
    }
    test_parameters = {"n_samples": [200], "n_features": [5]}

    def get_data(self):
        reason = refusal(self, self.allowed)
        if reason:
            return dict(unavailable=reason)
        rng = np.random.default_rng(self.get_seed())
        X = rng.standard_normal((self.n_samples, self.n_features))
        # An autoregression over the features.
        for k in range(1, self.n_features):
            innovation = np.sqrt(1 - self.correlation**2) * X[:, k]
            X[:, k] = self.correlation * X[:, k - 1] + innovation
        rank = np.arange(1, self.n_features + 1)
        weights = (-1.0) ** rank * 3 / rank
        scores = X @ weights + rng.logistic(size=self.n_samples)
        y = np.where(scores > np.quantile(scores, 1 - self.positive_fraction), 1.0, -1.0)
        y[rng.uniform(size=self.n_samples) < self.noise] *= -1
        return dict(task="binary", **split(X, y, rng, stratify=True))

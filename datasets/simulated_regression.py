import numpy as np

from benchmark_utils.data.dataset import BilevelDataset
from benchmark_utils.data.simulation import correlated_features, correlation_allowed
from benchmark_utils.data.splits import split
from benchmark_utils.validation import integer, positive, too_large


class Dataset(BilevelDataset):
    """Linear regression with correlated Gaussian features and sparse true weights.

    The features k and l of a sample have correlation ``correlation``^|k-l|. Of the true weights
    ``n_nonzero``, evenly spread, are alternately 1 and -1, and the others 0. The noise is Gaussian,
    with the norm of the signal divided by ``snr``. Half of the samples train, a quarter validates,
    a quarter tests.
    """

    name = "simulated_regression"
    requirements = ["numpy"]

    parameters = {
        "n_samples": [400],
        "n_features": [50],
        "n_nonzero": [5],
        "correlation": [0.5],
        "snr": [3.0],
    }
    allowed = {
        "n_samples": integer(8),
        "n_features": integer(1),
        "n_nonzero": integer(1),
        "correlation": correlation_allowed,
        "snr": positive,
    }
    test_parameters = {"n_samples": [80], "n_features": [6], "n_nonzero": [2]}

    def refuse(self):
        if self.n_nonzero > self.n_features:
            return (
                f"{self.name}: n_nonzero={self.n_nonzero} is larger than n_features="
                f"{self.n_features}; give at most that."
            )
        names = "n_samples", "n_features"
        return too_large(self, names, 2 * self.n_samples * self.n_features)

    def load(self, rng):
        X = correlated_features(self.n_samples, self.n_features, self.correlation, rng)
        weights = np.zeros(self.n_features)
        places = np.linspace(0, self.n_features, self.n_nonzero, endpoint=False).astype(int)
        weights[places] = (-1.0) ** np.arange(self.n_nonzero)
        signal, noise = X @ weights, rng.standard_normal(self.n_samples)
        noise *= np.linalg.norm(signal) / np.linalg.norm(noise) / self.snr
        return dict(task="regression", **split(X, signal + noise, rng, stratify=False))

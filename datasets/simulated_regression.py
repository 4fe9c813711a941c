import numpy as np
from benchopt import BaseDataset

from benchmark_utils.data.splits import split
from benchmark_utils.validation import integer, number, positive, refusal


class Dataset(BaseDataset):
    """Linear regression with correlated Gaussian features and a sparse truth.

    The features k and l of a sample have correlation ``correlation``^|k-l|. Of the true weights
    ``n_nonzero``, spread evenly, are 1 and -1 in turn, the others 0; the noise is Gaussian, with
    the norm of the signal divided by ``snr``. Half of the samples train, a quarter validates, a
    quarter tests.
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
        "correlation": number(-1e-300, 0.999, description="a number from 0 to 0.999"),
        "snr": positive,
    }
    test_parameters = {"n_samples": [80], "n_features": [6], "n_nonzero": [2]}

    def get_data(self):
        reason = refusal(self, self.allowed)
        if not reason and self.n_nonzero > self.n_features:
            reason = (
                f"{self.name}: n_nonzero={self.n_nonzero} is larger than n_features="
                f"{self.n_features}; give at most that."
            )
        if reason:
            return dict(unavailable=reason)
        rng = np.random.default_rng(self.get_seed())
        X = rng.standard_normal((self.n_samples, self.n_features))
        # An autoregression over the features.
        for k in range(1, self.n_features):
            innovation = np.sqrt(1 - self.correlation**2) * X[:, k]
            X[:, k] = self.correlation * X[:, k - 1] + innovation
        weights = np.zeros(self.n_features)
        places = np.linspace(0, self.n_features, self.n_nonzero, endpoint=False).astype(int)
        weights[places] = (-1.0) ** np.arange(self.n_nonzero)
        signal, noise = X @ weights, rng.standard_normal(self.n_samples)
        noise *= np.linalg.norm(signal) / np.linalg.norm(noise) / self.snr
        return dict(task="regression", **split(X, signal + noise, rng, stratify=False))

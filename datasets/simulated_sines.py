import numpy as np

from benchmark_utils.data.dataset import BilevelDataset, any_seed
from benchmark_utils.validation import integer, non_negative, too_large


class Dataset(BilevelDataset):
    """Regression on the sines of features.

    A sample's features x are random projections of ``n_latent`` independent Gaussian variables, of
    variance near 1. The target is sum_k w_k sin(3 x_k), with w Gaussian of variance 1/n_features,
    plus Gaussian noise of standard deviation ``noise``. There are ``n_samples`` training samples,
    400 for validation and 1,000 for testing.
    """

    name = "simulated_sines"
    requirements = ["numpy"]

    parameters = {
        "n_samples": [30],
        "n_features": [20],
        "n_latent": [5],
        "noise": [0.1],
        "seed": [0],
    }
    allowed = {
        "n_samples": integer(1),
        "n_features": integer(1),
        "n_latent": integer(1),
        "noise": non_negative,
        "seed": any_seed,
    }
    test_parameters = {"n_features": [6]}

    def refuse(self):
        names = "n_samples", "n_features", "n_latent"
        n_samples = self.n_samples + 1400
        n_numbers = n_samples * (self.n_latent + 3 * self.n_features)
        return too_large(self, names, n_numbers + self.n_latent * self.n_features)

    def load(self, rng):
        sizes = dict(train=self.n_samples, val=400, test=1000)
        projection = rng.standard_normal((self.n_latent, self.n_features)) / np.sqrt(self.n_latent)
        X = rng.standard_normal((sum(sizes.values()), self.n_latent)) @ projection
        weights = rng.standard_normal(self.n_features) / np.sqrt(self.n_features)
        y = np.sin(3 * X) @ weights + self.noise * rng.standard_normal(len(X))
        ends = np.cumsum([*sizes.values()])[:-1]
        parts = {
            name: dict(zip(sizes, np.split(array, ends), strict=True))
            for name, array in (("X", X), ("y", y))
        }
        return dict(
            task="regression",
            **{f"{name}_{part}": array for name, arrays in parts.items()
               for part, array in arrays.items()},
        )  # fmt: skip

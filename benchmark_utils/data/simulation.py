"""Features of the simulated datasets."""

import numpy as np

from benchmark_utils.validation import number

correlation_allowed = number(-1e-300, 0.999, description="a number from 0 to 0.999")

# Number of rows made at a time, which stay in the processor's cache.
CHUNK = 4096


def correlated_features(n_samples, n_features, correlation, rng):
    """Gaussian samples whose features k and l have correlation ``correlation``^|k-l|.

    Returns
    -------
    X : array, (n_samples, n_features)
    """
    X = rng.standard_normal((n_samples, n_features))
    # An autoregression over the features.
    for start in range(0, n_samples, CHUNK):
        rows = X[start : start + CHUNK]
        for k in range(1, n_features):
            innovation = np.sqrt(1 - correlation**2) * rows[:, k]
            rows[:, k] = correlation * rows[:, k - 1] + innovation
    return X

import numpy as np
from benchopt import BaseDataset
from sklearn.datasets import load_diabetes

from benchmark_utils.data.splits import split, standardise


class Dataset(BaseDataset):
    """Progression of diabetes: 442 samples, 10 features, shipped by scikit-learn.

    Half of the samples train, a quarter validates, a quarter tests; features and target are
    standardised with the mean and the standard deviation of the training part.
    """

    name = "diabetes"
    requirements = ["scikit-learn"]
    references = [
        "B. Efron, T. Hastie, I. Johnstone, R. Tibshirani, 'Least angle regression', Annals of "
        "Statistics 2004."
    ]

    def get_data(self):
        X, y = load_diabetes(return_X_y=True)
        rng = np.random.default_rng(self.get_seed())
        data = standardise(split(X, y, rng, stratify=False))
        mean, scale = data["y_train"].mean(), data["y_train"].std()
        targets = {part: (data[part] - mean) / scale for part in ("y_train", "y_val", "y_test")}
        return dict(task="regression", **data | targets)

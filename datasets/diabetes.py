from sklearn.datasets import load_diabetes

from benchmark_utils.data.dataset import BilevelDataset
from benchmark_utils.data.published import check
from benchmark_utils.data.splits import split, standardise


class Dataset(BilevelDataset):
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

    def load(self, rng):
        X, y = load_diabetes(return_X_y=True)
        check("diabetes", "whole", X, y, "install scikit-learn again")
        data = standardise(split(X, y, rng, stratify=False))
        mean, scale = data["y_train"].mean(), data["y_train"].std()
        targets = {part: (data[part] - mean) / scale for part in ("y_train", "y_val", "y_test")}
        return dict(task="regression", **data | targets)

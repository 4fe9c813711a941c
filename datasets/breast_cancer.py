from sklearn.datasets import load_breast_cancer

from benchmark_utils.data.dataset import BilevelDataset
from benchmark_utils.data.published import check
from benchmark_utils.data.splits import split, standardise


class Dataset(BilevelDataset):
    """Breast cancer Wisconsin (diagnostic): 569 samples, 30 features, shipped by scikit-learn.

    Half of the samples train, a quarter validates, a quarter tests; features are standardised with
    the mean and the standard deviation of the training part.
    """

    name = "breast_cancer"
    requirements = ["scikit-learn"]
    references = [
        "W. Street, W. Wolberg, O. Mangasarian, 'Nuclear feature extraction for breast tumor "
        "diagnosis', SPIE 1993."
    ]

    def load(self, rng):
        X, y = load_breast_cancer(return_X_y=True)
        check("breast_cancer", "whole", X, y, "install scikit-learn again")
        return dict(task="binary", **standardise(split(X, 2.0 * y - 1, rng, stratify=True)))

import numpy as np
from sklearn.datasets import fetch_covtype

from benchmark_utils.data.dataset import BilevelDataset
from benchmark_utils.data.downloads import load_by_scikit_learn
from benchmark_utils.data.splits import split, standardise
from benchmark_utils.validation import one_of


class Dataset(BilevelDataset):
    """Forest cover types: 581,012 samples, 54 features, seven classes, through scikit-learn.

    ``task="binary"`` separates the largest class, lodgepole pine, from all others. Half of the
    samples train, a quarter validates, a quarter tests; features are standardised with the mean and
    the standard deviation of the training part.
    """

    name = "covtype"
    requirements = ["scikit-learn"]
    references = [
        "J. Blackard, D. Dean, 'Comparative accuracies of artificial neural networks and "
        "discriminant analysis in predicting forest cover types', Computers and Electronics in "
        "Agriculture, 1999."
    ]

    parameters = {"task": ["multiclass"]}
    allowed = {"task": one_of("multiclass", "binary")}

    def load(self, rng):
        X, y = load_by_scikit_learn("covtype", fetch_covtype, return_X_y=True)
        # Cover types are numbered from 1; 2 is lodgepole pine.
        y = np.where(y == 2, 1.0, -1.0) if self.task == "binary" else y - 1
        return dict(task=self.task, **standardise(split(X, y, rng, stratify=True)))

import numpy as np
from scipy.sparse import csr_array
from sklearn.datasets import fetch_20newsgroups_vectorized
from sklearn.feature_extraction.text import TfidfTransformer

from benchmark_utils.data.dataset import BilevelDataset
from benchmark_utils.data.downloads import load_by_scikit_learn
from benchmark_utils.data.splits import split
from benchmark_utils.validation import one_of


class Dataset(BilevelDataset):
    """20 newsgroups: 18,846 texts, 130,107 words, twenty classes, through scikit-learn.

    Matrices are sparse: term frequencies times inverse document frequencies of the training part,
    each text of norm 1. ``task="binary"`` separates the first ten groups in alphabetical order from
    the last ten. Three quarters of the official training set train, a quarter validates, and the
    official test set tests.
    """

    name = "newsgroups"
    requirements = ["scikit-learn"]
    references = [
        "K. Lang, 'NewsWeeder: learning to filter netnews', ICML 1995.",
        "F. Pedregosa, 'Hyperparameter optimization with approximate gradient', ICML 2016 (one of "
        "its experiments).",
    ]

    parameters = {"task": ["multiclass"]}
    allowed = {"task": one_of("multiclass", "binary")}

    def load(self, rng):
        (X, y), (X_test, y_test) = (
            load_by_scikit_learn(
                "newsgroups", fetch_20newsgroups_vectorized, subset=subset, normalize=False,
                return_X_y=True,
            )
            for subset in ("train", "test")
        )  # fmt: skip
        data = split(X, y, rng, stratify=True, test_size=0)
        data |= dict(X_test=X_test, y_test=y_test)
        weigh = TfidfTransformer().fit(data["X_train"])
        for part in ("train", "val", "test"):
            data[f"X_{part}"] = csr_array(weigh.transform(data[f"X_{part}"]))
            if self.task == "binary":
                data[f"y_{part}"] = np.where(data[f"y_{part}"] < 10, -1.0, 1.0)
        return dict(task=self.task, **data)

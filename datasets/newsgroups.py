import numpy as np
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from benchmark_utils.data.dataset import BilevelDataset, any_seed
from benchmark_utils.data.downloads import load
from benchmark_utils.data.newsgroups import bodies, texts
from benchmark_utils.data.published import check
from benchmark_utils.data.splits import split
from benchmark_utils.validation import one_of


class Dataset(BilevelDataset):
    """20 newsgroups: 18,846 texts, 130,107 words, twenty classes, through scikit-learn.

    Matrices are sparse: term frequencies times inverse document frequencies of the training part,
    each text of norm 1. ``task="binary"`` separates the first ten groups in alphabetical order from
    the last ten. Three quarters of the official training set train, a quarter validates, and the
    official test set tests.

    With ``protocol="papers"`` texts are without headers, footers and quotes, which leaves 101,631
    words, and matrices are term frequencies only. Half of the training set, 5,657 texts, train, and
    as many validate, with the classes in the same proportions, as in the code of Grazzi et al.
    ``protocol="papers_whole"`` is the same with whole texts, as in the code of Ji et al.
    """

    name = "newsgroups"
    requirements = ["scikit-learn"]
    references = [
        "K. Lang, 'NewsWeeder: learning to filter netnews', ICML 1995.",
        "F. Pedregosa, 'Hyperparameter optimization with approximate gradient', ICML 2016 (one of "
        "its experiments).",
        "R. Grazzi, L. Franceschi, M. Pontil, S. Salzo, 'On the iteration complexity of "
        "hypergradient computation', ICML 2020 (for the protocol).",
        "K. Ji, J. Yang, Y. Liang, 'Bilevel optimization: convergence analysis and enhanced "
        "design', ICML 2021 (for the same with whole texts).",
    ]

    parameters = {
        "task": ["multiclass"],
        "protocol": ["suite"],
        "verify": [True],
        "seed": [0],
    }
    allowed = {
        "task": one_of("multiclass", "binary"),
        "protocol": one_of("suite", "papers", "papers_whole"),
        "verify": one_of(True, False),
        "seed": any_seed,
    }

    def load(self, rng):
        advice = (
            "Connect to the network once, or set SCIKIT_LEARN_DATA to a folder in which "
            "scikit-learn has kept it."
        )
        parts = load("newsgroups", "scikit-learn's cache or the network", advice, texts)
        counter = CountVectorizer(dtype=np.int16)
        (train, y), (test, y_test) = parts["training"], parts["test"]
        words = ""
        if self.protocol == "papers":
            train, test, words = bodies(train), bodies(test), ", bodies only"
        X, X_test = counter.fit_transform(train), counter.transform(test)
        if self.verify:
            check("newsgroups", f"training{words}", X, y)
            check("newsgroups", f"test{words}", X_test, y_test)
        of_suite = self.protocol == "suite"
        val_size = 0.25 if of_suite else 0.5
        data = split(X, y, rng, stratify=True, val_size=val_size, test_size=0)
        data |= dict(X_test=X_test, y_test=y_test)
        weigh = TfidfTransformer(use_idf=of_suite).fit(data["X_train"])
        for part in ("train", "val", "test"):
            data[f"X_{part}"] = csr_array(weigh.transform(data[f"X_{part}"]))
            if self.task == "binary":
                data[f"y_{part}"] = np.where(data[f"y_{part}"] < 10, -1.0, 1.0)
        return dict(task=self.task, **data)

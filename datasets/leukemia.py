import numpy as np

from benchmark_utils.data.dataset import BilevelDataset
from benchmark_utils.data.libsvm import fetch
from benchmark_utils.data.splits import split


class Dataset(BilevelDataset):
    """Leukemia, from LIBSVM: the expression of 7,129 genes in 38 patients, labels -1 and 1.

    A regression on the labels with far more features than samples. A stratified third of the
    samples validates, and there is no test part. The files are kept in libsvmdata's cache, which
    the variable LIBSVMDATA_HOME can move.
    """

    name = "leukemia"
    requirements = ["pip::libsvmdata", "scikit-learn"]
    references = [
        "T. Golub et al., 'Molecular classification of cancer: class discovery and class "
        "prediction by gene expression monitoring', Science 1999.",
        "C.-C. Chang, C.-J. Lin, 'LIBSVM: a library for support vector machines', 2011.",
    ]

    def load(self, rng):
        X, y = fetch("leukemia")
        # libsvmdata centres and scales the labels; the split is stratified by their signs.
        classes = np.sign(y)
        return dict(
            task="regression", **split(X, classes, rng, stratify=True, val_size=1 / 3, test_size=0)
        )

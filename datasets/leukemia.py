from benchmark_utils.data.dataset import BilevelDataset
from benchmark_utils.data.libsvm import fetch
from benchmark_utils.data.splits import split
from benchmark_utils.validation import one_of


class Dataset(BilevelDataset):
    """Leukemia, from LIBSVM: the expression of 7,129 genes in 38 patients, labels -1 and 1.

    A regression on the labels with far more features than samples. A stratified third of the
    samples validates, and there is no test part. The files are kept in libsvmdata's cache, which
    the variable LIBSVMDATA_HOME can move. Data that are not as published are refused;
    ``verify=False`` takes them.
    """

    name = "leukemia"
    requirements = ["pip::libsvmdata", "scikit-learn"]
    references = [
        "T. Golub et al., 'Molecular classification of cancer: class discovery and class "
        "prediction by gene expression monitoring', Science 1999.",
        "C.-C. Chang, C.-J. Lin, 'LIBSVM: a library for support vector machines', 2011.",
    ]

    parameters = {"verify": [True]}
    allowed = {"verify": one_of(True, False)}

    def load(self, rng):
        X, y = fetch("leukemia", verify=self.verify)
        parts = split(X, y, rng, stratify=True, val_size=1 / 3, test_size=0)
        return dict(task="regression", **parts)

from tempfile import TemporaryDirectory

import numpy as np
from benchopt.config import get_data_path
from sklearn.datasets import fetch_covtype

from benchmark_utils.data.dataset import BilevelDataset
from benchmark_utils.data.door import matrix, vector
from benchmark_utils.data.downloads import into, load
from benchmark_utils.data.published import check
from benchmark_utils.data.splits import split, standardise
from benchmark_utils.validation import one_of


class Dataset(BilevelDataset):
    """Forest cover types: 581,012 samples, 54 features, seven classes, through scikit-learn.

    ``task="binary"`` separates the largest class, lodgepole pine, from all others. Half of the
    samples train, a quarter validates, a quarter tests; features are standardised with the mean and
    the standard deviation of the training part. The samples are kept in benchopt's data path for
    covtype, ``data/covtype`` here. Those that are not as published are refused; ``verify=False``
    takes them.
    """

    name = "covtype"
    requirements = ["scikit-learn"]
    references = [
        "J. Blackard, D. Dean, 'Comparative accuracies of artificial neural networks and "
        "discriminant analysis in predicting forest cover types', Computers and Electronics in "
        "Agriculture, 1999."
    ]

    parameters = {"task": ["multiclass"], "verify": [True]}
    allowed = {"task": one_of("multiclass", "binary"), "verify": one_of(True, False)}

    def load(self, rng):
        path = get_data_path("covtype") / "covtype.npz"
        advice = f"Connect to the network once; it is then kept as {path}, with arrays X and y."
        X, y = load("covtype", "its file or the network", advice, kept_samples, path)
        if self.verify:
            check("covtype", "whole", X, y)
        # Cover types are numbered from 1; 2 is lodgepole pine.
        y = np.where(y == 2, 1.0, -1.0) if self.task == "binary" else y - 1
        return dict(task=self.task, **standardise(split(X, y, rng, stratify=True)))


def kept_samples(path):
    """Samples and cover types from this file, which is made first if there is none.

    scikit-learn checks the SHA-256 of what it downloads, but keeps a pickle, which may run any code
    when it is loaded.
    """
    if not path.exists():
        with into(path.parent) as temporary, TemporaryDirectory() as data_home:
            X, y = fetch_covtype(data_home=data_home, return_X_y=True)
            np.savez_compressed(temporary / path.name, X=X, y=y)
    with np.load(path) as arrays:
        return matrix("X", arrays["X"]), vector("covtype", "y", arrays["y"])

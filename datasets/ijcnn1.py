import numpy as np
from benchopt import BaseDataset

from benchmark_utils.libsvm import Unavailable, fetch
from benchmark_utils.splits import split
from benchmark_utils.validation import one_of, refusal


class Dataset(BaseDataset):
    """IJCNN1, from LIBSVM: 49,990 training samples, 22 features.

    ``validation="test"`` validates on the official test set (91,701 samples), as the papers do;
    ``"holdout"`` on a stratified quarter of the training set, which downloads half as much. The
    files are kept in libsvmdata's cache, which the variable LIBSVMDATA_HOME can move.
    """

    name = "ijcnn1"
    requirements = ["pip::libsvmdata", "scikit-learn"]
    references = [
        "D. Prokhorov, 'IJCNN 2001 neural network competition', 2001.",
        "C.-C. Chang, C.-J. Lin, 'LIBSVM: a library for support vector machines', 2011.",
    ]

    parameters = {"validation": ["test"]}
    allowed = {"validation": one_of("test", "holdout")}
    test_parameters = {"validation": ["holdout"]}

    def get_data(self):
        reason = refusal(self, self.allowed)
        if reason:
            return dict(unavailable=reason)
        try:
            X, y = fetch("ijcnn1")
            if self.validation == "holdout":
                rng = np.random.default_rng(self.get_seed())
                return dict(task="binary", **split(X, y, rng, stratify=True, test_size=0))
            X_val, y_val = fetch("ijcnn1_test")
        except Unavailable as reason:
            return dict(unavailable=str(reason))
        return dict(task="binary", X_train=X, y_train=y, X_val=X_val, y_val=y_val)

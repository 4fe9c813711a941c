from benchmark_utils.data.dataset import BilevelDataset
from benchmark_utils.data.libsvm import binary_data
from benchmark_utils.validation import one_of


class Dataset(BilevelDataset):
    """IJCNN1, from LIBSVM: 49,990 training samples, 22 features.

    ``validation="test"`` validates on the official test set (91,701 samples), as the papers do;
    ``"holdout"`` on a stratified quarter of the training set, which downloads half as much. The
    files are kept in libsvmdata's cache, which the variable LIBSVMDATA_HOME can move. Data that
    are not as published are refused; ``verify=False`` takes them.
    """

    name = "ijcnn1"
    requirements = ["pip::libsvmdata", "scikit-learn"]
    references = [
        "D. Prokhorov, 'IJCNN 2001 neural network competition', 2001.",
        "C.-C. Chang, C.-J. Lin, 'LIBSVM: a library for support vector machines', 2011.",
    ]

    parameters = {"validation": ["test"], "verify": [True]}
    allowed = {"validation": one_of("test", "holdout"), "verify": one_of(True, False)}
    test_parameters = {"validation": ["holdout"]}

    def load(self, rng):
        return binary_data("ijcnn1", self.validation, rng, self.verify)

from benchmark_utils.data.dataset import BilevelDataset, any_seed
from benchmark_utils.data.libsvm import BINARY, binary_data
from benchmark_utils.validation import one_of


class Dataset(BilevelDataset):
    """A binary classification from LIBSVM, by its name there.

    ``dataset`` is the name, such as ``a9a``, ``w8a``, ``rcv1.binary``, ``real-sim``,
    ``news20.binary``, ``covtype.binary`` or ``epsilon``. ``validation="test"`` validates on the
    official test set, if there is one; ``"holdout"`` on a stratified quarter of the training set.
    Matrices with less than half of their entries non-zero are sparse. The files are kept in
    libsvmdata's cache, which the variable LIBSVMDATA_HOME can move. Data that differ from what is
    published of them are refused; ``verify=False`` takes them.
    """

    name = "libsvm"
    requirements = ["pip::libsvmdata", "scikit-learn"]
    references = ["C.-C. Chang, C.-J. Lin, 'LIBSVM: a library for support vector machines', 2011."]

    parameters = {"dataset": ["a9a"], "validation": ["test"], "verify": [True], "seed": [0]}
    allowed = {
        "dataset": one_of(*BINARY),
        "validation": one_of("test", "holdout"),
        "verify": one_of(True, False),
        "seed": any_seed,
    }
    test_parameters = {"validation": ["holdout"]}

    def load(self, rng):
        return binary_data(self.dataset, self.validation, rng, self.verify)

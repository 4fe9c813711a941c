from sklearn.datasets import load_digits

from benchmark_utils.data.dataset import BilevelDataset
from benchmark_utils.data.label_noise import corrupt, corruption_allowed
from benchmark_utils.data.published import check
from benchmark_utils.data.splits import split
from benchmark_utils.validation import any_of, integer, one_of


class Dataset(BilevelDataset):
    """Handwritten digits: 1,797 images of 8 x 8 pixels in ten classes, shipped by scikit-learn.

    Half of the samples, or only ``n_train`` of them, train, a quarter validates, a quarter tests;
    pixels are from 0 to 1. Each training label is replaced by a random other class with probability
    ``corruption``; the mask ``corrupted`` marks these.
    """

    name = "digits"
    requirements = ["scikit-learn"]
    references = [
        "E. Alpaydin, C. Kaynak, 'Optical recognition of handwritten digits', UCI Machine Learning "
        "Repository, 1998."
    ]

    parameters = {"corruption": [0.0], "n_train": ["all"]}
    allowed = {
        "corruption": corruption_allowed,
        "n_train": any_of(integer(100, 898), one_of("all")),
    }

    def load(self, rng):
        X, y = load_digits(return_X_y=True)
        check("digits", "whole", X, y, "install scikit-learn again")
        data = split(X / 16, y, rng, stratify=True)
        if self.n_train != "all":
            data |= {name: data[name][: self.n_train] for name in ("X_train", "y_train")}
        return dict(task="multiclass", image_shape=(8, 8), **corrupt(data, self.corruption, rng))

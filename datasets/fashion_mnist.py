from pathlib import Path

from benchopt.config import get_data_path
from sklearn.datasets import fetch_openml

from benchmark_utils.data.dataset import BilevelDataset
from benchmark_utils.data.downloads import load
from benchmark_utils.data.idx import read_idx
from benchmark_utils.data.label_noise import corrupt, corruption_allowed
from benchmark_utils.data.published import check
from benchmark_utils.validation import integer, one_of

N_TRAIN = 60_000
PREFIXES = {"training": "train", "test": "t10k"}
# Debian's package dataset-fashion-mnist.
DEBIAN = Path("/usr/share/datasets/fashion-mnist")


class Dataset(BilevelDataset):
    """Fashion-MNIST: pictures of clothes of 28 x 28 pixels in ten classes, pixels from 0 to 1.

    Of the 60,000 training images ``n_train``, drawn at random, train, and ``n_val`` others
    validate; the 10,000 test images test. The default sizes are those with which papers on data
    cleaning split MNIST. Each training label is replaced by a random other class with probability
    ``corruption``; the mask ``corrupted`` marks these.

    The published files, such as train-images-idx3-ubyte or the same with .gz, are read from
    benchopt's data path for fashion-mnist (``data/fashion-mnist`` here, unless ``data_home`` or
    ``data_paths`` say otherwise), or from where Debian's package dataset-fashion-mnist puts them;
    if there are none, the images are downloaded from OpenML, as scikit-learn does. Images and
    labels that are not as published are refused; ``verify=False`` takes them.
    """

    name = "fashion_mnist"
    requirements = ["scikit-learn"]
    references = [
        "H. Xiao, K. Rasul, R. Vollgraf, 'Fashion-MNIST: a novel image dataset for benchmarking "
        "machine learning algorithms', arXiv:1708.07747, 2017."
    ]

    parameters = {"n_train": [5_000], "n_val": [5_000], "corruption": [0.0], "verify": [True]}
    allowed = {
        "n_train": integer(10, N_TRAIN - 1),
        "n_val": integer(1, N_TRAIN - 1),
        "corruption": corruption_allowed,
        "verify": one_of(True, False),
    }
    test_parameters = {"n_train": [200], "n_val": [200]}

    def refuse(self):
        if self.n_train + self.n_val > N_TRAIN:
            return (
                f"{self.name}: n_train={self.n_train} and n_val={self.n_val} are more than the "
                f"{N_TRAIN:,} training images; give fewer."
            )
        return None

    def load(self, rng):
        images, labels = self.images_and_labels("training")
        order = rng.permutation(N_TRAIN)
        parts = dict(
            train=order[: self.n_train], val=order[self.n_train : self.n_train + self.n_val]
        )
        data = {f"y_{part}": labels[rows] for part, rows in parts.items()}
        data |= {f"X_{part}": images[rows] / 255 for part, rows in parts.items()}
        images, labels = self.images_and_labels("test")
        data |= dict(X_test=images / 255, y_test=labels)
        return dict(task="multiclass", image_shape=(28, 28), **corrupt(data, self.corruption, rng))

    def images_and_labels(self, part):
        """The images of a part, (n, 784) bytes, and their labels."""
        images, labels = read_or_download(part)
        if self.verify:
            check("fashion_mnist", part, images, labels)
        return images, labels


def read_or_download(part):
    """The 60,000 images of ``"training"`` or the 10,000 of ``"test"``, and their labels."""
    own = get_data_path("fashion-mnist")
    folder = next((path for path in (own, DEBIAN) if list(path.glob("*-ubyte*"))), own)
    paths = [folder / f"{PREFIXES[part]}-{kind}-ubyte" for kind in ("images-idx3", "labels-idx1")]
    advice = (
        f"Connect to the network, or put {paths[0].name} and {paths[1].name}, or the same with "
        f".gz, into {own}; benchopt's data_home or data_paths name another folder."
    )
    if list(folder.glob("*-ubyte*")):
        images, labels = (
            load("fashion_mnist", folder, advice, read_idx, path, n_dims)
            for path, n_dims in zip(paths, (3, 1), strict=True)
        )
        images = images.reshape(len(images), -1)
    else:
        images, labels = load(
            "fashion_mnist", "OpenML", advice, fetch_openml, data_id=40996, as_frame=False,
            return_X_y=True,
        )  # fmt: skip
        rows = slice(0, N_TRAIN) if part == "training" else slice(N_TRAIN, None)
        images, labels = images[rows], labels[rows]
    return images, labels.astype(int)

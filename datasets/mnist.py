from benchopt.config import get_data_path
from sklearn.datasets import fetch_openml

from benchmark_utils.data.dataset import BilevelDataset
from benchmark_utils.data.downloads import load
from benchmark_utils.data.idx import read_idx
from benchmark_utils.data.label_noise import corrupt, corruption_allowed
from benchmark_utils.data.published import check
from benchmark_utils.data.splits import split
from benchmark_utils.validation import one_of

PREFIXES = {"training": "train", "test": "t10k"}


class Dataset(BilevelDataset):
    """MNIST: handwritten digits of 28 x 28 pixels in ten classes, with pixels from 0 to 1.

    With ``images="train"`` three quarters of the 60,000 training images train, a quarter validates,
    and the 10,000 test images test. With ``"test"`` there are only these 10,000: half of them
    train, a quarter validates, a quarter tests. Each training label is replaced by a random other
    class with probability ``corruption``; the mask ``corrupted`` marks these.

    The published files, such as train-images-idx3-ubyte or the same with .gz, are read from
    benchopt's data path for mnist (``data/mnist`` here, unless ``data_home`` or ``data_paths`` say
    otherwise); missing files are downloaded from OpenML, as scikit-learn does. Images and labels
    that are not as published are refused; ``verify=False`` takes them.
    """

    name = "mnist"
    requirements = ["scikit-learn"]
    references = [
        "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, 'Gradient-based learning applied to document "
        "recognition', Proceedings of the IEEE, 1998."
    ]

    parameters = {"images": ["train"], "corruption": [0.0], "verify": [True]}
    allowed = {
        "images": one_of("train", "test"),
        "corruption": corruption_allowed,
        "verify": one_of(True, False),
    }
    test_parameters = {"images": ["test"]}

    def load(self, rng):
        if self.images == "test":
            images, labels, shape = self.images_and_labels("test")
            data = split(images, labels, rng, stratify=True)
        else:
            images, labels, shape = self.images_and_labels("training")
            data = split(images, labels, rng, stratify=True, test_size=0)
            data["X_test"], data["y_test"], _ = self.images_and_labels("test")
        return dict(task="multiclass", image_shape=shape, **corrupt(data, self.corruption, rng))

    def images_and_labels(self, part):
        """The images of a part with pixels from 0 to 1, their labels, and the shape of an image."""
        images, labels = read_or_download(part)
        shape = images.shape[1:]
        images = images.reshape(len(images), -1)
        if self.verify:
            check("mnist", part, images, labels)
        return images / 255, labels, shape


def read_or_download(part):
    """The 60,000 images of ``"training"`` or the 10,000 of ``"test"``, and their labels."""
    folder = get_data_path("mnist")
    paths = [folder / f"{PREFIXES[part]}-{kind}-ubyte" for kind in ("images-idx3", "labels-idx1")]
    advice = (
        f"Connect to the network, or put {paths[0].name} and {paths[1].name}, or the same with "
        f".gz, into {folder}; benchopt's data_home or data_paths name another folder."
    )
    if list(folder.glob(f"{PREFIXES[part]}-*")):
        images, labels = (
            load("mnist", folder, advice, read_idx, path, n_dims)
            for path, n_dims in zip(paths, (3, 1), strict=True)
        )
        return images, labels.astype(int)
    images, labels = load(
        "mnist", "OpenML", advice, fetch_openml, data_id=554, as_frame=False, return_X_y=True
    )
    rows = slice(0, 60_000) if part == "training" else slice(60_000, None)
    return images[rows].reshape(-1, 28, 28), labels[rows].astype(int)

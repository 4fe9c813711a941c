"""Datasets of more than two classes: MNIST's files, and what scikit-learn downloads."""

import codecs
import gzip
import os
import pickle
import sys
from pathlib import Path

import joblib
import numpy as np
import pytest
from scipy.sparse import issparse
from sklearn.datasets import fetch_20newsgroups
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.preprocessing import normalize
from sklearn.utils import Bunch

from benchmark_utils.data import newsgroups
from benchmark_utils.data.idx import read_idx
from benchmark_utils.problems import get_problem
from helpers import component, get_data, raw_data

# The folder of libsvmdata's cache may also have MNIST.
DATA_HOME = os.environ.get("LIBSVMDATA_HOME")


def replace_loader(monkeypatch, name, loader, replacement):
    monkeypatch.setattr(sys.modules[component("dataset", name).__module__], loader, replacement)


def no_network(*args, **options):
    raise OSError("Name or service not known")


def idx_bytes(array):
    shape = np.array(array.shape, ">i4").tobytes()
    return b"\0\0\x08" + bytes([array.ndim]) + shape + array.astype(np.uint8).tobytes()


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_idx_files_are_read_with_their_shape(tmp_path, suffix):
    array = np.arange(24).reshape(2, 3, 4)
    content = idx_bytes(array)
    (tmp_path / f"some{suffix}").write_bytes(gzip.compress(content) if suffix else content)
    np.testing.assert_array_equal(read_idx(tmp_path / "some", 3), array)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\x89PNG", "some is not an IDX file of bytes in 1 dimensions"),
        (idx_bytes(np.zeros((4, 6))), "some is not an IDX file of bytes in 1 dimensions"),
        (idx_bytes(np.arange(24))[:-1], "cannot reshape"),
        (idx_bytes(np.arange(24)) + b"0", "cannot reshape"),
        (idx_bytes(np.arange(0)), r"some has the shape \(0,\), that is, nothing"),
        (b"\0\0\x08\1\xff\xff\xff\xff0", "cannot reshape"),
    ],
)
def test_what_is_no_whole_idx_file_is_refused(tmp_path, content, words):
    (tmp_path / "some").write_bytes(content)
    with pytest.raises(ValueError, match=words):
        read_idx(tmp_path / "some", 1)


@pytest.fixture
def mnist_folder(tmp_path, monkeypatch):
    """A benchopt data home with 40 training and 40 test images of 2 x 3 pixels."""
    monkeypatch.setenv("BENCHOPT_DATA_HOME", str(tmp_path))
    folder = tmp_path / "mnist"
    folder.mkdir()
    labels = np.arange(40) % 5
    for prefix, offset in (("train", 0), ("t10k", 100)):
        images = offset + labels[:, None, None] + np.zeros((40, 2, 3))
        (folder / f"{prefix}-images-idx3-ubyte").write_bytes(idx_bytes(images))
        (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(idx_bytes(labels))
    return folder


def test_mnist_is_read_from_benchopts_data_path(mnist_folder):
    data = get_data("mnist", verify=False)
    shapes = {name: value.shape for name, value in data.items() if name.startswith("X_")}
    assert shapes == {"X_train": (30, 6), "X_val": (10, 6), "X_test": (40, 6)}
    for part, offset in (("train", 0), ("val", 0), ("test", 100)):
        np.testing.assert_allclose(data[f"X_{part}"][:, 0] * 255, offset + data[f"y_{part}"])
    assert data["image_shape"] == (2, 3)
    halves = get_data("mnist", images="test", corruption=0.5, verify=False)
    assert halves["X_train"].shape == (20, 6)
    assert halves["X_val"].shape == halves["X_test"].shape == (10, 6)
    assert halves["corrupted"].any()


def test_a_damaged_file_of_mnist_says_what_to_do(mnist_folder):
    (mnist_folder / "train-labels-idx1-ubyte").write_bytes(b"\0\0\x08\x01")
    assert raw_data("mnist")["unavailable"] == (
        f"mnist could not be loaded from {mnist_folder} (ValueError: buffer is smaller than "
        "requested size). Connect to the network, or put train-images-idx3-ubyte and "
        "train-labels-idx1-ubyte, or the same with .gz, into "
        f"{mnist_folder}; benchopt's data_home or data_paths name another folder."
    )


def test_mnist_without_files_is_openmls_whose_last_rows_are_the_test_set(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCHOPT_DATA_HOME", str(tmp_path))
    labels = np.arange(60_040) % 10
    rows = np.broadcast_to(labels[:, None].astype(np.uint8), (60_040, 784))

    def fetch_openml(**options):
        assert options == dict(data_id=554, as_frame=False, return_X_y=True)
        return rows, labels.astype(str)

    replace_loader(monkeypatch, "mnist", "fetch_openml", fetch_openml)
    assert "mnist: the training part is not as published" in raw_data("mnist")["unavailable"]
    data = raw_data("mnist", verify=False)
    assert [len(data[f"y_{part}"]) for part in ("train", "val", "test")] == [45_000, 15_000, 40]
    np.testing.assert_array_equal(data["y_test"], labels[60_000:])


def test_the_test_images_of_mnist_train_where_they_are_all_there_is(monkeypatch):
    if DATA_HOME is None or not list(Path(DATA_HOME).glob("mnist/t10k-*")):
        pytest.skip("There are no files of MNIST's test set in mnist below LIBSVMDATA_HOME.")
    monkeypatch.setenv("BENCHOPT_DATA_HOME", DATA_HOME)
    data = get_data("mnist", images="test", corruption=0.5)
    assert data["X_train"].shape == (5_000, 784)
    assert data["X_test"].shape == (2_500, 784)
    assert data["image_shape"] == (28, 28)
    # MNIST's test set has 980 zeros, 1,135 ones, ...
    assert np.bincount(data["y_val"])[:2].tolist() == [245, 284]
    assert np.mean(data["corrupted"]) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("fashion", "it has 3,920,817 non-zero entries where 1,511,219 are published"),
        ("header", "it has 20,000 samples and 10,000 labels"),
        ("pixel", "its samples have the SHA-256 "),
        ("labels", "its labels have the SHA-256 "),
    ],
)
def test_other_images_under_the_name_of_mnist_are_refused(tmp_path, monkeypatch, damage, words):
    names = [f"t10k-{kind}-ubyte" for kind in ("images-idx3", "labels-idx1")]
    if DATA_HOME is None or not (Path(DATA_HOME) / "fashion-mnist").exists():
        pytest.skip("There are no files of MNIST and FashionMNIST below LIBSVMDATA_HOME.")
    images, labels = (
        gzip.decompress((Path(DATA_HOME) / "mnist" / f"{name}.gz").read_bytes()) for name in names
    )
    if damage == "fashion":
        other = Path(DATA_HOME) / "fashion-mnist" / f"{names[0]}.gz"
        images = gzip.decompress(other.read_bytes())
    elif damage == "header":
        images = images[:4] + np.array([20_000, 14, 28], ">i4").tobytes() + images[16:]
    elif damage == "pixel":
        place = images.index(b"\xfe", 5000)
        images = images[:place] + b"\xfd" + images[place + 1 :]
    else:
        labels = labels[:8] + labels[8:][::-1]
    folder = tmp_path / "mnist"
    folder.mkdir()
    for name, content in zip(names, (images, labels), strict=True):
        (folder / name).write_bytes(content)
    monkeypatch.setenv("BENCHOPT_DATA_HOME", str(tmp_path))
    reason = raw_data("mnist", images="test")["unavailable"]
    assert reason.startswith(f"mnist: the test part is not as published: {words}")


def forest(data_home, return_X_y):
    rng = np.random.default_rng(0)
    return rng.standard_normal((280, 3)), np.arange(280) % 7 + 1


def test_covtype_counts_its_classes_from_zero_or_tells_the_second_from_the_rest(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("BENCHOPT_DATA_HOME", str(tmp_path))
    replace_loader(monkeypatch, "covtype", "fetch_covtype", forest)
    assert "it has 280 samples where 581,012 are published" in raw_data("covtype")["unavailable"]
    assert [path.name for path in (tmp_path / "covtype").iterdir()] == ["covtype.npz"]
    # From here on from the file.
    replace_loader(monkeypatch, "covtype", "fetch_covtype", no_network)
    data = get_data("covtype", verify=False)
    np.testing.assert_allclose(data["X_train"].mean(axis=0), 0, atol=1e-12)
    assert np.unique(data["y_train"]).tolist() == list(range(7))
    assert get_problem("multinomial_logreg").refuse(**data) is None
    binary = get_data("covtype", task="binary", verify=False)
    assert np.mean(binary["y_train"] == 1) == pytest.approx(1 / 7)
    assert get_problem("logreg").refuse(**binary) is None


def texts():
    """Each text of the training part has the word `all`; twenty groups."""
    rng = np.random.default_rng(0)
    words = np.array([f"word{number}" for number in range(30)])

    def part(start):
        return [" ".join([start, *rng.choice(words, 20)]) for _ in range(200)], np.arange(200) % 20

    return dict(training=part("all"), test=part("none"))


def test_newsgroups_are_sparse_and_weighted_by_the_frequencies_of_the_training_part(monkeypatch):
    replace_loader(monkeypatch, "newsgroups", "texts", texts)
    assert "200 samples where 11,314 are" in raw_data("newsgroups")["unavailable"]
    data = get_data("newsgroups", verify=False)
    for part, n_texts in (("train", 150), ("val", 50), ("test", 200)):
        X = data[f"X_{part}"]
        assert issparse(X)
        assert X.format == "csr"
        assert X.shape == (n_texts, 31)
        np.testing.assert_allclose(X.power(2).sum(axis=1), 1, rtol=1e-12)
    # scikit-learn's inverse document frequency is 1 + log((1 + texts) / (1 + texts with the word)).
    frequency = (data["X_train"] > 0).sum(axis=0)
    counter = CountVectorizer().fit(texts()["training"][0])
    expected = counter.transform(texts()["test"][0]).toarray()
    expected = expected * (1 + np.log(151 / (1 + frequency)))
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(data["X_test"].toarray(), expected, rtol=1e-12)
    binary = get_data("newsgroups", task="binary", verify=False)
    np.testing.assert_array_equal(binary["y_test"], np.where(np.arange(200) % 20 < 10, -1, 1))


def test_the_papers_newsgroups_have_no_headers_and_half_of_the_training_set_each(monkeypatch):
    parts = {
        name: (
            [
                f"From: sender{i}\n\n> quoted{i}\n{text}\n\n--\nsigned{i}"
                for i, text in enumerate(data)
            ],
            target,
        )
        for name, (data, target) in texts().items()
    }
    replace_loader(monkeypatch, "newsgroups", "texts", lambda: parts)
    assert (
        "200 samples where 11,314 are" in raw_data("newsgroups", protocol="papers")["unavailable"]
    )
    data = get_data("newsgroups", protocol="papers", verify=False)
    n_words = len(CountVectorizer().fit(texts()["training"][0]).vocabulary_)
    for part, n_texts in (("train", 100), ("val", 100), ("test", 200)):
        assert data[f"X_{part}"].shape == (n_texts, n_words)
        assert set(np.bincount(data[f"y_{part}"])) == {n_texts // 20}
    counts = CountVectorizer().fit(texts()["training"][0]).transform(texts()["test"][0])
    np.testing.assert_allclose(data["X_test"].toarray(), normalize(counts).toarray(), rtol=1e-12)
    whole = get_data("newsgroups", protocol="papers_whole", verify=False)
    assert whole["X_train"].shape == (100, n_words + 3 * 200 + 1)
    replace_loader(monkeypatch, "newsgroups", "texts", texts)
    reason = raw_data("newsgroups", protocol="papers", verify=False)["unavailable"]
    assert "no text of 20news-bydate_py3.pkz has a blank line" in reason


@pytest.fixture
def cached_texts(tmp_path, monkeypatch):
    """A function that keeps an object as scikit-learn keeps the texts."""
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))

    def keep(content):
        compressed = codecs.encode(pickle.dumps(content), "zlib_codec")
        (tmp_path / "20news-bydate_py3.pkz").write_bytes(compressed)

    return keep


def test_texts_are_those_of_scikit_learn_in_its_order(cached_texts):
    parts = texts()
    cached_texts({
        part: Bunch(data=list(data), target=target, target_names=["a"], filenames=np.arange(200))
        for part, (data, target) in (("train", parts["training"]), ("test", parts["test"]))
    })  # fmt: skip
    read = newsgroups.texts()
    for part, subset in (("training", "train"), ("test", "test")):
        expected = fetch_20newsgroups(subset=subset, random_state=12)
        assert read[part][0] == expected.data
        np.testing.assert_array_equal(read[part][1], expected.target)


class Touch:
    """A pickle of it makes a file when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_nothing_that_a_file_of_texts_asks_for_is_run(tmp_path, cached_texts):
    marked = tmp_path / "marked"
    pickle.loads(pickle.dumps(Touch(marked)))
    assert marked.exists()
    marked.unlink()
    cached_texts(dict(train=Touch(marked), test=Touch(marked)))
    # Nor is another of scikit-learn's caches, which it would load without looking.
    joblib.dump(Touch(marked), tmp_path / "20newsgroup_vectorized_py3.pkl")
    reason = raw_data("newsgroups")["unavailable"]
    assert not marked.exists()
    assert "20news-bydate_py3.pkz asks for pathlib.Path" in reason


@pytest.mark.parametrize(
    ("name", "loader", "advice"),
    [
        ("covtype", "fetch_covtype", "Connect to the network once; it is then kept as "),
        ("newsgroups", "texts", "Connect to the network once, or set SCIKIT_LEARN_DATA to a "),
    ],
)
def test_without_a_network_scikit_learns_data_say_what_to_do(
    name, loader, advice, tmp_path, monkeypatch
):
    monkeypatch.setenv("BENCHOPT_DATA_HOME", str(tmp_path))
    replace_loader(monkeypatch, name, loader, no_network)
    reason = raw_data(name)["unavailable"]
    assert reason.startswith(f"{name} could not be loaded from ")
    assert f"(OSError: Name or service not known). {advice}" in reason


def test_without_a_network_and_files_mnist_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCHOPT_DATA_HOME", str(tmp_path))
    replace_loader(monkeypatch, "mnist", "fetch_openml", no_network)
    assert raw_data("mnist")["unavailable"] == (
        "mnist could not be loaded from OpenML (OSError: Name or service not known). Connect to "
        "the network, or put train-images-idx3-ubyte and train-labels-idx1-ubyte, or the same with "
        f".gz, into {tmp_path}/mnist; benchopt's data_home or data_paths name another folder."
    )

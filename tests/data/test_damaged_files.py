"""Files that are cut, garbled or of something else end in a sentence; what is as it was, loads."""

import codecs
import gzip
import pickle
import shutil

import numpy as np
import pytest
from libsvmdata.core import ALL_DATASETS
from scipy import sparse

from helpers import raw_data

NOISE = np.random.default_rng(0).bytes(500)
DAMAGES = {
    "cut": lambda content: content[: len(content) // 2],
    "empty": lambda content: b"",
    "without its start": lambda content: content[20:],
    "noise": lambda content: NOISE,
    "a page": lambda content: b"<html>404 Not Found</html>",
    "missing": None,
}


def no_network(*args, **options):
    raise OSError("Name or service not known")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Folders in which datasets look for their files, without a network."""
    monkeypatch.setenv("BENCHOPT_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    for name in ("heart", "w8a"):
        monkeypatch.setattr(ALL_DATASETS[name], "dataset_dir", tmp_path)
    monkeypatch.setattr(type(ALL_DATASETS["heart"]), "get_X_y", no_network)
    monkeypatch.setattr("sklearn.datasets._twenty_newsgroups._fetch_remote", no_network)
    monkeypatch.setattr("sklearn.datasets._covtype._fetch_remote", no_network)
    return tmp_path


def write_dense(home):
    np.save(home / "heart_X.npy", np.random.default_rng(0).standard_normal((40, 3)))
    np.save(home / "heart_y.npy", np.arange(40.0) % 2)
    return "libsvm", dict(dataset="heart", validation="holdout"), home / "heart_X.npy"


def write_labels(home):
    name, parameters, path = write_dense(home)
    return name, parameters, path.with_name("heart_y.npy")


def write_sparse(home):
    X = sparse.random_array((40, 9), density=0.2, rng=np.random.default_rng(0))
    sparse.save_npz(home / "w8a_X.npz", sparse.csc_array(X))
    np.save(home / "w8a_y.npy", np.arange(40.0) % 2)
    return "libsvm", dict(dataset="w8a", validation="holdout"), home / "w8a_X.npz"


def write_images(home):
    (home / "mnist").mkdir()
    labels = np.arange(40) % 5
    for kind, array in (("images-idx3", labels[:, None, None] + np.zeros((40, 2, 3))),
                        ("labels-idx1", labels)):  # fmt: skip
        header = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">i4").tobytes()
        content = gzip.compress(header + array.astype(np.uint8).tobytes())
        (home / "mnist" / f"t10k-{kind}-ubyte.gz").write_bytes(content)
    return "mnist", dict(images="test"), home / "mnist" / "t10k-images-idx3-ubyte.gz"


def write_texts(home):
    words = np.random.default_rng(0).choice([f"word{k}" for k in range(30)], (200, 20))
    part = dict(data=[" ".join(text) for text in words], target=np.arange(200) % 20)
    path = home / "20news-bydate_py3.pkz"
    path.write_bytes(codecs.encode(pickle.dumps(dict(train=part, test=part)), "zlib_codec"))
    return "newsgroups", {}, path


def write_forest(home):
    (home / "covtype").mkdir()
    path = home / "covtype" / "covtype.npz"
    rng = np.random.default_rng(0)
    np.savez_compressed(path, X=rng.standard_normal((70, 3)), y=np.arange(70) % 7 + 1)
    return "covtype", {}, path


FORMATS = {
    "dense samples": write_dense,
    "labels": write_labels,
    "sparse samples": write_sparse,
    "images": write_images,
    "texts": write_texts,
    "forest": write_forest,
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("kind", FORMATS)
def test_a_damaged_file_says_whose_it_is_and_what_to_do(home, kind, damage):
    name, parameters, path = FORMATS[kind](home)
    assert "unavailable" not in raw_data(name, verify=False, **parameters)
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(DAMAGES[damage](path.read_bytes()))
    reason = raw_data(name, verify=False, **parameters)["unavailable"]
    assert reason.startswith(f"{parameters.get('dataset', name)} could not be loaded from ")
    assert "Connect to the network" in reason


@pytest.mark.parametrize("kind", FORMATS)
def test_a_folder_in_place_of_a_file_says_so(home, kind):
    name, parameters, path = FORMATS[kind](home)
    path.unlink()
    path.mkdir()
    assert "could not be loaded" in raw_data(name, verify=False, **parameters)["unavailable"]
    shutil.rmtree(path)


def changed_arrays(**parts):
    """A file of sparse columns of which some arrays are others."""

    def write(path):
        with np.load(path) as arrays:
            np.savez(path, **dict(arrays) | parts)

    return write


def changed_labels(function):
    return lambda path: np.save(path, function(np.load(path)))


X, Y = np.arange(120.0).reshape(40, 3), np.arange(40.0) % 2
CONTENTS = {
    **{
        f"the row {row}": (
            write_sparse,
            changed_arrays(indices=np.full(72, row)),
            "w8a_X is no valid sparse matrix (indices must be",
        )
        for row in (-1, 40)
    },
    "starts of columns that decrease": (
        write_sparse,
        changed_arrays(indptr=[0, 9, 3, 72, 72, 72, 72, 72, 72, 72]),
        "w8a_X is no valid sparse matrix (indptr must be",
    ),
    "more features than memory holds": (
        write_sparse,
        changed_arrays(format=b"csr", indptr=[0, *[72] * 40], shape=[40, 2**40]),
        "w8a_X has 1,099,511,627,776 features, for which a solver would need 163,840.0 GiB",
    ),
    "one dimension": (
        write_dense,
        lambda path: np.save(path, X[:, 0]),
        "heart_X has the shape (40",
    ),
    "images": (write_dense, lambda path: np.save(path, X[:, None]), "shape (40, 1, 3)"),
    "no features": (write_dense, lambda path: np.save(path, X[:, :0]), "heart_X has the shape (40"),
    "complex": (write_dense, lambda path: np.save(path, X * 1j), "dtype complex128"),
    "texts": (write_dense, lambda path: np.save(path, X.astype(str)), "dtype <U"),
    "NaN": (write_dense, lambda path: np.save(path, np.where(X, X, np.nan)), "in 1 of 120 entries"),
    "labels that are texts": (write_labels, changed_labels(lambda y: y.astype(str)), "dtype <U"),
    "labels that are NaN": (
        write_labels,
        changed_labels(lambda y: np.where(y, np.nan, 0)),
        "heart_y has NaN or infinite values in 20 of 40 entries",
    ),
    "labels in two columns": (
        write_labels,
        changed_labels(lambda y: np.c_[y, y]),
        "heart_y has the shape (40, 2)",
    ),
    "covers without a column": (
        write_forest,
        lambda path: np.savez(path, X=np.arange(70.0), y=np.arange(70) % 7),
        "X has the shape (70,)",
    ),
    "covers that are texts": (
        write_forest,
        lambda path: np.savez(path, X=np.ones((70, 2)), y=np.full(70, "pine")),
        "y has entries of dtype <U4",
    ),
}


@pytest.mark.parametrize("case", CONTENTS)
def test_a_whole_file_of_other_contents_says_what_is_wrong(home, case):
    write, change, words = CONTENTS[case]
    name, parameters, path = write(home)
    change(path)
    reason = raw_data(name, verify=False, **parameters)["unavailable"]
    assert reason.startswith(f"{parameters.get('dataset', name)} could not be loaded from ")
    assert words in reason

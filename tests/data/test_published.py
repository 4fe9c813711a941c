"""Published data are what their names say, and others are refused with what differs."""

import numpy as np
import pytest
from libsvmdata.core import ALL_DATASETS
from scipy import sparse
from sklearn.datasets import load_digits

from benchmark_utils.data import libsvm
from benchmark_utils.data.downloads import Unavailable
from benchmark_utils.data.libsvm import BINARY
from benchmark_utils.data.published import check, samples_checksum, table
from helpers import component, raw_data

X, Y = load_digits(return_X_y=True)


def refused(X, y, name="digits", part="whole"):
    with pytest.raises(Unavailable) as refusal:
        check(name, part, X, y)
    sentence = str(refusal.value)
    start = f"{name}: the {part} part is not as published: "
    assert sentence.startswith(start)
    assert sentence.endswith("; get the file again, or give verify=False to use it as it is, "
                             "which the dataset's name then says.")  # fmt: skip
    return sentence.removeprefix(start).split(";")[0]


def with_rows(function):
    """Copies of the samples and labels that a function has changed in place."""
    X_changed, y_changed = X.copy(), Y.copy()
    function(X_changed, y_changed)
    return X_changed, y_changed


def zero_ten_columns(X, y):
    X[:, 10:20] = 0


def repeat_ten_rows(X, y):
    X[10:20], y[10:20] = X[:10], y[:10]


def flip_a_bit(X, y):
    X.view(np.uint8).flat[8 * 2 + 6] ^= 1


def swap_two_labels(X, y):
    y[[0, 1]] = y[[1, 0]]


def test_data_as_published_pass_in_any_container_and_dtype():
    for container in (np.asarray, np.asfortranarray, sparse.csr_array, sparse.csr_matrix):
        check("digits", "whole", container(X), Y)
    check("digits", "whole", X.astype(np.uint8), Y.astype(float))
    check("nobody's", "training", X, Y)


def test_other_data_are_refused_with_what_differs():
    assert refused(X[:900], Y[:900]) == "it has 900 samples where 1,797 are published"
    assert refused(X, Y[:900]) == "it has 1,797 samples and 900 labels"
    assert refused(X[:, :60], Y) == "it has 60 features where 64 are published"
    zeros = np.count_nonzero(X[:, 10:20])
    assert refused(*with_rows(zero_ten_columns)) == (
        f"it has {58_736 - zeros:,} non-zero entries where 58,736 are published"
    )
    assert "non-zero entries where 58,736" in refused(*with_rows(repeat_ten_rows))
    assert refused(X, np.where(Y == 9, 8, Y)).startswith("its classes have the samples 0:178 1:182")
    last_bit = np.where(np.arange(Y.size) == 7, np.nextafter(Y, 10), Y)
    assert "7:178 7.000000000000001:1 " in refused(X, last_bit)
    assert refused(*with_rows(flip_a_bit)).startswith("its samples have the SHA-256 ")
    assert refused(X[::-1], Y[::-1]).startswith("its samples have the SHA-256 ")
    assert refused(*with_rows(swap_two_labels)).startswith("its labels have the SHA-256 ")


def test_samples_of_another_published_dataset_are_recognised(monkeypatch):
    other = {**table()["digits", "whole"], "samples_sha256": samples_checksum(X[::-1])}
    monkeypatch.setitem(table(), ("mirrored", "test"), other)
    assert refused(X[::-1], Y) == "its samples are those of mirrored test"


def test_the_checksum_knows_where_an_entry_is_but_not_how_it_is_stored():
    rng = np.random.default_rng(0)
    dense = rng.standard_normal((5000, 7)) * (rng.uniform(size=(5000, 7)) < 0.3)
    expected = samples_checksum(dense)
    stored, without = sparse.csr_array(dense), dense.copy()
    stored.data[0] = 0
    without[np.nonzero(dense)[0][0], np.nonzero(dense)[1][0]] = -0.0
    # A zero that is stored is no entry; nor is a negative zero.
    assert samples_checksum(stored) == samples_checksum(without) != expected
    moved = dense.copy()
    moved[[0, 1]] = moved[[1, 0]]
    for other in (moved, dense[:, ::-1], dense.T, np.pad(dense, ((0, 1), (0, 0)))):
        assert samples_checksum(other) != expected


def test_the_table_has_whole_numbers_and_classes_that_add_up():
    for (name, part), row in table().items():
        assert int(row["n_samples"]) > 0
        assert int(row["n_features"]) > 0
        assert row["source"], (name, part)
        if row["classes"]:
            counts = [int(entry.split(":")[1]) for entry in row["classes"].split()]
            assert sum(counts) == int(row["n_samples"]), (name, part)
        for checksum in (row["samples_sha256"], row["labels_sha256"]):
            assert len(checksum) in (0, 64)


def test_most_of_libsvms_names_have_a_published_size_that_libsvmdata_agrees_with():
    known = [name for name in BINARY if (name, "training") in table()]
    assert len(known) > 40
    for name in known:
        row = table()[name, "training"]
        assert int(row["n_features"]) == ALL_DATASETS[name].n_features


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty cache of libsvmdata, without a network."""
    for name, dataset in ALL_DATASETS.items():
        monkeypatch.setattr(ALL_DATASETS[name], "dataset_dir", tmp_path)
        monkeypatch.setattr(type(dataset), "get_X_y", no_network)
    return tmp_path


def no_network(*args, **options):
    raise OSError("Name or service not known")


def keep(folder, name, X, y):
    np.save(folder / f"{name}_X.npy", X)
    np.save(folder / f"{name}_y.npy", y)


DAMAGES = {
    "ten zero columns": ("training", lambda X, y: (X * (np.arange(22) >= 10), y), "non-zero"),
    "half the rows": ("training", lambda X, y: (X[::2], y[::2]), "24,995 samples where 49,990"),
    "shuffled labels": (
        "test",
        lambda X, y: (X, np.random.default_rng(0).permutation(y)),
        "its labels have the SHA-256",
    ),
    "ten rows repeated": (
        "training",
        lambda X, y: (np.r_[X[:10], X[:-10]], np.r_[y[:10], y[:-10]]),
        "",
    ),
    "flipped bytes": (
        "test",
        lambda X, y: (np.where(np.arange(X.size).reshape(X.shape) == 777, X + 0.5, X), y),
        "",
    ),
    "the test set as training set": ("training", None, "91,701 samples where 49,990"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_wrong_file_of_ijcnn1_is_refused_unless_it_is_meant(damage, ijcnn1_files, folder):
    part, change, words = DAMAGES[damage]
    for name, (X, y) in ijcnn1_files.items():
        keep(folder, f"ijcnn1{name}", X, y)
    assert "unavailable" not in raw_data("ijcnn1")
    X, y = ijcnn1_files["" if part == "training" else "_test"]
    keep(folder, f"ijcnn1{'' if part == 'training' else '_test'}",
         *(change(X, y) if change else ijcnn1_files["_test"]))  # fmt: skip
    reason = raw_data("ijcnn1")["unavailable"]
    assert reason.startswith(f"ijcnn1: the {part} part is not as published: it")
    assert words in reason
    assert "unavailable" not in raw_data("ijcnn1", verify=False)


@pytest.fixture(scope="module")
def ijcnn1_files():
    """The published arrays, by the suffix of their name."""
    try:
        return {suffix: libsvm.fetch("ijcnn1", part)
                for suffix, part in (("", "training"), ("_test", "test"))}  # fmt: skip
    except Unavailable as reason:
        pytest.skip(str(reason))


def test_the_official_split_of_ijcnn1_is_the_default(ijcnn1_files):
    data = raw_data("ijcnn1")
    for part, suffix in (("train", ""), ("val", "_test")):
        X, y = ijcnn1_files[suffix]
        np.testing.assert_array_equal(data[f"X_{part}"], X)
        np.testing.assert_array_equal(data[f"y_{part}"], y)
    assert data["X_train"].shape == (49_990, 22)
    assert data["X_val"].shape == (91_701, 22)


def test_the_name_of_a_dataset_tells_that_it_was_not_verified():
    dataset = component("dataset", "leukemia")
    assert str(dataset.get_instance()) == str(dataset.get_instance(verify=True)) == "leukemia"
    assert str(dataset.get_instance(verify=False)) == "leukemia[verify=False]"
    ijcnn1 = component("dataset", "ijcnn1")
    assert str(ijcnn1.get_instance()) == "ijcnn1[validation=test]"
    assert str(ijcnn1.get_instance(verify=False)) == "ijcnn1[validation=test,verify=False]"


def test_a_dataset_whose_name_ends_another_is_not_taken_for_it(folder):
    keep(folder, "duke breast-cancer", np.ones((44, 7129)), np.tile([-1.0, 1.0], 22))
    reason = raw_data("libsvm", dataset="breast-cancer", validation="holdout")["unavailable"]
    assert reason.startswith("breast-cancer could not be loaded from LIBSVM (OSError: Name or")
    data = raw_data("libsvm", dataset="duke breast-cancer", validation="holdout")
    assert data["X_train"].shape == (33, 7129)


def test_nothing_is_deleted_before_a_download_is_there(folder):
    # Half of the files, and one that another dataset's name ends in.
    (folder / "w8a_X.npy").write_bytes(b"kept")
    (folder / "my w8a_y.npy").write_bytes(b"kept")
    (folder / "w8a").write_bytes(b"kept")
    before = {path.name for path in folder.iterdir()}
    assert "Connect to the network" in raw_data("libsvm", dataset="w8a")["unavailable"]
    assert {path.name for path in folder.iterdir()} == before
    assert {path.read_bytes() for path in folder.iterdir()} == {b"kept"}


@pytest.mark.parametrize("n_samples", [683, 682])
def test_a_download_is_kept_only_if_it_is_as_published(folder, monkeypatch, n_samples):
    def get_X_y(dataset):
        data = np.ones((n_samples, 10)), np.arange(n_samples) % 2 * 2.0 + 2
        keep(dataset.dataset_dir, dataset.dataset_name, *data)
        return data

    dataset = ALL_DATASETS["breast-cancer"]
    monkeypatch.setattr(type(dataset), "get_X_y", get_X_y)
    data = raw_data("libsvm", dataset="breast-cancer", validation="holdout")
    if n_samples == 683:
        assert np.unique(data["y_train"]).tolist() == [-1, 1]
        kept = {"breast-cancer_X.npy", "breast-cancer_y.npy"}
        assert {path.name for path in folder.iterdir()} == kept
    else:
        assert "it has 682 samples where 683 are published" in data["unavailable"]
        assert not list(folder.iterdir())

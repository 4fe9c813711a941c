"""The door: what becomes of the arrays of a dataset, and what is refused in which words."""

import os
import warnings
from copy import copy
from tempfile import TemporaryFile

import joblib
import numpy as np
import pandas as pd
import pytest
from benchopt import BaseDataset
from scipy import sparse

from benchmark_utils.data.dataset import BilevelDataset
from benchmark_utils.data.door import Unusable, admit
from benchmark_utils.data.splits import split
from benchmark_utils.minibatches.signed_rows import SignedRows
from benchmark_utils.problems.logreg import LogReg
from helpers import (
    BENCHMARK,
    Allocated,
    logreg_data,
    multiclass_data,
    quadratic_data,
    raw_data,
)


def binary(**changes):
    return dict(task="binary", **logreg_data(n=20, m=15, p=3)) | changes


def multiclass(**changes):
    return dict(task="multiclass", **multiclass_data(n=30, m=20)) | changes


def coding(**changes):
    atoms = np.random.default_rng(0).standard_normal((4, 6))
    return (
        dict(task="sparse_coding", signals=np.ones((3, 4)), dictionary=atoms, start=atoms) | changes
    )


X, Y = (binary()[name] for name in ("X_train", "y_train"))


def with_entry(array, value):
    changed = array.copy()
    changed.flat[0] = value
    return changed


def test_arrays_that_are_right_are_not_copied():
    data = binary(X_val=binary()["X_val"].astype(np.float32))
    csr = sparse.csr_array(X)
    admitted = admit("mine", data | {"X_train": csr, "X_test": None})
    assert set(admitted) == set(data)
    for name in ("y_train", "X_val", "y_val"):
        assert np.shares_memory(admitted[name], data[name])
    assert np.shares_memory(admitted["X_train"].data, csr.data)


def test_passing_needs_little_memory():
    data = logreg_data(n=40_000, m=1000, p=50)
    with Allocated() as passing:
        admit("mine", dict(task="binary", **data))
    assert passing.peak < 0.1 * data["X_train"].nbytes
    assert passing.kept < 10_000


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_a_solver_cannot_change_the_data_of_others(container):
    given = container(X)
    admitted = admit("mine", binary(X_train=given))
    with pytest.raises(ValueError, match="read-only"):
        admitted["X_train"] *= 0.5
    with pytest.raises(ValueError, match="read-only"):
        admitted["y_train"][0] = 0
    # The dataset's own arrays stay writeable.
    given *= 1.0


def unsorted_rows(array):
    """Compressed sparse rows whose entries are stored from right to left, which they deny."""
    (n_samples, n_features), backwards = array.shape, array[:, ::-1]
    columns = np.tile(np.arange(n_features)[::-1], n_samples)
    starts = np.arange(0, array.size + 1, n_features)
    rows = sparse.csr_array((backwards.ravel(), columns, starts), array.shape)
    rows.has_sorted_indices = rows.has_canonical_format = True
    return rows


def halves_stored_twice(array):
    rows = sparse.coo_array(array)
    places = tuple(np.tile(axis, 2) for axis in rows.coords)
    return sparse.coo_array((np.tile(rows.data / 2, 2), places), array.shape)


def with_long_indices(array):
    rows = sparse.csr_array(array)
    rows.indices, rows.indptr = rows.indices.astype(np.int64), rows.indptr.astype(np.int64)
    return rows


def on_disk(array):
    with TemporaryFile() as file:
        array.tofile(file)
        return np.memmap(file, array.dtype, "r", shape=array.shape)


CONTAINERS = {
    "list": np.ndarray.tolist,
    "data frame": pd.DataFrame,
    "data frame of pandas' own numbers": lambda array: pd.DataFrame(array).astype("Float64"),
    "data frame of several dtypes": lambda array: pd.DataFrame(array).astype({0: "Float64"}),
    "sparse data frame": lambda array: pd.DataFrame(array).astype(pd.SparseDtype(float, 0)),
    "data frame from below": lambda array: pd.DataFrame(array, index=range(len(array), 0, -1)),
    "masked array": np.ma.masked_array,
    "matrix": np.asmatrix,
    "read-only": lambda array: np.broadcast_to(array, array.shape),
    "columns": np.asfortranarray,
    "every second row": lambda array: np.repeat(array, 2, axis=0)[::2],
    "backwards": lambda array: array[::-1].copy()[::-1],
    "memory map": on_disk,
    "big-endian": lambda array: array.astype(">f8"),
    "long double": lambda array: array.astype(np.longdouble),
    **{
        f"{form}_{kind}": getattr(sparse, f"{form}_{kind}")
        for form in ("csr", "csc", "coo", "lil", "dok", "dia", "bsr")
        for kind in ("array", "matrix")
    },
    "unsorted rows": unsorted_rows,
    "halves stored twice": halves_stored_twice,
    "long indices": with_long_indices,
}


@pytest.mark.parametrize("container", CONTAINERS)
def test_containers_become_arrays(container):
    admitted = admit("mine", binary(X_train=CONTAINERS[container](X)))["X_train"]
    if sparse.issparse(admitted):
        assert isinstance(admitted, sparse.csr_array)
        rows = np.repeat(np.arange(admitted.shape[0]), np.diff(admitted.indptr))
        assert (np.diff(rows * admitted.shape[1] + admitted.indices) > 0).all()
        assert (admitted.indices.dtype, admitted.indptr.dtype) == (np.int32, np.int32)
        dense = admitted.toarray()
    else:
        assert type(admitted) is np.ndarray
        dense = admitted
    assert admitted.dtype == np.dtype(float)
    assert admitted.dtype.isnative
    np.testing.assert_array_equal(dense, X)


LABELS = {
    "list": list,
    "series": pd.Series,
    "series of pandas' own numbers": lambda labels: pd.Series(labels).astype("Int64"),
    "categories that are numbers": lambda labels: pd.Series(labels).astype("category"),
    "masked array": np.ma.masked_array,
    "every second": lambda labels: np.repeat(labels, 2)[::2],
    "big-endian": lambda labels: labels.astype(">i4"),
    "half precision": lambda labels: labels.astype(np.float16),
    "memory map": on_disk,
}


@pytest.mark.parametrize("container", LABELS)
def test_labels_become_arrays(container):
    admitted = admit("mine", binary(y_train=LABELS[container](Y)))["y_train"]
    assert type(admitted) is np.ndarray
    assert admitted.dtype.isnative
    np.testing.assert_array_equal(admitted, Y)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64, bool, np.float16])
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_other_numbers_become_float64(dtype, container):
    pixels = np.random.default_rng(0).integers(0, 256, (20, 3)).astype(dtype)
    if dtype == np.float16 and container is sparse.csr_array:
        return
    admitted = admit("mine", binary(X_train=container(pixels)))["X_train"]
    assert admitted.dtype == float
    dense = admitted.toarray() if sparse.issparse(admitted) else admitted
    np.testing.assert_array_equal(dense, pixels.astype(float))


def test_an_entry_that_a_sparse_matrix_has_twice_is_their_sum():
    given = sparse.csr_array((np.array([1.0, 2.0, 5.0]), [1, 1, 0], [0, 2, *[3] * 19]), (20, 3))
    admitted = admit("mine", binary(X_train=given))["X_train"]
    assert admitted.nnz == 2
    assert admitted[0, 1] == 3
    # The dataset's own array is as it was.
    assert given.nnz == 3


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, bool, float])
def test_labels_of_classes_are_integers(dtype):
    labels = np.arange(30) % 2
    admitted = admit("mine", multiclass(y_train=labels.astype(dtype), y_val=np.arange(20) % 2))
    assert admitted["y_train"].dtype == np.int64
    np.testing.assert_array_equal(admitted["y_train"], labels)


def test_a_column_of_labels_is_taken_with_a_warning():
    with pytest.warns(UserWarning, match=r"mine: y_train has the shape \(20, 1\).*give y_train"):
        admitted = admit("mine", binary(y_train=Y[:, np.newaxis]))
    np.testing.assert_array_equal(admitted["y_train"], Y)


def test_names_that_the_suite_does_not_know_pass_as_they_are():
    groups = np.array(["a", "b"])
    assert admit("mine", dict(task="mine", groups=groups))["groups"] is groups


def out_of_range(form, index):
    broken = sparse.csr_array(X).asformat(form)
    (broken.col if form == "coo" else broken.indices)[0] = index
    return broken


REFUSED = {
    "no task": (binary(task=None), "task is missing", "give one such as binary, multiclass"),
    "masked": (
        binary(X_train=np.ma.masked_array(X, X.max() - 1e-9 < X)),
        "X_train has 1 of 60 entries masked",
        "fill them",
    ),
    "rows of which one is masked": (
        binary(X_train=[*X[:-1], np.ma.masked_less(X[-1], X[-1].max())]),
        "X_train has rows with masked entries",
        "fill them",
    ),
    "complex": (binary(X_val=X * 1j), "X_val has entries of dtype complex128", "give real"),
    "complex sparse": (
        binary(X_train=sparse.csr_array(X * 1j)),
        "X_train has entries of dtype complex128",
        "give real",
    ),
    "objects": (binary(X_train=X.astype(object)), "X_train has entries of dtype object", "real"),
    "a data frame with a word": (
        binary(X_train=pd.DataFrame(X).assign(word="a")),
        "X_train has the column 'word' of dtype ",
        "give columns of real numbers",
    ),
    "a data frame with categories": (
        binary(X_train=pd.DataFrame(X).assign(kind=pd.Categorical(["a", "b"] * 10))),
        "X_train has the column 'kind' of dtype category",
        "give columns of real numbers",
    ),
    "a data frame with dates": (
        binary(X_train=pd.DataFrame(X).assign(day=pd.Timestamp("2020-01-01"))),
        "X_train has the column 'day' of dtype datetime64",
    ),
    "a missing number of pandas": (
        binary(X_train=pd.DataFrame(X).astype("Float64").mask(X.max() == X)),
        "X_train has NaN or infinite values in 1 of 60 entries",
    ),
    "a missing label of pandas": (
        multiclass(y_val=pd.Series(np.arange(20) % 3).astype("Int64").where(np.arange(20) > 0)),
        "y_val has NaN or infinite values in 1 of 20 entries",
    ),
    "named fields": (
        binary(X_train=np.zeros(20, [("a", float), ("b", float)])),
        "X_train has entries of dtype [('a', '<f8'), ('b', '<f8')]",
        "give real numbers",
    ),
    "a file's name": (binary(X_train="X.csv"), "X_train has entries of dtype <U5", "give real"),
    "None among numbers": (binary(y_train=[None, *Y[1:]]), "y_train", "dtype object", "give real"),
    "words": (binary(y_train=np.where(Y > 0, "yes", "no")), "y_train", "<U3", "give real numbers"),
    "words as classes": (multiclass(y_val=["a"] * 20), "y_val", "<U1", "give real numbers"),
    "dates": (binary(X_train=X.astype("M8[s]")), "X_train", "datetime64", "give real numbers"),
    "rows of two lengths": (binary(X_train=[[1.0], [1.0, 2.0]]), "X_train is a list", "array"),
    "one dimension": (binary(X_train=X[:, 0]), "X_train has the shape (20,)", "two dimensions"),
    "three dimensions": (binary(X_train=X[:, None]), "X_train has the shape (20, 1, 3)", "two"),
    "labels in two columns": (binary(y_val=np.ones((15, 2))), "y_val", "(15, 2)", "one dimension"),
    "sparse labels": (binary(y_train=sparse.csr_array(Y[:, None])), "y_train is sparse", "toarray"),
    "a number": (binary(X_train=3.0), "X_train has the shape ()", "give two dimensions"),
    "no samples": (binary(X_train=X[:0], y_train=Y[:0]), "X_train", "(0, 3)", "one sample"),
    "no features": (binary(X_val=np.empty((15, 0))), "X_val", "(15, 0)", "one feature"),
    "NaN": (binary(X_train=with_entry(X, np.nan)), "X_train", "in 1 of 60 entries", "clean"),
    "infinite": (binary(X_val=with_entry(X, np.inf)), "X_val", "in 1 of 60 entries", "clean"),
    "NaN in a sparse matrix": (
        binary(X_train=sparse.csr_array(with_entry(X, np.nan))),
        "X_train has NaN or infinite values in 1 of 60",
        "clean",
    ),
    "NaN as a class": (
        multiclass(y_train=with_entry(np.arange(30.0) % 3, np.nan)),
        "y_train has NaN",
        "in 1 of 30 entries",
        "clean",
    ),
    "overflow": (binary(X_train=X * 1e200), "X_train", "e+200, whose squares overflow", "scale"),
    "overflow in float32": (
        binary(X_val=np.full((15, 3), 1e20, np.float32)),
        "X_val has entries as large as 1.0e+20",
        "overflow in float32",
        "scale",
    ),
    "squares that vanish": (
        binary(X_train=X * 1e-200),
        "X_train has entries of at most ",
        "e-200, whose squares vanish in float64",
        "scale the data",
    ),
    "squares that vanish in float32": (
        binary(X_train=sparse.csr_array((X * 1e-25).astype(np.float32))),
        "X_train",
        "e-25, whose squares vanish in float32",
    ),
    "targets whose squares vanish": (
        binary(task="regression", y_train=Y * 1e-200),
        "y_train has entries of at most 1.0e-200",
    ),
    "overflow of targets": (
        binary(task="regression", y_train=Y * 1e200),
        "y_train has entries as large as 1.0e+200",
        "scale",
    ),
    "fewer labels": (binary(y_train=Y[:-1]), "X_train has 20 samples and y_train 19 entries"),
    "fewer samples": (binary(X_val=X[:14]), "X_val has 14 samples and y_val 15 entries"),
    "fewer rows of Z": (
        dict(task="quadratic", **quadratic_data()) | {"Z_val": np.ones((7, 3))},
        "X_val has 50 samples and Z_val 7 entries",
    ),
    "fewer features": (multiclass(X_val=np.ones((20, 3))), "X_train has 4 features and X_val 3"),
    "other features in the test part": (
        binary(X_test=np.ones((2, 4)), y_test=[1, -1]),
        "X_train has 3 features and X_test 4",
    ),
    "no labels": (binary(y_val=None), "y_val is missing", "give X_val and y_val"),
    "no test labels": (binary(X_test=X), "y_test is missing", "give X_test and y_test"),
    "labels only": (binary(y_test=Y), "X_test is missing", "give y_test and X_test"),
    "no validation part": (binary(X_val=None, y_val=None), "X_val", "missing", "give"),
    "labels 0 and 1": (binary(y_val=np.arange(15) % 2), "y_val has the labels 0, 1;", "-1 and"),
    "labels 1 and 2": (binary(y_train=(Y + 3) / 2), "y_train has the labels 1, 2;", "-1 and 1"),
    "labels that are nearly 1": (binary(y_train=Y * 1.0000001), "-1.0000001, 1.0000001;", "-1"),
    "labels of no sign": (binary(y_train=Y.astype(np.int8).astype(np.uint8)), "1, 255;", "-1 and"),
    "one class": (binary(y_train=np.ones(20)), "y_train has no sample of class -1", "stratify"),
    "halves": (multiclass(y_train=np.arange(30) % 3 + 0.5), "labels 0.5, 1.5, 2.5", "0 to 2"),
    "a class too many": (
        multiclass(y_val=np.arange(20) % 4),
        "y_val has the labels 0, 1, 2, 3; the task multiclass takes the integers 0 to 2.",
    ),
    "a class from 1": (multiclass(y_train=np.arange(30) % 3 + 1), "y_train has no sample of class"),
    "a huge class": (multiclass(y_train=np.arange(30) * 10**15), "no sample of class 1;"),
    "huge classes that are none": (
        multiclass(y_train=np.arange(30) * 1e12 + 0.5),
        "y_train has the labels 0.5, 1000000000000.5, ",
        "takes the integers 0 to 29000000000000.",
    ),
    "classes beyond all integers": (
        multiclass(y_train=np.full(30, 2**64 - 1, np.uint64)),
        "y_train has no sample of class 0",
    ),
    "one class of many": (multiclass(y_train=np.zeros(30)), "y_train has no sample of class 1"),
    "a class for each sample": (multiclass(y_train=np.arange(30)), "y_val has no sample of class"),
    "a column for each class": (multiclass(y_train=np.eye(30, 3)), "y_train has the shape (30, 3)"),
    "a negative class": (multiclass(y_train=np.arange(30) % 3 - 1), "labels -1, 0, 1;", "0 to"),
    "a mask of numbers": (multiclass(corrupted=np.zeros(30)), "corrupted", "float64", "booleans"),
    "a shorter mask": (multiclass(corrupted=np.zeros(29, bool)), "30 samples and corrupted 29"),
    "images of another shape": (
        multiclass(image_shape=(3, 2)),
        "image_shape=(3, 2) is not that of images with 4 features",
        "give a height and a width whose product is that",
    ),
    **{
        f"image_shape={shape!r}": (multiclass(image_shape=shape), f"image_shape={shape!r} is not")
        for shape in ((4,), (2, 2, 1), (-2, -2), (0, 4), (2.0, 2.0), (None, 4), "2x2", 4, {2: 2})
    },
    **{
        f"the place {index} in {form}": (
            binary(X_train=out_of_range(form, index)),
            "X_train is no valid sparse matrix",
        )
        for form in ("csr", "csc", "coo", "bsr")
        for index in (-1, 20)
    },
    "no dictionary": (coding(dictionary=None), "dictionary is missing", "give signals, dict"),
    "longer atoms": (
        coding(dictionary=np.ones((5, 6)), start=np.ones((5, 6))),
        "signals have 4 entries and the atoms of dictionary 5; give as many of each",
    ),
    "another start": (
        coding(start=np.ones((4, 5))),
        "start has the shape (4, 5) and dictionary (4, 6); give the same",
    ),
    "more features than memory holds": (
        binary(X_train=sparse.csr_array((20, 2**40))),
        "X_train has 1,099,511,627,776 features, for which a solver would need 163,840.0 GiB",
        "give fewer",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_would_lose_something_is_refused(case):
    data, *parts = REFUSED[case]
    with pytest.raises(Unusable) as refusal:
        admit("mine", data)
    sentence = str(refusal.value)
    assert sentence.startswith("mine: ")
    assert sentence.endswith(".")
    assert [part for part in parts if part not in sentence] == [], sentence


def set_dataset(dataset, **parameters):
    """An objective with this dataset, and why benchopt would skip it."""
    from benchopt.utils.run_context import RunContext

    objective = BENCHMARK.get_benchmark_objective().get_instance(**parameters)
    RunContext().set_run_context(objective, dataset, "solver", repetition=0, base_seed=0)
    _, reason = objective._set_dataset(dataset)
    return objective, reason


class Mine(BaseDataset):
    """A dataset as its user writes it, without the suite's base class."""

    name = "mine"

    def get_data(self):
        raise KeyError("a\nkey")


class MineToo(BilevelDataset):
    """The same with it."""

    name = "mine"

    def load(self, rng):
        raise KeyError("a\nkey")


def returning(data):
    dataset = Mine.get_instance()
    dataset._data = data
    return dataset


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_pixels_give_the_same_problem_in_every_dtype(dtype, container):
    pixels = np.random.default_rng(0).integers(0, 256, (35, 3))
    cut = {"X_train": pixels[:20], "X_val": pixels[20:]}
    integers, floats = (
        set_dataset(returning(binary(**{name: container(X) for name, X in parts.items()})))[0]
        for parts in (
            {name: X.astype(dtype) for name, X in cut.items()},
            {name: X.astype(float) for name, X in cut.items()},
        )
    )
    problem, expected = integers.bilevel_problem, floats.bilevel_problem
    point = expected.inner_var0, expected.outer_var0
    np.testing.assert_array_equal(problem.inner_var0, point[0])
    assert problem.inner_smoothness(point[1]) == pytest.approx(
        np.linalg.norm(pixels[:20], 2) ** 2 / 80 + np.exp(point[1]).max(), rel=1e-6
    )
    np.testing.assert_allclose(
        problem.inner_hessian_diagonal(*point), np.diag(expected.inner_hessian(*point)), rtol=1e-6
    )


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32, float])
def test_pixels_have_the_smoothness_of_floats(dtype):
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (120, 5))
    y = np.where(pixels[:, 0] > rng.integers(0, 256, 120), 1.0, -1.0)
    given = pixels.astype(dtype)
    data = dict(X_train=given[:80], y_train=y[:80], X_val=given[80:], y_val=y[80:])
    problem = set_dataset(returning(data | {"task": "binary"}))[0].bilevel_problem
    # In uint8, the arithmetic of the pixels gave 3.34.
    exact = np.linalg.norm(pixels[:80].astype(float), 2) ** 2 / 320
    assert problem.inner_smoothness(np.full(5, -100.0)) == pytest.approx(exact, rel=1e-6)
    assert round(exact) == 24_394


@pytest.mark.parametrize("container", [np.asarray, sparse.csr_array])
def test_a_problem_made_without_the_door_computes_in_floats_too(container):
    pixels = np.random.default_rng(0).integers(0, 256, (20, 3))
    norm = np.linalg.norm(pixels, 2)
    assert SignedRows(container(pixels.astype(np.uint8)), Y).norm() == pytest.approx(norm)
    problem = LogReg(
        container(pixels.astype(np.uint8)), Y, pixels, Y, reg="exp", n_reg="full", seed=0
    )
    assert problem.all_samples.inner_rows[0].X.dtype == float


def test_the_objective_shows_the_doors_sentence_and_makes_no_problem():
    objective, reason = set_dataset(returning(binary(X_val=X[:14])))
    assert reason == "mine: X_val has 14 samples and y_val 15 entries; give as many of each."
    assert not hasattr(objective, "bilevel_problem")


def test_the_objective_keeps_no_second_copy():
    objective, reason = set_dataset(returning(binary()))
    assert reason is None
    assert "admitted" not in vars(objective)


def test_other_data_of_the_same_name_are_not_taken_from_the_cache():
    # What benchopt hashes into the key of its cache.
    first, same, other = (
        joblib.hash(set_dataset(returning(data))[0])
        for data in (binary(), binary(), binary(X_val=with_entry(binary()["X_val"], 0.0)))
    )
    assert first == same
    assert first != other


def test_a_copy_of_the_objective_has_the_same_place_in_the_cache():
    objective, _ = set_dataset(returning(binary()))
    assert joblib.hash(copy(objective)) == joblib.hash(objective)


@pytest.mark.parametrize("dataset", [Mine, MineToo])
def test_a_dataset_that_raises_is_skipped(dataset, monkeypatch, capsys):
    sentence = (
        "mine could not be used (KeyError: 'a\\nkey'); mend its file or its parameters. "
        "BENCHOPT_DEBUG=1 shows the traceback."
    )
    assert set_dataset(dataset.get_instance())[1] == sentence
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("BENCHOPT_DEBUG", "1")
    assert set_dataset(dataset.get_instance())[1] == sentence
    assert "Traceback" in capsys.readouterr().err


class Unheard(BaseException):
    """An exception as some libraries have."""


@pytest.mark.parametrize("error", [SystemExit("no file"), Unheard("no file"), MemoryError("no")])
def test_a_dataset_that_would_end_the_process_is_skipped(error, monkeypatch):
    def load(self):
        raise error

    monkeypatch.setattr(Mine, "get_data", load)
    reason = set_dataset(Mine.get_instance())[1]
    assert reason.startswith(f"mine could not be used ({type(error).__name__}: no")


def test_an_interrupt_is_no_mistake_of_the_dataset(monkeypatch):
    def load(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(Mine, "get_data", load)
    with pytest.raises(KeyboardInterrupt):
        set_dataset(Mine.get_instance())


def test_a_dataset_that_changes_directory_leaves_the_run_where_it_was(monkeypatch, tmp_path):
    def load(self):
        os.chdir(tmp_path)
        return binary()

    monkeypatch.setattr(Mine, "get_data", load)
    started_in = os.getcwd()
    assert set_dataset(Mine.get_instance())[1] is None
    assert os.getcwd() == started_in


def test_a_dataset_that_makes_errors_of_warnings_does_so_to_nobody_else(monkeypatch):
    def load(self):
        warnings.simplefilter("error")
        np.seterr(all="raise")
        return binary()

    monkeypatch.setattr(Mine, "get_data", load)
    filters, handling = list(warnings.filters), np.geterr()
    assert set_dataset(Mine.get_instance())[1] is None
    assert (list(warnings.filters), np.geterr()) == (filters, handling)


class Speechless(Exception):
    def __str__(self):
        raise RuntimeError("what should I say?")


def test_an_exception_that_cannot_say_what_it_is_ends_no_run(monkeypatch):
    def load(self):
        raise Speechless

    monkeypatch.setattr(Mine, "get_data", load)
    reason = set_dataset(Mine.get_instance())[1]
    assert reason.startswith("mine could not be used (Speechless: it has no message); ")


def test_a_problem_that_raises_skips_its_dataset():
    _, reason = set_dataset(returning(dict(task="quadratic", **logreg_data())), problem="quadratic")
    assert reason.startswith("mine could not be used (TypeError: ")
    assert "Z_train" in reason


def test_a_class_of_one_sample_cannot_be_cut():
    reason = raw_data("simulated", n_samples=20, positive_fraction=0.04, noise=0.0)["unavailable"]
    assert reason.startswith(
        "simulated could not be used (ValueError: class 1.0 has 1 of 20 samples, fewer than the 3 "
        "parts to cut); "
    )


def test_samples_without_labels_are_not_cut_off():
    with pytest.raises(ValueError, match="there are 20 samples and 19 labels"):
        split(X.copy(), Y[:-1], np.random.default_rng(0), stratify=False)


def test_the_shape_of_images_is_a_height_and_a_width():
    for shape in ((2, 2), [2, 2], np.array([2, 2])):
        assert admit("mine", multiclass(image_shape=shape))["image_shape"] == (2, 2)


def test_a_problem_names_the_dataset_that_it_refuses():
    for data, sentence in (
        (multiclass(), "logreg needs the task binary; this dataset's task is multiclass."),
        (binary(task=3), "logreg needs the task binary; this dataset's task is 3."),
    ):
        assert set_dataset(returning(data))[1] == f"mine: {sentence}"


def test_what_a_dataset_tells_besides_is_no_parameter_of_its_problem():
    given = binary(seed=3, reg="lin", n_reg=1, box="none", foo=object())
    problem, expected = (
        set_dataset(returning(data))[0].bilevel_problem for data in (given, binary())
    )
    assert problem.outer_dim == expected.outer_dim == 3
    np.testing.assert_array_equal(problem.inner_var0, expected.inner_var0)

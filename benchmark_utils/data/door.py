"""The door that the arrays of a dataset pass before any problem sees them."""

import warnings
from itertools import zip_longest
from operator import index

import numpy as np
import pandas as pd
import psutil
from pandas.api.types import is_complex_dtype, is_numeric_dtype
from scipy.sparse import coo_array, csr_array, get_index_dtype, issparse

from benchmark_utils.validation import as_integer, as_real

PARTS = ("train", "val", "test")
SAMPLES = {f"{letter}_{part}" for letter in "XZ" for part in PARTS}
LABELS = {f"y_{part}" for part in PARTS}
MATRICES = SAMPLES | {"signals", "dictionary", "start"}
TASKS = ("binary", "multiclass", "regression", "quadratic", "sparse_coding")
# Tasks for which there must be training and validation samples.
SUPERVISED = TASKS[:4]
# Vectors with an entry per feature that a solver and the judge need, at the least.
VECTORS = 20


class Unusable(Exception):
    """Data cannot be used; the message is a sentence that says why, and what to give."""


def admit(dataset, data):
    """Make arrays of one kind of what a dataset returns, or refuse it.

    Lists, data frames, masked arrays and sparse matrices of any format become arrays, or arrays in
    compressed sparse rows. Arrays that are right already are not copied. None can be written to.
    Names that the suite does not know pass as they are.

    Parameters
    ----------
    dataset : str
        The name in the message of a refusal.
    data : dict
        What the dataset's ``get_data`` returns.

    Returns
    -------
    data : dict
        The same names, without those that are None. ``X_*``, ``Z_*``, ``signals``, ``dictionary``
        and ``start`` are of two dimensions and finite, and the sums of their squares neither
        overflow nor vanish; float32 and float64 stay, other numbers become float64. ``y_*`` are of
        one dimension: the task ``"binary"`` has the labels -1 and 1, ``"multiclass"`` the integers
        0, 1, ..., C-1, and each part has all of them. Parts have the same features, and as many
        labels as samples. ``image_shape`` is the height and the width of images.

    Raises
    ------
    Unusable
        If this cannot be had without losing something.
    """
    data = {name: value for name, value in data.items() if value is not None}
    try:
        task = data.get("task")
        if task is None:
            raise Unusable(f"task is missing; give one such as {', '.join(TASKS)}.")
        for name in data:
            if name in MATRICES:
                data[name] = matrix(name, data[name])
            elif name in LABELS:
                data[name] = vector(dataset, name, data[name])
            elif name == "corrupted":
                data[name] = mask(name, data[name])
        check_parts(task, data)
        if task == "sparse_coding":
            check_dictionary(data)
        if task in ("binary", "multiclass"):
            check_labels(task, data)
        if task == "multiclass":
            data |= {name: data[name].astype(np.int64) for name in LABELS & set(data)}
        if "image_shape" in data and "X_train" in data:
            data["image_shape"] = height_and_width(data["image_shape"], data["X_train"].shape[1])
    except Unusable as reason:
        raise Unusable(f"{dataset}: {reason}") from None
    checked = MATRICES | LABELS | {"corrupted"}
    return {name: read_only(value) if name in checked else value for name, value in data.items()}


def plain(name, array):
    """An array or a sparse array of real numbers."""
    if np.ma.isMaskedArray(array):
        n_masked = np.ma.count_masked(array)
        if n_masked:
            raise Unusable(
                f"{name} has {n_masked} of {array.size} entries masked; fill them, or leave their "
                "samples out."
            )
        array = array.data
    if isinstance(array, list | tuple) and any(map(np.ma.is_masked, array)):
        # NumPy would take what is below the masks.
        raise Unusable(f"{name} has rows with masked entries; fill them, or leave them out.")
    if not issparse(array):
        given = array
        try:
            array = np.asarray(array)
        # Containers raise what they like, such as lists with rows of different lengths.
        except Exception as error:
            raise Unusable(
                f"{name} is a {type(array).__name__} of which NumPy makes no array; give an array."
            ) from error
        if array.dtype == object and isinstance(given, pd.DataFrame | pd.Series):
            array = from_columns(name, given)
    if array.dtype.kind not in "fiub":
        raise Unusable(f"{name} has entries of dtype {array.dtype}; give real numbers.")
    return array


def from_columns(name, frame):
    """The numbers of pandas' columns of several or of its own dtypes; a missing one is NaN."""
    for column, dtype in pd.DataFrame(frame).dtypes.items():
        if not is_numeric_dtype(dtype) or is_complex_dtype(dtype):
            raise Unusable(
                f"{name} has the column {column!r} of dtype {dtype}; give columns of real numbers."
            )
    return frame.to_numpy(dtype=float, na_value=np.nan)


def matrix(name, array):
    """A finite matrix; a sparse one in compressed sparse rows."""
    array = plain(name, array)
    if array.ndim != 2:
        raise Unusable(f"{name} has the shape {array.shape}; give two dimensions, samples first.")
    if 0 in array.shape:
        raise Unusable(
            f"{name} has the shape {array.shape}; give at least one sample and one feature."
        )
    if issparse(array):
        check_width(name, array.shape[1])
        array = compressed_rows(name, array)
    array = as_real(array)
    check_finite(name, array.data if issparse(array) else array)
    return array


def check_width(name, n_features):
    """Refuse more features than variables of that length fit into memory."""
    needed, free = 8 * VECTORS * n_features, psutil.virtual_memory().available
    if needed > free:
        raise Unusable(
            f"{name} has {n_features:,} features, for which a solver would need "
            f"{needed / 2**30:,.1f} GiB of memory, of which {free / 2**30:,.1f} are free; give "
            "fewer."
        )


def compressed_rows(name, array):
    """A sparse matrix as compressed sparse rows with every entry once."""
    try:
        # Compiled code, that of a conversion too, would read past the ends of arrays.
        if array.format == "coo":
            array = coo_array((array.data, array.coords), array.shape)
        elif hasattr(array, "check_format"):
            array.check_format(full_check=True)
        array = csr_array(array)
    except ValueError as error:
        raise Unusable(
            f"{name} is no valid sparse matrix ({error}); build it by SciPy's constructors."
        ) from error
    # What a matrix says of its own order may be wrong.
    array = csr_array((array.data, array.indices, array.indptr), array.shape)
    if not array.has_canonical_format:
        array = array.copy()
        array.sum_duplicates()
    # Libraries refuse indices that are longer than they need be.
    short = get_index_dtype(maxval=max(array.nnz, *array.shape))
    array.indices, array.indptr = (
        places.astype(short, copy=False) for places in (array.indices, array.indptr)
    )
    return array


def vector(dataset, name, array):
    """Labels or targets."""
    if issparse(array):
        raise Unusable(f"{name} is sparse; give {name}.toarray() in one dimension.")
    array = plain(name, array)
    if array.ndim == 2 and array.shape[1] == 1:
        warnings.warn(
            f"{dataset}: {name} has the shape {array.shape} and is taken as one of "
            f"({len(array)},); give {name}.ravel().",
            stacklevel=3,
        )
        array = array.ravel()
    if array.ndim != 1:
        raise Unusable(
            f"{name} has the shape {array.shape}; give one dimension, a number per sample."
        )
    array = as_real(array)
    check_finite(name, array)
    return array


def mask(name, array):
    """A yes or no per sample."""
    array = plain(name, array)
    if issparse(array) or array.ndim != 1 or array.dtype != bool:
        raise Unusable(
            f"{name} has the shape {array.shape} and dtype {array.dtype}; give one dimension of "
            "booleans."
        )
    return array


def height_and_width(shape, n_features):
    """The shape of images with this many pixels."""
    try:
        height, width = map(index, shape)
    except (TypeError, ValueError):
        height = width = 0
    if min(height, width) < 1 or height * width != n_features:
        raise Unusable(
            f"image_shape={shape!r} is not that of images with {n_features} features; give a "
            "height and a width whose product is that."
        )
    return height, width


def read_only(array):
    """The same numbers, which cannot be written to: all solvers of a run read them."""
    if issparse(array):
        parts = map(read_only, (array.data, array.indices, array.indptr))
        return csr_array(tuple(parts), array.shape)
    view = array.view()
    view.flags.writeable = False
    return view


def check_finite(name, values):
    """Refuse what is not finite, or too large or too small to be squared."""
    limits = np.finfo(values.dtype)
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        # The sum needs no memory, and is finite only if every entry and every square is.
        axes = "ij"[: values.ndim]
        total = np.einsum(f"{axes},{axes}->", values, values)
    if limits.tiny <= total <= limits.max or not values.any():
        return
    pieces = np.array_split(values, max(1, values.size // 2**20))
    n_bad = sum(np.count_nonzero(~np.isfinite(piece)) for piece in pieces)
    if n_bad:
        raise Unusable(
            f"{name} has NaN or infinite values in {n_bad} of {values.size} entries; clean the "
            "data."
        )
    largest = max(np.abs(piece).max() for piece in pieces if piece.size)
    size, happens = ("as large as", "overflow") if total > 1 else ("of at most", "vanish")
    raise Unusable(
        f"{name} has entries {size} {largest:.1e}, whose squares {happens} in {values.dtype}; "
        "scale the data."
    )


def check_parts(task, data):
    """Refuse parts that do not go together."""
    for part in PARTS:
        lengths = {
            name: data[name].shape[0] for name in (f"X_{part}", f"Z_{part}", f"y_{part}")
            if name in data
        }  # fmt: skip
        for given, other in ((f"X_{part}", f"y_{part}"), (f"y_{part}", f"X_{part}")):
            needed = task in SUPERVISED and part != "test"
            if other not in lengths and (needed or given in lengths):
                raise Unusable(f"{other} is missing; give {given} and {other}.")
        if part == "train" and "corrupted" in data:
            lengths["corrupted"] = len(data["corrupted"])
        if len(set(lengths.values())) > 1:
            [(first, n_samples), *others] = lengths.items()
            other, n_labels = next(pair for pair in others if pair[1] != n_samples)
            raise Unusable(
                f"{first} has {n_samples} samples and {other} {n_labels} entries; give as many of "
                "each."
            )
    for letter in "XZ":
        parts = [f"{letter}_{part}" for part in PARTS if f"{letter}_{part}" in data]
        for name in parts[1:]:
            if data[name].shape[1] != data[parts[0]].shape[1]:
                raise Unusable(
                    f"{parts[0]} has {data[parts[0]].shape[1]} features and {name} "
                    f"{data[name].shape[1]}; give the same features in all parts."
                )


def check_dictionary(data):
    """Refuse signals and dictionaries that do not go together."""
    for name in ("signals", "dictionary", "start"):
        if name not in data:
            raise Unusable(f"{name} is missing; give signals, dictionary and start.")
    size, wanted = data["signals"].shape[1], data["dictionary"].shape
    if wanted[0] != size:
        raise Unusable(
            f"signals have {size} entries and the atoms of dictionary {wanted[0]}; give as many of "
            "each, signals as rows and atoms as columns."
        )
    if data["start"].shape != wanted:
        raise Unusable(
            f"start has the shape {data['start'].shape} and dictionary {wanted}; give the same."
        )


def check_labels(task, data):
    """Refuse labels that are not those of the task, and parts without some of them."""
    classes, description = (-1, 1), "-1 and 1"
    if task == "multiclass":
        classes = range(1 + max(1, int(data["y_train"].max())))
        description = f"the integers 0 to {classes[-1]}"
    for name in sorted(LABELS & set(data), key=list(data).index):
        found = [as_integer(label) for label in np.unique(data[name]).tolist()]
        # To look for another number in a range takes as long as to count to its end.
        if not all(isinstance(label, int) and label in classes for label in found):
            shown = ", ".join(map(str, found[:5])) + (", ..." if len(found) > 5 else "")
            raise Unusable(f"{name} has the labels {shown}; the task {task} takes {description}.")
        # Both are sorted.
        pairs = zip_longest(classes, found)
        missing = next((wanted for wanted, label in pairs if wanted != label), None)
        if missing is not None:
            raise Unusable(
                f"{name} has no sample of class {missing}; make this part larger, or stratify it."
            )

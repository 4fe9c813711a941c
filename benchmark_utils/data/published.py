"""What published datasets are: sizes, non-zero entries, classes and checksums, in published.csv.

A column that is empty there is not known, and is not checked. A row is what :func:`describe` says
of the data; where the data could not be had, it is what its ``source`` says.
"""

import csv
import hashlib
from functools import cache
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array, issparse

from benchmark_utils.data.downloads import Unavailable

TABLE = Path(__file__).with_name("published.csv")

# How a sentence names the numbers of the table.
WORDS = {
    "n_samples": "samples",
    "n_features": "features",
    "n_nonzero": "non-zero entries",
}
ADVICE = (
    "get the file again, or give verify=False to use it as it is, which the dataset's name then "
    "says"
)
# Rows of which a checksum is computed at a time.
ROWS = 4096


@cache
def table():
    """The rows of the table, by name and part."""
    with TABLE.open(newline="") as file:
        return {(row["name"], row["part"]): row for row in csv.DictReader(file)}


def check(name, part, X, y, advice=ADVICE):
    """Refuse data that are not those published under this name.

    Parameters
    ----------
    name, part : str
        A row of the table, such as ``"ijcnn1"`` and ``"test"``. A dataset that has none passes.
    X : array or sparse array, (n_samples, n_features)
    y : array, (n_samples,)
        Labels as published.
    advice : str
        What to do if they are not.

    Raises
    ------
    Unavailable
        The sentence says which number differs, what it is, and what it should be.
    """
    expected = table().get((name, part))
    if expected is None:
        return
    reason = first_difference(expected, X, y)
    if reason:
        raise Unavailable(f"{name}: the {part} part is not as published: {reason}; {advice}.")


def first_difference(expected, X, y):
    """Say what is not as a row of the table has it; None if all is."""
    if len(y) != X.shape[0]:
        return f"it has {X.shape[0]:,} samples and {len(y):,} labels"
    for column, found in describe(X, y):
        if expected[column] not in ("", str(found)):
            return difference(column, found, expected[column])
    return None


def difference(column, found, expected):
    """Say how a number of the table differs, in part of a sentence."""
    if column in WORDS:
        return f"it has {found:,} {WORDS[column]} where {int(expected):,} are published"
    if column == "classes":
        return f"its classes have the samples {found} where {expected} are published"
    what = {"samples_sha256": "samples", "labels_sha256": "labels"}[column]
    others = [" ".join(key) for key, row in table().items() if row[column] == found]
    if others:
        return f"its {what} are those of {others[0]}"
    return f"its {what} have the SHA-256 {found[:8]}... where {expected[:8]}... is published"


def describe(X, y):
    """The columns of the table with their values for these data, the quickest first."""
    yield "n_samples", X.shape[0]
    yield "n_features", X.shape[1]
    yield "n_nonzero", np.count_nonzero(X.data if issparse(X) else X)
    classes, counts = np.unique(y, return_counts=True)
    # To the last digit: a label may differ in a single bit.
    names = (np.format_float_positional(float(label), trim="-") for label in classes)
    yield "classes", " ".join(f"{k}:{n}" for k, n in zip(names, counts, strict=True))
    yield "samples_sha256", samples_checksum(X)
    yield "labels_sha256", hashlib.sha256(np.asarray(y).astype("<f8").tobytes()).hexdigest()


def samples_checksum(X):
    """The SHA-256 of a matrix, whichever its format and the type of its entries.

    It is that of the shape and of three other SHA-256: of the number of non-zero entries of each
    row, of their columns, and of their values as float64.
    """
    digests = [hashlib.sha256() for _ in range(3)]
    for start in range(0, X.shape[0], ROWS):
        rows = csr_array(X[start : start + ROWS])
        rows.sum_duplicates()
        rows.eliminate_zeros()
        parts = np.diff(rows.indptr), rows.indices, rows.data
        for digest, part, dtype in zip(digests, parts, ("<i8", "<i8", "<f8"), strict=True):
            digest.update(part.astype(dtype).tobytes())
    whole = hashlib.sha256(str(tuple(map(int, X.shape))).encode())
    for digest in digests:
        whole.update(digest.digest())
    return whole.hexdigest()

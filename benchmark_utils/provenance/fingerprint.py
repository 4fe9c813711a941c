"""Fingerprints of the suite's shared code and of data, for benchopt's cache.

benchopt keeps finished runs until the file of their solver, dataset or objective changes. Curves
depend on ``benchmark_utils`` as well, so the objective gives this fingerprint to the cache: after a
change here, old curves are not used. The same holds for data: a dataset's own file may stay as it
is while the file that it reads changes.
"""

import hashlib
from functools import cache
from pathlib import Path

import joblib


@cache
def suite_fingerprint():
    """A hash of all Python files of ``benchmark_utils``."""
    folder = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return digest.hexdigest()


def data_fingerprint(data):
    """A hash of a dataset's arrays, in half a second per gigabyte and without a copy."""
    return joblib.hash(data, hash_name="sha1")

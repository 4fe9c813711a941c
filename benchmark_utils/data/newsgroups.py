"""The texts of 20 newsgroups, as scikit-learn keeps them."""

import io
import pickle
import zlib
from pathlib import Path

import numpy as np
from sklearn.datasets import fetch_20newsgroups, get_data_home
from sklearn.datasets._twenty_newsgroups import (
    strip_newsgroup_footer,
    strip_newsgroup_header,
    strip_newsgroup_quoting,
)

from benchmark_utils.data.downloads import Unavailable, into

FILE = "20news-bydate_py3.pkz"
# What scikit-learn's file needs, by the names of old and new versions. None of them runs anything.
HARMLESS = {
    ("sklearn.utils", "Bunch"),
    ("sklearn.utils._bunch", "Bunch"),
    ("numpy", "ndarray"),
    ("numpy", "dtype"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "_reconstruct"),
}


class HarmlessUnpickler(pickle.Unpickler):
    """Read a pickle of texts, numbers and arrays; one that could run code is refused."""

    def find_class(self, module, name):
        if (module, name) not in HARMLESS:
            raise pickle.UnpicklingError(
                f"{FILE} asks for {module}.{name}, which texts do not need and which may run code; "
                "delete the file"
            )
        return super().find_class(module, name)


def texts():
    """The texts and their groups, in the order that scikit-learn gives them.

    Returns
    -------
    parts : dict of str to (list of str, array)
        ``"training"`` and ``"test"``: texts, and the numbers of their groups.
    """
    path = Path(get_data_home()) / FILE
    if not path.exists():
        # scikit-learn checks the SHA-256 of what it downloads.
        with into(path.parent) as temporary:
            fetch_20newsgroups(data_home=temporary)
    # A pickle may run any code, and its hash depends on the versions that wrote it.
    cached = HarmlessUnpickler(io.BytesIO(zlib.decompress(path.read_bytes()))).load()
    return {name: shuffled(cached[part]) for name, part in (("training", "train"), ("test",) * 2)}


def shuffled(part):
    """The texts and groups in the order of ``fetch_20newsgroups_vectorized``."""
    order = np.arange(len(part["target"]))
    np.random.RandomState(12).shuffle(order)
    return [part["data"][index] for index in order], part["target"][order]


def bodies(texts):
    """Texts without headers, footers and quotes, as ``fetch_20newsgroups(remove=...)`` makes them.

    Raises
    ------
    Unavailable
        If no text has a blank line, which ends its header: some copies of the file have lost them.
    """
    if not any("\n\n" in text for text in texts):
        raise Unavailable(
            f"newsgroups: no text of {FILE} has a blank line, which ends its header; delete the "
            "file, and let scikit-learn get it again, or give protocol=suite."
        )
    return [
        strip_newsgroup_quoting(strip_newsgroup_footer(strip_newsgroup_header(text)))
        for text in texts
    ]

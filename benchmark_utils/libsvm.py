"""LIBSVM's data sets, through libsvmdata and its cache."""

from libsvmdata import fetch_dataset


class Unavailable(Exception):
    """A data set cannot be had; the message says why, and what to do."""


def fetch(name):
    """Load a data set from libsvmdata's cache, or download it.

    Parameters
    ----------
    name : str
        LIBSVM's name.

    Returns
    -------
    X : array or sparse array, (n_samples, n_features)
    y : array, (n_samples,)

    Raises
    ------
    Unavailable
        If there is no network, or the cached file is damaged.
    """
    try:
        return fetch_dataset(name)
    # libsvmdata raises what its downloader, its decompressor or its parser raises.
    except Exception as error:
        cause = " ".join(str(error).split())[:150]
        raise Unavailable(
            f"{name} could not be loaded from LIBSVM ({type(error).__name__}: {cause}). Connect to "
            f"the network, or set LIBSVMDATA_HOME to a folder with intact {name}_X and {name}_y "
            "files of libsvmdata."
        ) from error

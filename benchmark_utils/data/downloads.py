"""Load data that may have to be downloaded, and explain failures."""

import traceback

from benchopt.config import DEBUG


class Unavailable(Exception):
    """A dataset is not available; the message says why, and what to do."""


def in_one_line(error):
    """An exception's type and message."""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:150]}"


def explain(name, error):
    """Say in one sentence that a data set could not be used, from within an ``except``."""
    if DEBUG:
        traceback.print_exc()
    return (
        f"{name} could not be used ({in_one_line(error)}); mend its file or its parameters. "
        "BENCHOPT_DEBUG=1 shows the traceback."
    )


def load(name, source, advice, fetch, *args, **options):
    """Call a library's loader.

    Parameters
    ----------
    name, source : str
        Names of the dataset and of its source, for the message.
    advice : str
        What to do if it is not available.
    fetch : callable
        The loader, called with the arguments that follow.

    Returns
    -------
    data : object
        The result of the loader.

    Raises
    ------
    Unavailable
        If there is no network, or a cached file is damaged.
    """
    try:
        return fetch(*args, **options)
    # A loader may raise any exception of its downloader, decompressor or parser.
    except Exception as error:
        raise Unavailable(
            f"{name} could not be loaded from {source} ({in_one_line(error)}). {advice}"
        ) from error


def load_by_scikit_learn(name, fetch, **options):
    """Call a loader of scikit-learn, which keeps its downloads; see :func:`load`."""
    advice = (
        "Connect to the network once, or set SCIKIT_LEARN_DATA to a folder in which scikit-learn "
        "has kept it."
    )
    return load(name, "scikit-learn's cache or the network", advice, fetch, **options)

"""Load data that may have to be downloaded, and explain failures."""

import os
import traceback
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from benchopt.config import DEBUG


class Unavailable(Exception):
    """A dataset is not available; the message says why, and what to do."""


def in_one_line(error):
    """An exception's type and message."""
    try:
        message = str(error)
    # An exception of a user's own may fail to say what it is.
    except Exception:
        message = "it has no message"
    return f"{type(error).__name__}: {' '.join(message.split())[:150]}"


def explain(name, error):
    """Say in one sentence that a data set could not be used, from within an ``except``."""
    if DEBUG:
        traceback.print_exc()
    return (
        f"{name} could not be used ({in_one_line(error)}); mend its file or its parameters. "
        "BENCHOPT_DEBUG=1 shows the traceback."
    )


@contextmanager
def into(folder):
    """A temporary folder, whose files are moved into ``folder`` at the end.

    Until then nothing in ``folder`` is replaced; after an exception nothing at all.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as temporary:
        yield Path(temporary)
        for path in Path(temporary).iterdir():
            os.replace(path, folder / path.name)


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
    except Unavailable:  # explained already
        raise
    # A loader may raise any exception of its downloader, decompressor or parser.
    except Exception as error:
        raise Unavailable(
            f"{name} could not be loaded from {source} ({in_one_line(error)}). {advice}"
        ) from error

"""Loading data that may have to be downloaded, and saying so where that fails."""


class Unavailable(Exception):
    """A data set cannot be had; the message says why, and what to do."""


def load(name, source, advice, fetch, *args, **options):
    """Call a library's loader.

    Parameters
    ----------
    name, source : str
        Of the data set, and of where it comes from: words of the message.
    advice : str
        What to do if it cannot be had.
    fetch : callable
        The loader, called with the arguments that follow.

    Returns
    -------
    data : object
        What the loader returns.

    Raises
    ------
    Unavailable
        If there is no network, or a cached file is damaged.
    """
    try:
        return fetch(*args, **options)
    # A loader raises what its downloader, its decompressor or its parser raises.
    except Exception as error:
        cause = " ".join(str(error).split())[:150]
        raise Unavailable(
            f"{name} could not be loaded from {source} ({type(error).__name__}: {cause}). {advice}"
        ) from error


def load_by_scikit_learn(name, fetch, **options):
    """Call a loader of scikit-learn, which keeps what it has downloaded; see :func:`load`."""
    advice = (
        "Connect to the network once, or set SCIKIT_LEARN_DATA to a folder in which scikit-learn "
        "has kept it."
    )
    return load(name, "scikit-learn's cache or the network", advice, fetch, **options)

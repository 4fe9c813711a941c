"""How a run of benchopt ends before its time: in a sentence, and without workers that go on."""

import atexit
import errno
import signal
import sys
import threading
import warnings
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import psutil
from benchopt import runner
from benchopt.benchmark import get_running_benchmark
from benchopt.utils.terminal_output import TerminalOutput
from click import Abort

from benchmark_utils import journal
from benchmark_utils.results.files import Elsewhere, new_path, save
from benchmark_utils.results.terminal import replace_what_cannot_be_shown

# Of a disk that is full, or where nothing may be written.
DISK = {
    errno.EACCES, errno.EDQUOT, errno.EEXIST, errno.EFBIG, errno.EISDIR, errno.ENOSPC,
    errno.ENOTDIR, errno.EPERM, errno.EROFS,
}  # fmt: skip

# Set where a run has begun, or has said why not.
BEGUN = threading.Event()


def is_benchopt():
    """Whether this process is that of the command ``benchopt``, and no worker or script."""
    return "benchopt" in (Path(sys.argv[0]).stem, Path(sys.argv[0]).parent.name)


def end_in_sentences():
    """Do so in this process."""
    replace_what_cannot_be_shown()
    runner.save_results = save_results
    sys.excepthook = say_what_is_kept
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    on_hang_up(interrupt)
    if sys.argv[1:2] == ["run"]:
        atexit.register(say_that_nothing_began)


def say_that_nothing_began():
    """A sentence where a file that was imported has ended the process, maybe without a word."""
    if not BEGUN.is_set():
        print(
            "\nThe run ended before it began, and nothing that was finished earlier is lost. If no "
            "reason is above, the file of a dataset or solver has ended the process when it "
            "was imported: `make safe-run`, with the same options, says which.",
            file=sys.stderr,
        )


def on_hang_up(handler):
    """Call this function where the terminal is closed, unless nohup has said to go on then."""
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, handler)


def save_results(results, path):
    """What benchopt's function of this name does, but the file is written whole or not at all."""
    with warnings.catch_warnings():
        # A file that was imported may have made errors of them.
        warnings.simplefilter("default")
        path = new_path(path)
    save(path, results.assign(run_date=datetime.now().isoformat()))
    TerminalOutput().savefile_status(path)
    return path


def interrupt(number, frame):
    """End the workers and the run."""
    for child in psutil.Process().children(recursive=True):
        # joblib's resource tracker ends itself when it has tidied up.
        with suppress(psutil.NoSuchProcess):
            if "resource_tracker" not in " ".join(child.cmdline()):
                child.kill()
    # A script may send to a file what benchopt prints, and the terminal may be gone.
    with suppress(OSError):
        print(f"\n{signal.Signals(number).name}: the run ends. {kept()}", file=sys.stderr)
    journal.ENDED.set()
    BEGUN.set()
    raise KeyboardInterrupt


def say_what_is_kept(kind, error, traceback):
    """A sentence in place of the traceback, where a file could not be written."""
    BEGUN.set()
    if issubclass(kind, Elsewhere):
        print(error, file=sys.stderr)
        return
    if issubclass(kind, (Abort, KeyboardInterrupt)):
        # Said already.
        return
    if not issubclass(kind, OSError) or not (error.errno in DISK or of_cache(error.filename)):
        sys.__excepthook__(kind, error, traceback)
        print(f"\nThe command has ended with the error above. {kept()}", file=sys.stderr)
        return
    file = error.filename or "A file"
    print(
        f"{file} cannot be written ({error.strerror}). {kept()} Make room first, or give --output "
        "and BENCHOPT_CACHE folders that can be written.",
        file=sys.stderr,
    )


def of_cache(file):
    """Whether a file is one of the cache, whose folder may lead to a disk that is not there."""
    folder = get_running_benchmark().get_cache_location()
    return None not in (file, folder) and Path(file).is_relative_to(folder)


def kept():
    """What is kept of a run, and how to go on."""
    folder = get_running_benchmark().get_cache_location()
    if folder is None:
        return "Nothing of it is kept, because of --no-cache."
    collect = ", or with --collect for a results file of those" if is_benchopt() else ""
    return (
        f"Finished curves are kept in {folder}, as far as there was room. Give the same command "
        f"again to go on{collect}."
    )

"""Which files a curve comes from, and whether they are those of a commit."""

import hashlib
import os
import subprocess
from functools import cache
from pathlib import Path

from benchopt import BaseSolver

from benchmark_utils.provenance.fingerprint import suite_fingerprint
from benchmark_utils.provenance.imports import imported_by

ROOT = Path(__file__).resolve().parents[2]
# Of another repository, where git itself runs the suite, as in a hook: git rev-parse
# --local-env-vars lists them.
GIT_VARIABLES = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR", "GIT_CONFIG", "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS", "GIT_DIR", "GIT_GRAFT_FILE", "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE", "GIT_INTERNAL_SUPER_PREFIX", "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY", "GIT_PREFIX", "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)  # fmt: skip
# Seconds that git may take for one answer.
PATIENCE = 60


def files_of(objective):
    """The files of the objective, of its dataset and of the solver that runs, sorted.

    Those of modules that they import are listed as well. ``benchmark_utils`` takes part in every
    run, and is not.
    """
    solver = objective._run_context.solver_name.split("[")[0]
    classes = [type(objective), type(objective._dataset)]
    # benchopt tells an objective only the name of the solver.
    classes += [cls for cls in subclasses(BaseSolver) if cls.name == solver]
    files = {cls._module_filename for cls in classes if hasattr(cls, "_file_hash")}
    return tuple(sorted(files.union(*map(imported_by, files))))


def subclasses(cls):
    for child in cls.__subclasses__():
        yield child
        yield from subclasses(child)


@cache
def content(path):
    """What a file holds when it is first asked for: before a run, which may change or delete it."""
    return path.read_bytes()


def files_fingerprint(files):
    """A hash of these files and of ``benchmark_utils``."""
    digest = hashlib.sha256(suite_fingerprint().encode())
    for path in files:
        digest.update(path.name.encode() + b"\0" + content(path))
    return digest.hexdigest()


@cache
def origin(files):
    """The commit that files are of, what differs from it, and their hash.

    Parameters
    ----------
    files : tuple of Path
        As :func:`files_of` gives them.

    Returns
    -------
    origin : dict
        ``commit`` of the repository that has the suite, with ``-dirty`` if files differ; None if
        there is none. ``dirty``, the files that are not as in the commit. ``no_commit``, why there
        is none, else empty. ``files``, a SHA-256 of these files and of ``benchmark_utils``.
    """
    told = dict(commit=None, dirty=[], no_commit="", files=files_fingerprint(files))
    try:
        commit, told["dirty"] = head(), changed(files)
        told["commit"] = commit + ("-dirty" if told["dirty"] else "")
    except FileNotFoundError:
        told["no_commit"] = "git is not installed"
    except subprocess.TimeoutExpired:
        told["no_commit"] = f"git gave no answer within {PATIENCE} s"
    except subprocess.CalledProcessError as error:
        told["no_commit"] = f"git {error.cmd[-1]}: " + " ".join(error.stderr.split())[:200]
    return told


def head():
    """The commit that is checked out, of a repository that has the suite."""
    inside = git("rev-parse", "--show-prefix").strip()
    if inside:
        # The suite is a folder of another repository, which may know nothing of it.
        git("ls-files", "--error-unmatch", "objective.py")
    return git("rev-parse", "HEAD").strip()


def changed(files):
    """The files, and Python files of ``benchmark_utils``, that are not as in the commit.

    Contents are compared, as git's index may be told to overlook a change.
    """
    within = {str(path.relative_to(ROOT)) for path in files if path.is_relative_to(ROOT)}
    within |= {str(path.relative_to(ROOT)) for path in ROOT.glob("benchmark_utils/**/*.py")}
    listed = git("ls-tree", "-r", "-z", "HEAD", "--", "benchmark_utils", *sorted(within))
    entries = (entry.split("\t", 1) for entry in listed.split("\0") if entry)
    committed = {
        path: words.split()[2]
        for words, path in entries
        if path in within or (path.startswith("benchmark_utils/") and path.endswith(".py"))
    }
    present = sorted(path for path in within if (ROOT / path).is_file())
    now = dict(zip(present, git("hash-object", "--", *present).split(), strict=True))
    dirty = [
        path for path in sorted(within | set(committed)) if now.get(path) != committed.get(path)
    ]
    return dirty + [str(path) for path in files if not path.is_relative_to(ROOT)]


def git(*arguments):
    """What git prints about the suite's folder."""
    # git trusts no folder of another user, but this one's code runs already.
    trusted = ["-c", f"safe.directory={ROOT}", "-c", "core.fsmonitor=false"]
    environment = {name: os.environ[name] for name in os.environ if name not in GIT_VARIABLES}
    return subprocess.run(
        ["git", "-C", str(ROOT), *trusted, *arguments],
        capture_output=True, text=True, errors="replace", check=True, env=environment,
        timeout=PATIENCE,
    ).stdout  # fmt: skip

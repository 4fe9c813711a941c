"""Which modules of a user's own a file imports, found without running it."""

import ast
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

INSTALLED = {"site-packages", "dist-packages"}


@cache
def imported_by(file):
    """The files of modules that a file imports, and that these import in turn.

    Parameters
    ----------
    file : Path

    Returns
    -------
    files : frozenset of Path
        None of Python, of what is installed, or of ``benchmark_utils``, which takes part in every
        run.
    """
    found, waiting = set(), [file]
    while waiting:
        new = {path for name in names_in(waiting.pop()) for path in files_of_module(name)} - found
        found |= new
        waiting += new
    return frozenset(found - {file})


def names_in(file):
    """The first names of the modules that a file imports, in functions too."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return set()
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module)
    return {name.split(".")[0] for name in names} - {"benchmark_utils"} - sys.stdlib_module_names


@cache
def files_of_module(name):
    """The files of a module, or all of a package; none if it is installed."""
    try:
        spec = find_spec(name)
    except (ImportError, ValueError):
        return frozenset()
    if spec is None:
        return frozenset()
    folders = spec.submodule_search_locations
    paths = [Path(spec.origin)] if folders is None and spec.has_location else []
    for folder in folders or ():
        if not INSTALLED & set(Path(folder).parts):
            paths += Path(folder).rglob("*.py")
    return frozenset(path.resolve() for path in paths if not INSTALLED & set(path.parts))

"""Which files of solvers are meant, found without running any of them."""

import ast
from pathlib import Path

from benchopt.utils.parametrized_name_mixin import is_file_selector, is_matched
from suite import ROOT


class Unparsable(Exception):
    """A solver's file is no Python; the message says where."""


def name_of(file):
    """The name of the solver in a file, as benchopt finds it without an import.

    Raises
    ------
    Unparsable
    """
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError) as error:
        where = f" in line {error.lineno}" if getattr(error, "lineno", None) else ""
        raise Unparsable(f"does not parse ({getattr(error, 'msg', error)}{where})") from error
    for cls in tree.body:
        if isinstance(cls, ast.ClassDef) and cls.name == "Solver":
            for line in cls.body:
                match line:
                    case ast.Assign([ast.Name("name")], ast.Constant(str(name))):
                        return name
    return file.stem


def names():
    """The names of the suite's solvers by their files; of one that does not parse, its own."""
    found = {}
    for file in sorted((ROOT / "solvers").glob("[!.]*.py")):
        try:
            found[file] = name_of(file)
        except Unparsable:
            found[file] = file.stem
    return found


def as_list(patterns):
    """Patterns of a configuration, each with one name; those without values are names only."""
    listed = patterns if isinstance(patterns, (list, tuple)) else [patterns] if patterns else []
    return [
        name if values is None else {name: values}
        for pattern in listed
        for name, values in (pattern.items() if isinstance(pattern, dict) else [(pattern, None)])
    ]


def files_of(patterns):
    """The files of the solvers that patterns mean, each with its own patterns.

    Parameters
    ----------
    patterns : list of str or dict
        As for ``benchopt run -s``: names with parameters, or paths of files. All solvers if empty.

    Returns
    -------
    files : dict of Path to list
        In the order in which benchopt would run them.

    Raises
    ------
    ValueError
        If a pattern means no solver.
    """
    known, files = names(), {}
    if not patterns or "all" in patterns:
        return {file: [known[file]] for file in sorted(known, key=lambda f: known[f].lower())}
    for pattern in patterns:
        name = next(iter(pattern)) if isinstance(pattern, dict) else pattern
        if is_file_selector(name):
            meant = [Path(name.split("[")[0])]
        else:
            meant = [file for file, known_name in known.items() if is_matched(known_name, [name])]
        if not meant or not all(file.is_file() for file in meant):
            raise ValueError(
                f"{name} is no solver; give one of {', '.join(sorted(known.values()))}, or the "
                "path of a file."
            )
        for file in meant:
            files.setdefault(file, []).append(pattern)
    return files

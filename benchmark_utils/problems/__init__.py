"""The bilevel problems of the suite: each file of this folder that declares one.

``my_problem.py`` holds the problem ``my_problem`` if one of its classes declares ``parameters``:
the names of the problem's parameters, each with its default, such as ``{"ridge": [0.01]}``, or
``{}``. Files are parsed, not imported, because some import libraries that take seconds to load.
"""

import ast
import warnings
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent
# The objective's own parameters, and the seed, which every problem receives.
RESERVED = {"problem", "question", "seed"}
# The objective shows this if problems differ in a default.
DEFAULT = "default"


class UnusableProblem(Exception):
    """A problem cannot be used; the message is a sentence that says why, and what to do."""


class Declaration(NamedTuple):
    """The declaration of a problem in its file."""

    class_name: str
    defaults: dict  # of str to object, by parameter


class FoundProblems(NamedTuple):
    """The declarations in this folder, and its faulty files, by problem."""

    declared: dict  # of str to Declaration
    faults: dict  # of str to str: what is wrong with a file


@cache
def find_problems():
    """Read the files of this folder, and warn about faulty ones."""
    found = FoundProblems({}, {})
    for path in sorted(FOLDER.glob("[!._]*.py")):
        try:
            declaration = read_declaration(path)
        except UnusableProblem as fault:
            warnings.warn(str(fault), stacklevel=2)
            found.faults[path.stem] = str(fault)
        else:
            if declaration is not None:
                found.declared[path.stem] = declaration
    return found


def read_declaration(path):
    """The declaration in a file; None if it holds no problem."""
    try:
        module = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError) as error:
        raise UnusableProblem(f"{shown(path.stem)} does not parse ({error}); fix it.") from error
    declared = [
        (cls.name, value)
        for cls in module.body
        if isinstance(cls, ast.ClassDef)
        for value in map(declared_parameters, cls.body)
        if value is not None
    ]
    if not declared:
        return None
    if len(declared) > 1:
        names = " and ".join(name for name, _ in declared)
        raise UnusableProblem(
            f"{shown(path.stem)}: {names} declare parameters; give each problem its own file."
        )
    [(class_name, value)] = declared
    try:
        defaults = {name: default for name, [default] in ast.literal_eval(value).items()}
    except (AttributeError, TypeError, ValueError) as error:
        raise UnusableProblem(
            f"{shown(path.stem)}: the parameters of {class_name} are read without running the "
            'file; write them as a literal, each with one default: {"ridge": [0.01]}.'
        ) from error
    if RESERVED & set(defaults):
        taken = ", ".join(sorted(RESERVED & set(defaults)))
        raise UnusableProblem(
            f"{shown(path.stem)}: a parameter of {class_name} has a name that is reserved, "
            f"{taken}; give it another."
        )
    return Declaration(class_name, defaults)


def declared_parameters(statement):
    """The right-hand side of ``parameters = ...``; None if a statement is something else."""
    match statement:
        case ast.Assign(targets=[ast.Name("parameters")], value=value):
            return value
        case ast.AnnAssign(target=ast.Name("parameters"), value=value):
            return value
    return None


def shown(name):
    """The path of a problem's file, for messages."""
    return f"benchmark_utils/problems/{name}.py"


def default_parameters(name):
    """The parameters of a problem and their defaults; none if there is no such problem."""
    declared = find_problems().declared
    return declared[name].defaults if name in declared else {}


def parameters_of_all():
    """The parameters of all problems, {name: [default]}, as benchopt's classes declare theirs."""
    parameters = {}
    for declaration in find_problems().declared.values():
        for name, default in declaration.defaults.items():
            if parameters.setdefault(name, [default]) != [default]:
                parameters[name] = [DEFAULT]
    return parameters


def get_problem(name):
    """Import the class of a problem.

    Raises
    ------
    UnusableProblem
        If there is no such problem, or its file cannot be used.
    """
    declared, faults = find_problems()
    if name in faults:
        raise UnusableProblem(faults[name])
    if name not in declared:
        if name in [path.stem for path in FOLDER.glob("*.py")]:
            raise UnusableProblem(
                f"{shown(name)} declares no problem, because none of its classes has parameters; "
                "declare them, as {} if there are none."
            )
        raise UnusableProblem(
            f"problem={name!r} is not allowed; give one of {', '.join(declared)}."
        )
    try:
        module = import_module(f"{__name__}.{name}")
    # Importing a file may raise any exception.
    except Exception as error:
        raise UnusableProblem(
            f"{shown(name)} cannot be imported ({type(error).__name__}: {error}); fix it, or "
            "install the libraries that it imports."
        ) from error
    return getattr(module, declared[name].class_name)

"""Imports between the rooms of the suite point one way."""

import ast

import pytest

import benchmark_utils
from helpers import ROOT

SUITE = "benchmark_utils"
GROUND = {"minibatches", "oracle", "validation", "journal"}
FIRST = {"numerics", "frameworks"} | GROUND
SECOND = {"algorithms", "problems", "judge", "optima", "budget", "ends"} | FIRST
# Which rooms of benchmark_utils a room may import from, besides itself.
ALLOWED = {
    "solvers": SECOND,
    "objective": SECOND | {"data", "provenance"},
    "scripts": SECOND | {"results", "experiments"},
    "experiments": SECOND,
    "algorithms": FIRST,
    "problems": FIRST,
    "judge": FIRST,
    "optima": set(),
    "ends": {"results", "journal"},
    "budget": {"oracle", "validation", "journal"},
    "numerics": GROUND,
    "frameworks": GROUND,
    **dict.fromkeys(GROUND, GROUND),
    "datasets": {"data", "validation"},
    "data": {"validation"},
    "plots": {"results"},
    "results": set(),
    "provenance": set(),
}
OUTSIDE = {"solvers", "objective", "scripts", "experiments", "datasets", "plots"}
NUMBA = f"{SUITE}.frameworks.numba"


def files():
    """The suite's files, by module."""
    paths = [
        ROOT / "objective.py",
        *(path for room in (SUITE, *OUTSIDE) for path in (ROOT / room).rglob("*.py")),
    ]
    return {".".join(path.relative_to(ROOT).with_suffix("").parts): path for path in paths}


FILES = files()
MODULES = {module.removesuffix(".__init__") for module in FILES}


def room(module):
    """The room of a module; None for ``benchmark_utils`` itself."""
    first, *rest = module.split(".")
    if first != SUITE:
        return first
    return rest[0] if rest and rest != ["__init__"] else None


def imports(source):
    """The suite's modules and the experiments that a source imports, in functions too."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "Imports are absolute in this suite."
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            # What the door of numba's framework offers is part of the door.
            inside = MODULES if node.module != NUMBA else set()
            found |= {name if name in inside else node.module for name in names}
    return {module for module in found if module.split(".")[0] in (SUITE, "experiments")}


def climbing(module, source):
    """The imports of a module that do not point down."""
    home = room(module)
    allowed = {home} | (ALLOWED[home] if home else set())
    return [f"{module} -> {name}" for name in sorted(imports(source)) if room(name) not in allowed]


def round_the_door(module, source):
    """The imports of numba's framework by others than kernels, or past its ``__init__``."""
    if module.startswith(f"{NUMBA}."):
        return []
    may_enter = module.endswith("_kernels") or module == f"{SUITE}.frameworks.__init__"
    entered = {name for name in imports(source) if f"{name}.".startswith(f"{NUMBA}.")}
    return [f"{module} -> {name}" for name in sorted(entered) if not (may_enter and name == NUMBA)]


def test_imports_point_one_way():
    assert [
        arrow for module, path in FILES.items() for arrow in climbing(module, path.read_text())
    ] == []


def test_the_numba_framework_is_entered_by_its_door_only():
    assert [
        arrow
        for module, path in FILES.items()
        for arrow in round_the_door(module, path.read_text())
    ] == []


def test_every_room_is_on_the_map_and_has_its_rule():
    rooms = {room(module) for module in FILES} - {None}
    assert rooms == set(ALLOWED)
    assert all(f" {name}" in benchmark_utils.__doc__ for name in rooms)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("plots.some", "from benchmark_utils.problems import get_problem"),
        ("plots.some", "import benchmark_utils.algorithms.base"),
        ("plots.some", "from benchmark_utils import judge"),
        (f"{SUITE}.problems.some", "def f():\n    from benchmark_utils.algorithms import base"),
        (f"{SUITE}.numerics.some", "from benchmark_utils.problems.base import Problem"),
        ("solvers.some", "from experiments.plug_and_play import iterates"),
        ("experiments.some", "from benchmark_utils.results.curves import TASK"),
        (f"{SUITE}.validation", "from benchmark_utils.numerics.newton import newton"),
        ("datasets.some", "from benchmark_utils.results.curves import TASK"),
    ],
)
def test_an_import_that_climbs_is_seen(module, source):
    assert len(climbing(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source", "allowed"),
    [
        (f"{SUITE}.problems.some_kernels", f"from {NUMBA} import jit", True),
        (f"{SUITE}.problems.some_kernels", f"from {NUMBA}.operations import compile", False),
        (f"{SUITE}.problems.some", f"from {NUMBA} import jit", False),
        (f"{NUMBA}.some", f"from {NUMBA}.operations import compile", True),
    ],
)
def test_an_import_round_the_door_is_seen(module, source, allowed):
    assert (round_the_door(module, source) == []) == allowed

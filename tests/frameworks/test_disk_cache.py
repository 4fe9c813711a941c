"""Compiled code is kept across processes, goes stale with its source, and may be damaged."""

import os
import shutil
import subprocess
import sys
from itertools import cycle
from textwrap import dedent

import pytest

from helpers import MONTHLY, ROOT

pytestmark = pytest.mark.slow

HELPER = """
SCALE = {scale}

def scaled(x):  {comment}
    return SCALE * x
"""
SOLVER = """
from typing import Any, NamedTuple

from benchmark_utils.algorithms.stochastic import StochasticSolver
import my_helper


class State(NamedTuple):
    inner_var: Any
    outer_var: Any


class Solver(StochasticSolver):
    name = "Mine"
    parameters = {{"shift": [1.0], **StochasticSolver.parameters}}

    def schedules(self):
        return [(0.1, 0)]

    def init(self, arrays, inner_var, outer_var):
        return State(inner_var, outer_var)

    def make_step(self, framework, oracle):
        shift = self.shift

        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            theta, lam = state
            grad = oracle.inner_grad(arrays, theta, lam, inner_batches[0])
            return State({code}, lam + shift)

        return step
"""
# A compiled function of the user's, too long to become part of its caller.
MOVED = """
        @njit
        def moved(x):
            out = x.copy()
            for k in range(out.shape[0]):
                for j in range(3):
                    if out[k] > 3.0:
                        out[k] = np.sin(out[k] + j) * np.cos(out[k]) + shift
                    else:
                        out[k] += shift * (np.exp(-(out[k] ** 2)) + np.tanh(out[k]))
            return out

"""
# One that calls itself.
FACTORIAL = """
        @njit
        def factorial(n):
            if n < 2:
                return 1.0
            return n * factorial(n - 1)

"""
RUN = """
import sys
from numba.core import event
from numba.core.lowering import Environment
from helpers import make_quadratic, run, set_run_context
from my_solver import Solver

VARIABLES = "inner_var", "outer_var"
framework, *shifts = sys.argv[1:]
if framework == "jax":
    import jax
    import benchmark_utils.frameworks.jax
    # Programs are kept however fast the machine compiles them.
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.0)
solvers = []
with event.install_recorder("numba:compile") as compiled:
    for shift in map(float, shifts):
        options = dict(framework=framework, shift=shift, batch_size=16, eval_freq=4)
        solvers.append(Solver.get_instance(**options))
        set_run_context(solvers[-1])
        solvers[-1].set_objective(make_quadratic())
names = [name for name in Environment._memo if "_make_loop" in name]
assert len(names) == (len(shifts) if framework == "numba" else 0), names
results = [run(solver, 2) for solver in solvers]
print(len(compiled.buffer), *(repr([result[x].tolist() for x in VARIABLES]) for result in results))
"""
CODE = "theta - my_helper.scaled(grad)"


class Folder:
    """A solver of a user's, its helper module, and a cache."""

    def __init__(self, path):
        self.path, self.cache = path, path / "cache"
        (path / "run.py").write_text(RUN)
        self.write()

    def write(self, scale=0.5, comment="", code=CODE):
        (self.path / "my_helper.py").write_text(HELPER.format(scale=scale, comment=comment))
        (self.path / "my_solver.py").write_text(SOLVER.format(code=code))

    def let_the_step_call(self, function, call):
        solver = self.path / "my_solver.py"
        code = solver.read_text().replace("lam + shift", call)
        code = code.replace("\n        def step(", f"{function}        def step(")
        solver.write_text(f"import numpy as np\nfrom numba import njit\n{code}")

    def start(self, framework="numba", *shifts, **environment):
        paths = map(str, (self.path, ROOT, ROOT / "tests"))
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(paths),
            "NUMBA_CACHE_DIR": str(self.cache),
            **environment,
        }
        command = [sys.executable, str(self.path / "run.py"), framework, *map(str, shifts or [1.0])]
        return subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, *args, **environment):
        """How many functions a new process compiled, and what it computed."""
        return finished(self.start(*args, **environment))

    def files(self, framework="numba"):
        folder = self.cache / "machine_code" / framework
        return sorted(path for path in folder.rglob("*") if path.is_file())


def finished(process):
    output, errors = process.communicate()
    assert process.returncode == 0, errors
    n_compiled, result = output.split(maxsplit=1)
    return int(n_compiled), result


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """A folder after a first run, and the result."""
    folder = Folder(tmp_path_factory.mktemp("compiled"))
    n_compiled, result = folder.run()
    assert n_compiled > 0
    return folder, result


@pytest.fixture
def filled(compiled, folder):
    """Another folder with the same cache, and the result."""
    first, result = compiled
    shutil.copytree(first.cache, folder.cache)
    return folder, result


def test_machine_code_goes_stale_with_all_that_it_is_made_from(filled):
    folder, result = filled
    assert folder.run() == (0, result)
    folder.write(comment="# what it does")
    assert folder.run() == (0, result)
    changes = dict(scale=0.25), dict(code="theta - 2 * my_helper.scaled(grad)")
    results = {result}
    for change in changes:
        folder.write(**change)
        n_compiled, result = folder.run()
        assert n_compiled > 0
        results.add(result)
    n_compiled, result = folder.run("numba", 2.0)
    assert n_compiled > 0
    assert len(results | {result}) == 4
    # Of each state of the sources, what was compiled is still there.
    folder.write()
    assert folder.run()[0] == 0


def test_code_that_two_processes_left_is_two_functions_to_a_third(folder):
    folder.let_the_step_call(MOVED, "moved(moved(lam))")
    (_, first), (_, second) = folder.run("numba", 1.0), folder.run("numba", 2.0)
    _, both = folder.run("numba", 2.0, 1.0)
    assert both == f"{second.strip()} {first}"


@pytest.mark.parametrize("place", [pytest.param("step", marks=MONTHLY), "module"])
def test_a_function_that_calls_itself_is_compiled_in_each_process(folder, place):
    if place == "step":
        folder.let_the_step_call(FACTORIAL, "factorial(3) * lam")
    else:
        folder.let_the_step_call("", "my_helper.factorial(3) * lam")
        with (folder.path / "my_helper.py").open("a") as helper:
            helper.write(f"from numba import njit\n{dedent(FACTORIAL)}")
    first, second = folder.run(), folder.run()
    assert first == second
    assert first[0] > 0


def test_two_processes_may_fill_the_cache_at_the_same_time(folder):
    processes = [folder.start() for _ in range(2)]
    (_, one), (_, other) = map(finished, processes)
    assert one == other
    assert folder.run() == (0, one)


def damaged(content):
    """The content of a file as a power cut, a full disk or an old disk leaves it."""
    middle = len(content) // 2
    flipped = bytes([content[middle] ^ 1])
    return {
        "cut": content[:middle],
        "empty": b"",
        "garbled": content[::-1],
        "flipped": content[:middle] + flipped + content[middle + 1 :],
    }


DAMAGES = tuple(damaged(b"some"))


@pytest.mark.parametrize(
    "damage", [pytest.param(name, marks=[] if name == "flipped" else MONTHLY) for name in DAMAGES]
)
def test_a_damaged_file_costs_a_compilation_and_no_more(filled, damage):
    folder, result = filled
    [path] = folder.files()
    path.write_bytes(damaged(path.read_bytes())[damage])
    n_compiled, again = folder.run()
    assert n_compiled > 0
    assert again == result
    assert folder.run() == (0, result)


def test_a_folder_that_cannot_be_written_does_no_harm(folder):
    # Below a file there is no folder, for root neither.
    folder.cache.write_text("")
    n_compiled, result = folder.run()
    assert n_compiled > 0
    assert folder.run() == (n_compiled, result)


def test_jax_keeps_its_programs_and_does_without_damaged_ones(folder):
    _, result = folder.run("jax")
    files = folder.files("jax")
    assert files
    times = [path.stat().st_mtime_ns for path in files]
    assert folder.run("jax")[1] == result
    assert set(files) <= set(folder.files("jax"))
    programs = [path for path in files if path.name.endswith("-cache")]
    assert [path.stat().st_mtime_ns for path in files if path in programs] == [
        time for path, time in zip(files, times, strict=True) if path in programs
    ]
    contents = [path.read_bytes() for path in programs]
    for damages in (DAMAGES[:2], DAMAGES[2:]):
        for path, content, damage in zip(programs, contents, cycle(damages), strict=False):
            path.write_bytes(damaged(content)[damage])
        assert folder.run("jax")[1] == result

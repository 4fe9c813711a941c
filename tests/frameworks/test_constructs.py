"""What people write in a step works on all frameworks and in both precisions.

Each construct gives one array of a state's ``values``, under its name.
"""

import itertools
from typing import Any, NamedTuple

import numpy as np
import pytest

import helpers
from benchmark_utils.algorithms.stochastic import StochasticSolver
from helpers import MONTHLY, make_problem, set_run_context

pytestmark = pytest.mark.slow

HALF = 0.5


def half(x):
    return HALF * x


def half_and_one(x):
    return half(x) + 1


def reverse(x):
    return x[::-1]


def powers(x, n):
    total = x
    for k in range(2, n + 1):
        total = total + x**k if k % 2 else total - x**k / k
    return total


NAMES = [
    "python numbers", "where", "sqrt", "exp", "log", "maximum", "minimum", "clip", "sign", "dot",
    "matmul", "sum", "mean", "max", "norm", "concatenate", "concatenate a list", "stack",
    "zeros_like", "ones_like", "cumsum", "isnan", "isfinite", "slicing", "local scalar", "helper",
    "helper of a module", "helper with a loop and a branch",
]  # fmt: skip


class Values(NamedTuple):
    inner_var: Any
    outer_var: Any
    values: tuple


class Base(StochasticSolver):
    def schedules(self):
        return [(0.1, 0.5)]


class Arithmetic(Base):
    name = "Arithmetic"

    def init(self, arrays, inner_var, outer_var):
        return Values(inner_var, outer_var, tuple(np.zeros_like(inner_var) for _ in NAMES))

    def make_step(self, framework, oracle):
        xp = framework.np
        # PyTorch has no slices with negative steps.
        backwards = xp.flip if self.framework == "torch" else reverse

        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            [rho] = step_sizes
            x, lam, _ = state
            y = oracle.inner_grad(arrays, x, lam, inner_batches[0])
            first = 0.0
            first += x[0]
            first *= 2
            values = (
                0.9 * x + 0.1 * y - 2 * x / 3 + x**2 - (1 - rho) * y,
                xp.where(x > 0, x, y) + xp.where(x > y, x, 0) + xp.where(x > y, 0.5, x),
                xp.sqrt(xp.abs(x)),
                xp.exp(-abs(x)),
                xp.log(1 + x**2),
                xp.maximum(x, 0) + xp.maximum(x, y),
                xp.minimum(x, 0.1),
                xp.clip(x, -0.5, 0.5),
                xp.sign(x),
                xp.dot(x, y) * x,
                (x @ y) * y,
                xp.sum(x) * x + x.sum() * y,
                xp.mean(x) * x + x.mean(),
                xp.max(x) * x + x.max(),
                x / (xp.linalg.norm(x) + 1e-12),
                xp.concatenate((x[:2], y[2:])),
                xp.concatenate([x[:1], y[1:]]),
                xp.stack((x, y))[1] + xp.stack([x, y])[0],
                xp.zeros_like(x) + x,
                xp.ones_like(x) * y,
                xp.cumsum(x),
                xp.where(xp.isnan(x), 0, x),
                xp.where(xp.isfinite(x), y, 0),
                backwards(x) + x[-1],
                first * x,
                half_and_one(x),
                helpers.thirds(x),
                powers(x, 4),
            )
            return Values(x - rho * y, lam, values)

        return step


class Pair(NamedTuple):
    vector: Any
    number: Any


class Kinds(NamedTuple):
    inner_var: Any
    outer_var: Any
    a_float: float
    an_int: int
    a_bool: bool
    nothing: None
    a_tuple: tuple
    a_named_tuple: Pair
    corrected: Any


class StateKinds(Base):
    name = "StateKinds"

    def init(self, arrays, inner_var, outer_var):
        nested = inner_var, (outer_var, 0.5)
        pair = Pair(np.zeros_like(inner_var), 1.0)
        return Kinds(inner_var, outer_var, 1.0, 0, False, None, nested, pair, inner_var)

    def make_step(self, framework, oracle):
        weights = np.linspace(0, 1, self.problem.inner_dim).astype(self.precision)
        if self.framework == "torch":
            weights = framework.np.asarray(weights)

        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            [rho] = step_sizes
            x, lam, a_float, n, flag, nothing, (old, (_, scale)), (mean, total), _ = state
            grad = oracle.inner_grad(arrays, x, lam, inner_batches[0])
            n = n + 1
            mean = 0.9 * mean + 0.1 * grad
            corrected = mean / (1 - 0.9**n)
            nested = x + weights * old / 2, (lam, 0.9 * scale)
            pair = Pair(mean, total + a_float)
            new = x - rho * corrected
            a_float = 0.5 * a_float + 1
            return Kinds(new, lam, a_float, n, flag ^ True, nothing, nested, pair, corrected)

        return step


class Loops(Base):
    name = "Loops"
    n_inner_batches = 3

    def init(self, arrays, inner_var, outer_var):
        return Values(inner_var, outer_var, (inner_var, inner_var, inner_var))

    def make_step(self, framework, oracle):
        xp = framework.np

        def descend(x, batch, args):
            arrays, lam, rho = args
            return x - rho * oracle.inner_grad(arrays, x, lam, batch)

        def double(k, x, args):
            return x + 0.1 * k * args[0]

        def shrink(args):
            x, y = args
            return 0.5 * x - y

        def keep(args):
            return args[0]

        fold, loop = framework.fold(descend), framework.fori_loop(double)
        choose = framework.cond(shrink, keep)

        def step(state, arrays, inner_batches, outer_batches, step_sizes):
            [rho] = step_sizes
            x, lam, _ = state
            folded = fold(x, inner_batches, (arrays, lam, rho))
            looped = loop(3, folded, (x,))
            chosen = choose(xp.sum(x) > 0, (looped, x))
            return Values(folded, lam, (folded, looped, chosen))

        return step


def states(cls, framework, precision):
    """The state after some iterations, and the types of its arrays."""
    solver = cls.get_instance(framework=framework, precision=precision, batch_size=16, eval_freq=5)
    set_run_context(solver)
    problem = make_problem()
    assert solver.skip(problem) == (False, None)
    solver.set_objective(problem)
    solver.pre_run_hook(None)
    arrays = solver.arrays
    state = solver.first_state(arrays, *solver.start)
    chunks = solver.chunks(np.random.default_rng(0).spawn(3))
    for _ in range(3):
        state = solver.iterate(state, arrays, next(chunks))
    return state


def leaves(value, name=""):
    """The arrays and numbers of a state by their path."""
    if isinstance(value, tuple):
        names = getattr(value, "_fields", range(len(value)))
        for key, member in zip(names, value, strict=True):
            yield from leaves(member, f"{name}.{key}")
    elif value is not None:
        yield name, np.asarray(value)


def readable(name):
    """The construct of an entry of ``Arithmetic``'s values."""
    return NAMES[int(name.removeprefix(".values."))] if name.startswith(".values.") else name


@pytest.mark.parametrize(
    ("framework", "precision"),
    [
        pytest.param("numba", "float32", marks=MONTHLY),
        *itertools.product(["jax", "torch", "python"], ["float64", "float32"]),
        ("numba", "float64"),
    ],
)
@pytest.mark.parametrize("cls", [Arithmetic, StateKinds, Loops])
def test_constructs_give_what_they_give_in_python_in_the_precision_asked(cls, framework, precision):
    if framework == "torch":
        pytest.importorskip("torch")
    expected = dict(leaves(states(cls, "python", "float64")))
    result = dict(leaves(states(cls, framework, precision)))
    assert result.keys() == expected.keys()
    rtol, atol = (1e-10, 1e-12) if precision == "float64" else (2e-3, 2e-4)
    for name, value in result.items():
        construct = readable(name) if cls is Arithmetic else name
        if value.ndim:
            assert value.dtype == precision, construct
        np.testing.assert_allclose(value, expected[name], rtol, atol, err_msg=construct)

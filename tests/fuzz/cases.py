"""Data sets, parameters and steps as nobody should give them, drawn by hypothesis."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from scipy import sparse

from benchmark_utils.problems import find_problems
from helpers import BENCHMARK, component

# Datasets that need no download, by the task that they make, as small as they may be.
SMALL_DATA = {
    "simulated": dict(n_samples=40, n_features=3),
    "digits": dict(),
    "simulated_regression": dict(n_samples=24, n_features=4, n_nonzero=2),
    "simulated_sines": dict(n_samples=6, n_features=3, n_latent=2),
    "quadratic": dict(n_inner_samples=12, n_outer_samples=9, inner_dim=3, outer_dim=2),
    "sparse_coding": dict(n_signals=3, n_dims=4, n_atoms=5),
}
FITTING = {
    "logreg": "simulated",
    "ridge": "simulated_regression",
    "lasso": "simulated_regression",
    "kernel_ridge": "simulated_regression",
    "huber": "simulated_regression",
    "quadratic": "quadratic",
    "dictionary_learning": "sparse_coding",
    "architecture_search": "simulated_sines",
}
NONSENSE = [
    None, True, "", "nonsense", "1e-1", -1, 0, 1, 2, 7, 10**9, 10**400, 2.5, -0.0, 1e-300, 1e300,
    float("nan"), float("inf"), [], [1, 2], {}, (-1.0, 1.0), "full", "auto",
]  # fmt: skip
N_SAMPLES = 60


class Case(NamedTuple):
    problem: str
    objective: dict
    dataset: str
    spoil: str
    array: int
    amount: float
    solver: str
    parameters: dict
    question: str


def draw_cases(solvers):
    """A strategy for cases with these solvers."""
    return st.sampled_from(sorted(find_problems().declared)).flatmap(
        lambda problem: st.sampled_from(solvers).flatmap(
            lambda solver: st.builds(
                Case,
                problem=st.just(problem),
                objective=changes(find_problems().declared[problem].defaults),
                dataset=likely(FITTING.get(problem, "digits"), SMALL_DATA),
                spoil=likely("nothing", SPOILS),
                array=st.integers(0, 5),
                amount=magnitudes(),
                solver=st.just(solver),
                parameters=changes(component("solver", solver).parameters),
                question=st.sampled_from(["minimise", "minimise", "minimise", "estimate"]),
            )
        )
    )


def likely(usual, others):
    """One of several, in half of the cases the usual one."""
    return st.just(usual) | st.sampled_from(sorted(others))


def magnitudes():
    """Numbers of every size, and of both signs."""
    return st.builds(
        lambda exponent, sign: sign * 10.0**exponent,
        st.integers(-320, 308),
        st.sampled_from([1, -1]),
    )


def changes(defaults):
    """At most two parameters, with values near or far, or nonsense."""
    values = {
        name: value(default[0] if isinstance(default, list) else default)
        for name, default in defaults.items()
        if name not in ("framework", "eval_freq")
    }
    if not values:
        return st.just({})
    return st.lists(st.sampled_from(sorted(values)), max_size=2, unique=True).flatmap(
        lambda names: st.fixed_dictionaries({name: values[name] for name in names})
    )


def value(default):
    """Values in place of a default."""
    near = [st.sampled_from(NONSENSE)]
    if isinstance(default, float | int) and not isinstance(default, bool):
        near.append(magnitudes().map(lambda factor: default * factor if default else factor))
        near.append(st.integers(1, 40))
    return st.one_of(near)


def solver_parameters(case):
    """The parameters of a case's solver, of which steps are few and quick to compile."""
    known = component("solver", case.solver).parameters
    quick = dict(framework="python", eval_freq=2, batch_size=4)
    return {name: value for name, value in quick.items() if name in known} | case.parameters


def spoilt(data, spoil, number, amount):
    """Data with one array changed."""
    names = [name for name in sorted(data) if isinstance(data[name], np.ndarray)]
    name = names[number % len(names)]
    data = {
        key: entry[:N_SAMPLES] if isinstance(entry, np.ndarray) and key not in FIXED else entry
        for key, entry in data.items()
    }
    with np.errstate(all="ignore"):
        changed = SPOILS[spoil](data[name].copy(), amount)
    data = {**data, name: changed}
    if changed is None:
        del data[name]
    return data


# Arrays of which the first axis is not that of samples.
FIXED = ("dictionary", "start")


def with_entry(array, entry):
    if array.dtype.kind != "f":
        array = array.astype(float)
    array.flat[array.size // 2] = entry
    return array


def with_column(array, column):
    if array.ndim == 2:
        array[:, 0] = column
    return array


SPOILS = {
    "nothing": lambda array, amount: array,
    "scaled": lambda array, amount: array * amount,
    "shifted": lambda array, amount: array + amount,
    "nan": lambda array, amount: with_entry(array, np.nan),
    "infinite": lambda array, amount: with_entry(array, np.inf),
    "one large": lambda array, amount: with_entry(array, amount),
    "zero": lambda array, amount: array * 0,
    "constant column": lambda array, amount: with_column(array, 1),
    "zero column": lambda array, amount: with_column(array, 0),
    "repeated": lambda array, amount: np.repeat(array[:1], len(array), axis=0),
    "shorter": lambda array, amount: array[:-1],
    "one row": lambda array, amount: array[:1],
    "empty": lambda array, amount: array[:0],
    "no columns": lambda array, amount: array[:, :0] if array.ndim == 2 else array[:0],
    "column": lambda array, amount: array[..., np.newaxis],
    "flat": lambda array, amount: array.ravel(),
    "transposed": lambda array, amount: array.T,
    "narrow": lambda array, amount: array[..., :-1],
    "missing": lambda array, amount: None,
    "list": lambda array, amount: array.tolist(),
    "text": lambda array, amount: array.astype(str),
    "object": lambda array, amount: array.astype(object),
    "complex": lambda array, amount: array.astype(complex),
    "float32": lambda array, amount: array.astype(np.float32),
    "int8": lambda array, amount: array.astype(np.int8),
    "bool": lambda array, amount: array.astype(bool),
    "sparse": lambda array, amount: sparse.coo_array(array) if array.ndim == 2 else array,
    "data frame": lambda array, amount: pd.DataFrame(array) if array.ndim == 2 else array,
    "masked": lambda array, amount: np.ma.masked_less(array, 0),
    "number": lambda array, amount: amount,
}
SOLVERS = sorted(solver.name for solver in BENCHMARK.get_solvers() if solver.name != "TorchOpt")

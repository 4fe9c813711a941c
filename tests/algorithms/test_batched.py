"""Runs that advance together, as one program of JAX, are those that advance by themselves."""

import numpy as np
import pytest

from benchmark_utils.algorithms.batched import BatchedRuns
from helpers import make_problem, make_solver, run

pytestmark = pytest.mark.slow

SEEDS = [3, 8]
SETTINGS = [dict(step_size=size, outer_step_size=10 * size) for size in (0.003, 0.03)]


def parameters(**more):
    return dict(framework="jax", batch_size=16, eval_freq=9) | more


@pytest.mark.parametrize(
    ("name", "precision", "framework"),
    [
        ("SOBA", "float64", "jax"),
        ("SOBA", "float32", "python"),
        ("SABA", "float64", "python"),  # with tables
        ("SPABA", "float64", "python"),  # with branches, and steps of different costs
        ("PZOBO", "float64", "python"),  # which draws numbers
    ],
)
def test_each_run_of_a_batch_is_that_of_its_step_sizes_and_seed(name, precision, framework):
    problem, options = make_problem(), parameters(precision=precision)
    batch = BatchedRuns(make_solver(name, **options), problem, SETTINGS, SEEDS)
    batch.advance()
    batch.advance()
    rtol = 1e-12 if precision == "float64" else 1e-5
    ends = set()
    for seed, of_seed in zip(SEEDS, batch.results(), strict=True):
        for setting, result in zip(SETTINGS, of_seed, strict=True):
            given = options | setting | dict(seed=seed, framework=framework)
            single = run(make_solver(name, problem, **given), 2)
            for variable in ("inner_var", "outer_var"):
                assert result[variable].dtype == precision
                np.testing.assert_allclose(result[variable], single[variable], rtol)
            assert result["iterations"] == single["iterations"] == 18
            assert result["calls"] == single["calls"]
            ends.add(result["outer_var"].tobytes())
    assert len(ends) == len(SEEDS) * len(SETTINGS)


def test_step_sizes_may_decrease_each_in_its_own_way():
    problem, settings = make_problem(), [dict(decay=0.0), dict(decay=0.5)]
    batch = BatchedRuns(make_solver("SOBA", **parameters()), problem, settings, [0])
    batch.advance()
    for setting, result in zip(settings, batch.results()[0], strict=True):
        single = run(make_solver("SOBA", problem, **parameters(), **setting), 1)
        np.testing.assert_allclose(result["inner_var"], single["inner_var"], 1e-12)


def test_what_is_compiled_into_a_step_makes_no_batch():
    settings = [dict(n_inner_steps=2), dict(n_inner_steps=3)]
    with pytest.raises(ValueError, match=r"more than schedules\(\) reads n_inner_steps"):
        BatchedRuns(make_solver("StocBiO", **parameters()), make_problem(), settings, [0])


def test_other_frameworks_make_no_batch():
    solver = make_solver("SOBA", framework="numba", batch_size=16)
    with pytest.raises(ValueError, match="framework=numba cannot batch runs; give jax"):
        BatchedRuns(solver, make_problem(), SETTINGS, SEEDS)

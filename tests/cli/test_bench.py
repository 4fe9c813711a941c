"""The measurements of speed and memory: that they run, and what they make of their numbers."""

import bench_devices
import bench_lasso
import bench_memory
import bench_scaling
import numpy as np
import pytest
from stopwatch import (
    cost_of_oracles,
    make_problem,
    make_solver,
    microseconds_per_iteration,
    oracle_costs,
)
from suite import make_dataset

from benchmark_utils.minibatches.indexed_rows import LARGE
from benchmark_utils.numerics.value_function import value_function

pytestmark = pytest.mark.slow


def test_the_exponent_is_that_of_a_power_law():
    sizes = np.array([3, 10, 50, 1_000])
    for power in (0, 0.5, 1, 2):
        assert bench_scaling.exponent(sizes, 7e-3 * sizes**power) == pytest.approx(power)


@pytest.mark.parametrize(
    ("name", "sizes", "others", "rows"),
    [("n", [200, 400], {}, ["reading", "SOBA"]), ("density", [0.1, 0.2], {"p": 30}, ["SOBA"])],
)
def test_a_table_has_a_line_for_each_solver_with_its_exponent(
    name, sizes, others, rows, monkeypatch, capsys
):
    monkeypatch.setitem(bench_scaling.SWEEPS, name, (sizes, others))
    monkeypatch.setitem(bench_scaling.BASE, "n", 400)
    bench_scaling.sweep(name, bench_scaling.stochastic_solvers(["SOBA"]), "python", 1e-3)
    head, *lines = [line.split() for line in capsys.readouterr().out.splitlines()[2:]]
    assert head == [*map(str, sizes), "exponent"]
    assert [line[0] for line in lines] == rows
    for line in lines:
        low, high, exponent = map(float, line[1:])
        assert exponent == pytest.approx(np.log(high / low) / np.log(2), abs=0.02 + 0.02 / low)


def test_the_cost_of_oracles_is_that_of_an_iterations_calls():
    problem = make_problem(64, 32, 3)
    [solver_class] = bench_scaling.stochastic_solvers(["F2SA"])
    solver = make_solver(solver_class, problem, chunk=2, framework="python", batch_size=16)
    assert microseconds_per_iteration(solver, 0) > 0
    costs = {"inner_grad": 1, "hvp": 10, "cross": 100, "outer_grad": 1000}
    assert cost_of_oracles(solver, costs) == pytest.approx(22 * 1 + 11 * 1000)


@pytest.mark.parametrize("framework", ["numba", "jax", "torch"])
def test_every_oracle_is_timed(framework):
    if framework == "torch":
        pytest.importorskip("torch")
    problem = make_problem(64, 32, 3)
    costs = oracle_costs(problem, 0, framework=framework, batch_size=16, chunk=8)
    assert set(costs) == {"inner_grad", "hvp", "cross", "outer_grad"}
    assert min(costs.values()) > 0


def test_devices_have_a_column_each_for_runs_alone_and_together(capsys):
    problem = make_problem(64, 32, 3)
    assert bench_devices.found_devices("jax") == {"cpu": "cpu"}
    bench_devices.bench_single(problem, ["jax"], [16], 0)
    bench_devices.bench_batched(problem, [1, 3], 0)
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert [line[:-1] for line in lines] == [
        *(["jax", precision, "16"] for precision in bench_devices.PRECISIONS),
        *([precision, runs] for precision in bench_devices.PRECISIONS for runs in "13"),
    ]
    assert all(float(line[-1]) > 0 for line in lines)


def test_the_lowest_h_of_the_lasso_is_that_on_the_path_of_lars():
    dataset = make_dataset("simulated_regression", n_samples=40, n_features=60)
    problem = bench_lasso.make_problem(dataset)
    lowest, _ = bench_lasso.lowest_on_path(problem)
    grid = np.linspace(problem.lower, problem.upper, 500)[:, None]
    values = [value_function(problem, outer_var, problem.inner_var0)[0] for outer_var in grid]
    assert lowest <= min(values) + 1e-12
    assert lowest == pytest.approx(min(values), rel=1e-3)
    seconds, gap = bench_lasso.seconds_until(lowest, "QuasiNewton", dataset, 10)
    assert seconds > 0
    assert -1e-12 < gap <= bench_lasso.GAP


@pytest.mark.monthly
def test_a_run_needs_little_more_memory_than_its_data():
    # Without what Python and its libraries need, which are many times these data.
    peak, without_data = (
        bench_memory.peak_of_run("arrays", n_samples, 50) for n_samples in (450_000, 1_000)
    )
    size = 450_000 * 50 * 8
    # So that minibatches read the training samples, four fifths of them, where they are.
    assert 0.8 * size > LARGE
    assert size < peak - without_data < 1.6 * size

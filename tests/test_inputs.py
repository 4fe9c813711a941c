"""Values as people write them are understood, and sizes that no memory holds are refused."""

import numpy as np
import psutil
import pytest
import yaml

from benchmark_utils.validation import any_of, integer, number, one_of, refusal
from helpers import (
    BENCHMARK,
    STOCHASTIC,
    assert_advice,
    command,
    component,
    logreg_data,
    make_problem,
    make_solver,
    objective_skip,
    raw_data,
)

POSITIVE = number(0, description="a number greater than 0")


@pytest.mark.parametrize(
    ("allowed", "written", "meant"),
    [
        (POSITIVE, "1e-1", 0.1),
        (POSITIVE, "3", 3),
        (POSITIVE, 2, 2),
        (POSITIVE, 10**30, 1e30),
        (POSITIVE, 10**400, 10**400),
        (integer(1), 1e6, 1_000_000),
        (integer(1), "1e6", 1_000_000),
        (integer(1), "17", 17),
        (integer(1), 2.5, 2.5),
        (any_of(integer(1), one_of("full")), 1e2, 100),
        (any_of(integer(1), one_of("full")), "full", "full"),
        (any_of(POSITIVE, one_of("auto")), "1e-3", 1e-3),
        (any_of(POSITIVE, one_of("auto")), "auto", "auto"),
        (one_of("duke breast-cancer", "breast-cancer"), "dukebreast-cancer", "duke breast-cancer"),
        (one_of("duke breast-cancer", "breast-cancer"), "breast-cancer", "breast-cancer"),
        (one_of(True, False), True, True),
        (one_of(True, False), "false", False),
        (one_of("exp", "lin"), "Exp", "exp"),
        (one_of("full", 1), "1", 1),
        (one_of("full", 1), "2", "2"),
        (POSITIVE, np.float32(0.5), 0.5),
        (integer(1), np.int64(3), 3),
        (integer(1), np.array(3), 3),
        (POSITIVE, np.array([1, 2]), [1, 2]),
        (POSITIVE, "fast", "fast"),
        (integer(1), None, None),
    ],
)
def test_a_value_is_what_was_meant(allowed, written, meant):
    found = allowed.meant(written)
    assert found == meant
    assert type(found) is type(meant)


@pytest.mark.filterwarnings("error")
def test_all_of_a_parameter_is_its_few_values_or_a_value_of_its_own():
    named = ["SOBA[precision=all]", "VRBO[n_large_batches=all]"]
    (_, soba), (_, vrbo) = BENCHMARK.check_solver_patterns(named)
    assert soba["precision"] == ["float64", "float32"]
    assert vrbo["n_large_batches"] == "all"
    ((_, digits),) = BENCHMARK.check_dataset_patterns(["digits[n_train=all]"])
    assert digits["n_train"] == "all"


def test_integers_beyond_all_floats_are_no_numbers():
    assert POSITIVE.test(10**30)
    for value in (10**400, -(10**400), np.inf, np.nan):
        assert not POSITIVE.test(value)


ODD = ["9" * 5000, {}, np.array([1, 2])]


@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value)[:20])
def test_whatever_is_given_is_named_or_refused(value):
    """Parameters of all components: never a traceback."""
    problem = make_problem()
    for solver in BENCHMARK.get_solvers():
        for name in solver.parameters:
            made = make_solver(solver.name, **{name: value})
            assert str(made).startswith(solver.name)
            refused, reason = made.skip(problem)
            assert not refused or reason.endswith(".")
    for dataset in BENCHMARK.get_datasets():
        for name in dataset.parameters:
            made = dataset.get_instance(**{name: value})
            assert str(made).startswith(dataset.name)
            assert refusal(made, made.allowed) or made.refuse() is None
    for name in ("problem", "reg", "box", "n_reg", "max_calls", "question"):
        refused, reason = objective_skip(dict(task="binary", **logreg_data()), **{name: value})
        assert not refused or reason.endswith(".")


def test_numbers_that_yaml_takes_for_texts_are_numbers():
    given = yaml.safe_load("{step_size: 1e-1, batch_size: 1e1, n_inner_steps: '3'}")
    assert given["step_size"] == "1e-1"
    solver = make_solver("StocBiO", make_problem(), framework="python", **given)
    assert (solver.step_size, solver.batch_size, solver.n_inner_steps) == (0.1, 10, 3)
    # So are those that tables and plots find.
    cls = component("solver", "StocBiO")
    assert str(cls.get_instance(**given)) == str(
        cls.get_instance(step_size=0.1, batch_size=10, n_inner_steps=3)
    )
    dataset = component("dataset", "simulated").get_instance(n_samples="1e3", noise="1e-2")
    assert (dataset.n_samples, dataset.noise) == (1000, 0.01)


def test_numbers_of_a_problem_may_be_texts():
    objective = BENCHMARK.get_benchmark_objective()
    given = objective.get_instance(problem="data_cleaning", ridge="1e-3", max_calls="1e6")
    assert (given.ridge, given.max_calls) == (1e-3, 1e6)
    assert str(given) == str(
        objective.get_instance(problem="data_cleaning", ridge=1e-3, max_calls=1e6)
    )


def test_budgets_of_a_configuration_may_be_texts():
    criterion = BENCHMARK.get_benchmark_objective().stopping_criterion
    chosen = criterion.get_runner_instance(
        solver=make_solver("HOAG"), max_runs="1e2", timeout="1e1", terminal=None
    )
    assert (chosen.max_runs, chosen.timeout) == (100, 10)
    assert type(chosen.max_runs) is int


@pytest.mark.parametrize("max_runs", [-3, "many", 2.5, None])
def test_a_budget_that_is_none_ends_the_run_in_a_sentence(max_runs):
    criterion = BENCHMARK.get_benchmark_objective().stopping_criterion
    with pytest.raises(SystemExit, match=f"max-runs={max_runs!r} is not allowed; give an integer"):
        criterion.get_runner_instance(solver=make_solver("HOAG"), max_runs=max_runs, timeout=10)


def test_no_time_ends_the_run_in_a_sentence():
    criterion = BENCHMARK.get_benchmark_objective().stopping_criterion
    # As benchopt gives for 0.8.
    with pytest.raises(SystemExit, match=r"timeout=0 is not allowed; .* write 800ms for 0.8"):
        criterion.get_runner_instance(solver=make_solver("HOAG"), timeout=0)


def test_the_name_of_a_dataset_needs_no_quotes():
    # benchopt drops the space of libsvm[dataset=duke breast-cancer].
    dataset = component("dataset", "libsvm").get_instance(dataset="dukebreast-cancer")
    assert dataset.dataset == "duke breast-cancer"
    assert "dataset=duke breast-cancer" in str(dataset)


@pytest.fixture
def one_gibibyte(monkeypatch):
    memory = psutil.virtual_memory()._replace(available=2**30)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("simulated", {"n_samples": 10**12}),
        ("simulated", {"n_features": 10**12}),
        ("simulated_regression", {"n_samples": 10**12}),
        ("quadratic", {"inner_dim": 10**12}),
        ("sparse_coding", {"n_atoms": 10**12}),
    ],
)
def test_counts_beyond_all_use_are_refused(name, parameters):
    reason = raw_data(name, **parameters)["unavailable"]
    assert_advice(reason, name, **parameters)
    assert "at most 1,000,000,000" in reason


@pytest.mark.parametrize(
    ("name", "parameters", "gibibytes"),
    [
        ("simulated", {"n_samples": 10**8, "n_features": 10}, "14.9"),
        ("simulated_regression", {"n_samples": 10**6, "n_features": 2**10}, "15.3"),
        (
            "quadratic",
            {"n_inner_samples": 10**6, "n_outer_samples": 10**6, "inner_dim": 900, "outer_dim": 99},
            "44.7",
        ),
        ("sparse_coding", {"n_signals": 10**7, "n_dims": 30, "n_atoms": 70}, "14.9"),
    ],
)
def test_data_that_memory_does_not_hold_are_refused(one_gibibyte, name, parameters, gibibytes):
    reason = raw_data(name, **parameters)["unavailable"]
    given = ", ".join(f"{key}={value}" for key, value in parameters.items())
    assert reason == (
        f"{name}: {given} would need {gibibytes} GiB of memory, of which 1.0 are free; give less."
    )


def test_data_that_memory_holds_are_made(one_gibibyte):
    assert raw_data("simulated", n_samples=1000, n_features=10)["X_train"].shape == (500, 10)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("SOBA", {"eval_freq": 10**8}),
        ("SABA", {"batch_size": 10**12}),
        ("StocBiO", {"n_inner_steps": 10**12}),
        ("GridSearch", {"n_values": 10**12}),
        ("Unrolled", {"n_inner_steps": 10**12}),
        ("Implicit", {"max_inner_iterations": 10**12}),
        *((solver, {"tolerance": 1e300}) for solver in ("HOAG", "Implicit", "Analytic")),
        ("D-TFBO", {"tolerance": 1e300}),
        ("QuasiNewton", {"n_starts": 10**6}),
    ],
)
def test_solvers_refuse_numbers_beyond_all_use(name, parameters):
    refused, reason = make_solver(name, **parameters).skip(make_problem())
    assert refused
    assert_advice(reason, name, **parameters)


def test_steps_that_memory_does_not_hold_are_refused(one_gibibyte):
    problem = make_problem()
    assert make_solver("Unrolled", n_inner_steps=10**8).skip(problem) == (
        True,
        "Unrolled: n_inner_steps=100000000 would need 7.5 GiB of memory, of which 1.0 are free; "
        "give less.",
    )
    refused, reason = make_solver("StocBiO", n_inner_steps=10**5, eval_freq=1).skip(problem)
    assert refused
    assert "n_inner_steps=100000" in reason
    assert reason.endswith("GiB of memory, of which 1.0 are free; give less.")
    for name in ("StocBiO", "Unrolled"):
        assert make_solver(name).skip(problem) == (False, None)


def test_the_clock_is_looked_at_often_enough():
    refused, reason = make_solver("StocBiO", n_inner_steps=10**6).skip(make_problem())
    assert refused
    assert_advice(reason, "StocBiO", n_inner_steps=10**6)
    assert "minibatches between two looks at the clock; give values that make at most" in reason


@pytest.mark.parametrize(
    ("problem", "parameters"),
    [
        *((name, {"width": 10**6}) for name in ("representation", "equilibrium")),
        ("ridge_representation", {"width": 10**6}),
        ("data_augmentation", {"n_draws": 10**6}),
    ],
)
def test_problems_refuse_sizes_beyond_all_use(problem, parameters):
    refused, reason = objective_skip(dict(task="multiclass"), problem=problem, **parameters)
    assert refused
    assert_advice(reason, "bilevel", **parameters)


@pytest.mark.slow
def test_without_numba_solvers_take_the_same_path():
    """numba's own switch, for a debugger."""
    script = """
import sys
sys.path.insert(0, "tests")
from helpers import constant_steps, make_problem, make_solver, run
for name in sys.argv[1:]:
    steps = constant_steps(name)
    solver = make_solver(name, make_problem(), eval_freq=2, batch_size=16, **steps)
    print(*run(solver, 2)["outer_var"])
"""

    def lambdas(switch, names):
        printed = command("python", "-c", script, *names, NUMBA_DISABLE_JIT=switch)
        return np.array([line.split() for line in printed.splitlines()], float)

    plain = dict(zip(STOCHASTIC, lambdas("1", STOCHASTIC), strict=True))
    assert len(plain) > 20
    compiled = ["SOBA", "SRBA", "StocBiO"]
    for name, found in zip(compiled, lambdas("0", compiled), strict=True):
        np.testing.assert_allclose(plain[name], found, rtol=1e-12)
    start = make_problem().outer_var0
    for name, found in plain.items():
        assert np.isfinite(found).all(), name
        assert (found != start).any(), name

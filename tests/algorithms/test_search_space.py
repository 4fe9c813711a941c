"""Search spaces: their points are spread, allowed, and the same each time."""

import numpy as np
import pytest

from benchmark_utils.algorithms.search_space import (
    Choice,
    LogUniform,
    at_edge,
    names_of,
    near,
    points,
    refusal_of_space,
    widened,
)
from benchmark_utils.validation import refusal
from helpers import BENCHMARK, STOCHASTIC, component, make_problem, make_solver, run

TUNED = sorted(solver.name for solver in BENCHMARK.get_solvers() if hasattr(solver, "search_space"))


def test_log_uniform_values_run_from_low_to_high_with_three_digits():
    distribution = LogUniform(0.01, 1000)
    assert [distribution.value(u) for u in (0, 0.2, 0.5, 1)] == [0.01, 0.1, 3.16, 1000]
    for u in np.linspace(0, 1, 11):
        assert distribution.position(distribution.value(u)) == pytest.approx(u, abs=1e-3)


def test_choices_are_equally_likely():
    choice = Choice("a", "b", "c")
    drawn = [choice.value(u) for u in (np.arange(300) + 0.5) / 300]
    assert [drawn.count(value) for value in choice.values] == [100, 100, 100]
    assert choice.value(1) == "c"


def test_points_are_spread_evenly_and_do_not_depend_on_how_many_are_drawn():
    space = {"a": LogUniform(0.01, 100), "b": LogUniform(1, 10)}
    drawn = points(space, 32)
    for name, distribution in space.items():
        positions = [distribution.position(point[name]) for point in drawn]
        # Of a scrambled Sobol sequence each of 32 intervals of equal length has one point.
        assert sorted(np.floor(32 * np.array(positions) + 1e-2)) == pytest.approx(
            np.arange(32), abs=1
        )
    assert points(space, 20) == drawn[:20]


def test_parameters_drawn_together_share_a_value_or_a_tuple():
    space = {("a", "b"): LogUniform(1, 10), ("c", "d"): Choice((1, 2), (3, 4))}
    assert names_of(space) == ["a", "b", "c", "d"]
    for point in points(space, 8):
        assert point["a"] == point["b"]
        assert (point["c"], point["d"]) in {(1, 2), (3, 4)}


def test_no_point_is_drawn_twice():
    space = {"a": Choice(1, 2), "b": Choice(1, 2)}
    drawn = points(space, 20)
    assert len(drawn) == 4
    assert {(point["a"], point["b"]) for point in drawn} == {(1, 1), (1, 2), (2, 1), (2, 2)}


def test_values_within_a_twentieth_of_the_range_are_at_an_edge():
    space = {("a", "e"): LogUniform(1, 1e4), "b": LogUniform(1, 1e4), "c": Choice(1, 2)}
    inside = dict(a=2, e=2, b=6000, c=1)
    assert at_edge(space, inside) == {}
    assert at_edge(space, inside | dict(a=1.5, b=6500)) == {("a", "e"): "lower", "b": "upper"}


def test_an_edge_moves_by_a_part_of_the_range():
    space = {("a", "e"): LogUniform(1, 1e4), "b": LogUniform(1, 1e4), "c": Choice(1, 2)}
    moved = widened(space, {("a", "e"): "lower", "b": "upper"}, 1 / 4)
    assert moved["a", "e"] == (pytest.approx(0.1), 1e4)
    assert moved["b"] == (1, pytest.approx(1e5))
    assert moved["c"] is space["c"]


@pytest.mark.parametrize(
    ("space", "said"),
    [
        ([0.1, 1], r"search_space=[0.1, 1]; give a dict of LogUniform and Choice by parameter."),
        ({"a": [0.1, 1]}, "'a': [0.1, 1]; give LogUniform(low, high) or Choice(value, ...)."),
        ({"a": LogUniform(3, 0.03)}, "'a': LogUniform(low=3, high=0.03); give LogUniform(low, "),
        ({"a": LogUniform(0, 3)}, "with numbers 0 < low < high."),
        ({"a": LogUniform(1, np.inf)}, "with numbers 0 < low < high."),
        ({"a": LogUniform("1", "2")}, "with numbers 0 < low < high."),
        ({"A": LogUniform(1, 2)}, "search_space has 'A'; give some of a, b."),
        ({("a", "c"): LogUniform(1, 2)}, "search_space has 'c'; give some of a, b."),
        ({3: LogUniform(1, 2)}, "search_space has 3; give some of a, b."),
        ({"a": Choice(1), ("a", "b"): Choice(1)}, "search_space has 'a' 2 times; give it once."),
        ({"a": Choice()}, "'a': Choice(); give Choice at least one value."),
        ({("a", "b"): Choice((1, 2, 3))}, "give Choice tuples of 2 values, one for each name."),
    ],
)
def test_a_space_from_which_no_points_can_be_drawn_is_refused(space, said):
    assert said in refusal_of_space(space, ["a", "b"])


def test_names_and_distributions_of_all_kinds_make_a_space():
    space = {"a": LogUniform(0.1, 1), ("b", "c"): Choice((1, 2), 3), "d": Choice("x")}
    assert refusal_of_space(space, [*"abcd"]) is None


@pytest.mark.parametrize("name", TUNED)
def test_all_points_of_a_solver_are_allowed(name):
    solver = component("solver", name)
    assert refusal_of_space(solver.search_space, solver.parameters) is None
    for point in points(solver.search_space, 20):
        assert refusal(solver.get_instance(**point), solver.allowed) is None


def test_every_stochastic_solver_has_a_search_space():
    assert set(STOCHASTIC) <= set(TUNED)


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("SABA", dict(step_size=1, outer_step_size=1)),
        ("SABA", dict(step_size=0.25, outer_step_size=0.25)),
        ("SOBA", dict(step_size=1, outer_step_size=1)),
        ("AmIGO", dict(step_size=0.3, outer_step_size=1)),
        ("StocBiO", dict(step_size=0.3, neumann_step_size=1, outer_step_size=100)),
        ("MRBO", dict(step_size=0.3, outer_step_size=10, momentum=0.1)),
        ("F2SA", dict(step_size=1, outer_step_size=10)),
        ("FSLA", dict(step_size=1, outer_step_size=1)),
        ("BSA", dict(step_size=0.3, outer_step_size=30)),
        ("TTSA", dict(step_size=1, outer_step_size=10)),
        ("SUSTAIN", dict(step_size=1, outer_step_size=10)),
        ("VRBO", dict(step_size=0.3, outer_step_size=10)),
    ],
)
def test_settings_that_are_good_on_ijcnn1_lie_inside(name, settings):
    space = component("solver", name).search_space
    distributions = {
        parameter: distribution
        for names, distribution in space.items()
        for parameter in ([names] if isinstance(names, str) else names)
    }
    for parameter, value in settings.items():
        assert 0.05 < distributions[parameter].position(value) < 0.95


def test_another_seed_draws_other_minibatches_from_the_same_start():
    problem = make_problem()

    def end(**parameters):
        solver = make_solver("SOBA", problem, framework="python", batch_size=16, **parameters)
        return run(solver, 2)["outer_var"]

    assert np.array_equal(end(), end(seed=0))
    assert np.array_equal(end(seed=1000), end(seed=1000))
    assert not np.array_equal(end(seed=1000), end(seed=1001))
    assert not np.array_equal(end(seed=1000), end())


def test_a_part_of_a_space_lies_around_a_point_and_within_the_space():
    space = {
        "rho": LogUniform(0.01, 1),
        ("gamma", "eta"): LogUniform(0.1, 10),
        ("a", "b"): Choice((0, 0), (1, 2)),
    }
    around = near(space, dict(rho=0.1, gamma=10, eta=10, a=1, b=2), 1 / 2)
    assert around["rho"] == pytest.approx((0.1 / 10**0.5, 0.1 * 10**0.5))
    assert around["gamma", "eta"] == pytest.approx((10 / 10**0.5, 10))
    assert {(point["a"], point["b"]) for point in points(around, 8)} == {(1, 2)}

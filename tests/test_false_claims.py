"""The judge gives no number where theta* is not defined, and says why."""

import numpy as np
import pytest

from benchmark_utils import judge
from benchmark_utils.judge import EstimateJudge, Judge, PointJudge
from benchmark_utils.numerics.value_function import value_function
from benchmark_utils.problems.base import Problem
from helpers import BENCHMARK, make_quadratic, make_solver


class Given(Problem):
    """G(theta) = kink ||theta||_1 + sum_k c_k theta_k^2 / 2 - theta_k, with F = ||theta||^2 / 2."""

    def __init__(self, curvatures, kink=0.0):
        self.curvatures, self.kink = np.asarray(curvatures, float), kink
        self.inner_dim, self.outer_dim = self.curvatures.size, 1
        self.n_inner_samples = self.n_outer_samples = 1
        self.inner_var0, self.outer_var0 = np.zeros(self.inner_dim), np.zeros(1)

    def inner_value_grad(self, inner_var, outer_var):
        smooth = np.sum(self.curvatures * inner_var**2) / 2 - np.sum(inner_var)
        grad = self.curvatures * inner_var - 1 + self.kink * np.sign(inner_var)
        return smooth + self.kink * np.sum(np.abs(inner_var)), grad

    def inner_hessian(self, inner_var, outer_var):
        return np.diag(self.curvatures)

    def hvp(self, inner_var, outer_var, v):
        return self.curvatures * v

    def cross(self, inner_var, outer_var, v):
        return np.zeros(1)

    def outer_value_grad(self, inner_var, outer_var):
        return inner_var @ inner_var / 2, (inner_var, np.zeros(1))


LARGE = np.linspace(1, 2, 1001)
INDEFINITE = np.where(np.arange(1001) == 500, -0.1, LARGE)


def judged(problem):
    [row] = Judge(problem).evaluate(problem.inner_var0, problem.outer_var0)
    return row


@pytest.mark.parametrize("curvatures", [[1, 2], [1, 0.5, 4], LARGE])
def test_a_strongly_convex_G_is_judged(curvatures):
    row = judged(Given(curvatures))
    assert "reason" not in row
    assert row["value"] == pytest.approx(np.sum(1 / np.square(curvatures)) / 2, rel=1e-12)


@pytest.mark.parametrize("curvatures", [[1, -1], [-1, -1], INDEFINITE], ids=["2", "0", "large"])
def test_a_saddle_is_no_theta_star(curvatures):
    row = judged(Given(curvatures))
    assert np.isnan([row["value"], row["grad_norm"], row["inner_distance"]]).all()
    assert "the Hessian of G is not positive definite" in row["reason"]
    assert "set strongly_convex = False" in row["reason"]


def test_a_kink_is_seen_by_the_gradient_that_is_left():
    row = judged(Given([1, 2], kink=1.5))
    assert np.isnan(row["value"])
    assert "the norm of grad_theta G is" in row["reason"]


class Elsewhere(Given):
    """With a G that is convex where Newton's method starts, theta = 0, and not elsewhere."""

    def inner_value_grad(self, inner_var, outer_var):
        return np.sum(self.values(inner_var)), self.slopes(inner_var)

    def inner_hessian(self, inner_var, outer_var):
        return np.diag(self.curvatures_at(inner_var))


class TwoWells(Elsewhere):
    """G(theta) = sum_k theta_k^2 (theta_k + 2)^2, as low at -2 as at 0."""

    def values(self, x):
        return (x * (x + 2)) ** 2

    def slopes(self, x):
        return 4 * x * (x + 1) * (x + 2)

    def curvatures_at(self, x):
        return 12 * (x + 1) ** 2 - 4


class HiddenKink(Elsewhere):
    """G(theta) = sum_k theta_k^2 / 2 - max(0, theta_k), with a slope of zero at the kink."""

    def values(self, x):
        return x**2 / 2 - np.maximum(0, x)

    def slopes(self, x):
        return x - (x > 0)

    def curvatures_at(self, x):
        return np.ones_like(x)


@pytest.mark.parametrize("problem", [TwoWells, HiddenKink])
def test_a_local_minimum_is_no_theta_star(problem):
    row = judged(problem(np.ones(5)))
    assert np.isnan([row["value"], row["grad_norm"], row["inner_distance"]]).all()
    assert "G is not convex elsewhere" in row["reason"]


def test_a_solver_that_finds_a_lower_G_refutes_theta_star_from_there_on(monkeypatch):
    monkeypatch.setattr(judge, "DISTANCES", ())
    problem, lower = HiddenKink(np.ones(2)), np.full(2, 0.5)
    judging = Judge(problem)
    [[before], [there], [after]] = (
        judging.evaluate(theta, np.zeros(1)) for theta in (np.zeros(2), lower, np.zeros(2))
    )
    assert before["value"] == 0
    for row in (there, after):
        assert np.isnan(row["value"])
        assert "G is not convex elsewhere" in row["reason"]


def test_a_gradient_is_small_beside_that_at_0_for_the_same_lambda():
    """As where lambda runs away: theta* is as exact as its numbers allow."""
    problem = make_quadratic()
    judging = Judge(problem)
    for scale in (1, 1e15):
        [row] = judging.evaluate(problem.inner_var0, np.full(problem.outer_dim, scale))
        assert "reason" not in row
    far = np.full(problem.outer_dim, 1e15)
    assert row["value"] == pytest.approx(value_function(problem, far, problem.inner_var0)[0])


def test_estimates_of_what_is_not_defined_are_not_judged():
    problem = Given([1, -1])
    [row] = EstimateJudge(problem).evaluate(np.zeros(2), np.zeros(1), np.zeros(1))
    assert np.isnan([row["relative_error"], row["gradient_error"]]).all()
    assert "not positive definite" in row["reason"]


def test_where_G_is_not_strongly_convex_its_own_theta_is_judged():
    problem, theta = Given([1, -1]), np.array([3.0, 4.0])
    [row] = PointJudge(problem).evaluate(theta, np.zeros(1))
    assert row["outer_value"] == 12.5
    assert row["inner_grad_norm"] == pytest.approx(np.hypot(2, 5))
    assert np.isnan([row["value"], row["grad_norm"], row["inner_distance"]]).all()
    assert row["reason"].startswith("h is not judged: G is not strongly convex")
    [row] = PointJudge(problem).evaluate(theta * np.nan, np.zeros(1))
    assert np.isnan(row["outer_value"])


def test_solvers_that_solve_for_theta_star_refuse_what_has_none():
    problem = Given([1, -1])
    problem.strongly_convex = False
    refused, reason = make_solver("HOAG").skip(problem)
    assert refused
    assert "needs an inner problem that is strongly convex" in reason


@pytest.mark.parametrize(
    ("row", "status"),
    [
        (dict(value=np.nan, outer_value=1.0, reason="why"), "not judged"),
        (dict(value=np.nan, outer_value=np.inf, reason="why"), "diverged"),
        (dict(value=np.nan, reason="why"), "not judged"),
        (dict(value=np.nan), "diverged"),
        (dict(value=1.0), "ok"),
    ],
)
def test_the_status_tells_what_is_not_judged_from_what_diverged(row, status):
    objective = BENCHMARK.get_benchmark_objective().get_instance()
    objective.first_watched = 0.5
    assert objective.status(**row) == status


def test_a_curve_diverges_by_the_scale_at_which_it_starts():
    """Squared prices of houses are as large at their best as others are where they diverge."""
    objective = BENCHMARK.get_benchmark_objective().get_instance()
    statuses = []
    for start, value in ((0.5, 1e5), (0.5, 1.1e5), (1e10, 1.1e10), (1e10, 1e15), (1e10, 1.1e15)):
        objective.first_watched = start
        statuses.append(objective.status(value=value))
    assert statuses == ["ok", "diverged", "ok", "ok", "diverged"]

"""The picture of the implicit function theorem: its tangents are tangents."""

import pytest

from experiments.implicit_function import LAMBDA, main, make_problem, slopes, summary


@pytest.fixture(scope="module")
def problem():
    return make_problem()


def test_the_slopes_are_those_of_central_differences(problem):
    _, _, slope_of_theta, slope_of_h = slopes(problem, LAMBDA)
    (theta_high, h_high, *_), (theta_low, h_low, *_) = (
        slopes(problem, LAMBDA + step) for step in (1e-5, -1e-5)
    )
    assert slope_of_theta == pytest.approx((theta_high - theta_low) / 2e-5, rel=1e-8)
    assert slope_of_h == pytest.approx((h_high - h_low) / 2e-5, rel=1e-8)
    assert abs(slope_of_theta) > 0.1


def test_distances_to_the_tangents_are_of_second_order():
    orders = summary(main(n_points=3)).iloc[0]
    assert orders["theta*"] == pytest.approx(2, abs=0.05)
    assert orders["h"] == pytest.approx(2, abs=0.05)


def test_the_best_penalty_is_within_the_picture(problem):
    table = main(n_points=21)
    path = table[table["part"] == "path"].set_index("outer_var")
    assert -6 < path["h"].idxmin() < 4

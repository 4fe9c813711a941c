"""On a short ladder of horizons, methods need as many calls as their theorems say."""

import numpy as np
import pytest
from complexity import THEOREMS, climb, exponent, make_problem

# Short horizons, in plain Python. The start still counts there, so that exponents are rough.
HORIZONS = (64, 128, 256, 512, 1024)
TOLERANCE = 0.6
# The series ends sooner, with a bias below the errors of these horizons.
SHORT_SERIES = dict(neumann_step_size=0.7, n_neumann_steps=12)
# A wrong power of T, (a, e) for a T^-e: in the step of lambda of each method, and in the momentum,
# which falls as t^-1/3 or is 1, so that there is none.
WRONG = [
    ("SABA", dict(outer_step_size=(0.3, 0.5))),
    ("SRBA", dict(outer_step_size=(0.3, 0.5))),
    ("MRBO", dict(outer_step_size=(1.0, 1.0))),
    ("MRBO", dict(momentum_decay=(1 / 3, 0.0))),
    ("MRBO", dict(momentum_decay=(0.0, 0.0))),
    ("SUSTAIN", dict(outer_step_size=(1.0, 1.0))),
    ("AmIGO", dict(outer_step_size=(0.3, 0.5))),
    ("StocBiO", dict(outer_step_size=(0.3, 0.5))),
    ("SOBA", dict(outer_step_size=(2.0, 1.0))),
]


def measured(name, wrong=None):
    """The exponent on the short ladder, with some powers of T replaced."""
    theorem = THEOREMS[name]
    constants = dict(theorem.constants)
    if "n_neumann_steps" in constants:
        constants |= SHORT_SERIES
    powers = theorem.powers | (wrong or {})
    constants = {key: value for key, value in constants.items() if key not in powers}
    short = theorem._replace(powers=powers, constants=constants)
    # The smallest batches are too small for these steps.
    horizons = HORIZONS[1:] if short.large_batches else HORIZONS
    ladder = climb(name, make_problem(), short, horizons, repetitions=4, framework="python")
    return exponent(ladder.calls, ladder.mean)


@pytest.mark.slow
@pytest.mark.parametrize("name", THEOREMS)
def test_calls_grow_as_the_theorem_says(name):
    assert measured(name) == pytest.approx(THEOREMS[name].exponent, abs=TOLERANCE)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "wrong"), WRONG)
def test_the_ladder_tells_a_wrong_power(name, wrong):
    assert abs(measured(name, wrong) - THEOREMS[name].exponent) > TOLERANCE


@pytest.mark.parametrize("a", [1.0, 2.5])
def test_the_exponent_is_that_of_a_power_law(a):
    calls = np.geomspace(1e3, 1e8, 7)
    assert exponent(calls, calls ** (-1 / a)) == pytest.approx(a, rel=1e-12)


def test_prescribed_steps_and_batches_follow_the_horizon():
    soba, stocbio = (THEOREMS[name].parameters(1024) for name in ("SOBA", "StocBiO"))
    assert soba["step_size"] == pytest.approx(1 / 16)
    assert soba["outer_step_size"] == pytest.approx(2 / 64)
    assert stocbio["batch_size"] == 128

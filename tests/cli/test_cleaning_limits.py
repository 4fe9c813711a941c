"""The test accuracies that scripts/cleaning_limits.py prints, against the suite's own solutions."""

import sys

import numpy as np
import pytest

from benchmark_utils.problems.multinomial_logreg import MultinomialLogReg
from helpers import command, get_data

pytestmark = pytest.mark.slow


def test_limits_are_the_accuracies_of_exact_fits():
    table = command(sys.executable, "scripts/cleaning_limits.py", "data_cleaning")
    ridge, intercept, *printed = table.splitlines()[1].split()
    assert (float(ridge), intercept) == (0.01, "False")
    data = get_data("digits", corruption=0.5)
    test = dict(X_test=data["X_test"], y_test=data["y_test"], X_val=data["X_val"])
    everything = np.full(len(data["y_train"]), True)
    parts = [(data["X_train"][rows], data["y_train"][rows]) for rows in
             (everything, ~data["corrupted"])]  # fmt: skip
    parts.append((data["X_val"], data["y_val"]))
    for (X, y), percentage in zip(parts, printed, strict=True):
        problem = MultinomialLogReg(X, y, **test, y_val=data["y_val"], reg="exp", n_reg=1, seed=0)
        lam = np.log([0.01])
        inner_star, _ = problem.solve_inner(lam, problem.inner_var0)
        exact = problem.metrics(inner_star, lam)["test_accuracy"]
        # One image of 450 may lie at the boundary.
        assert float(percentage) == pytest.approx(100 * exact, abs=0.25)

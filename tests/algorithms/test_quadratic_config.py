"""With the steps of its configuration every method gets near the minimum of the quadratic's h."""

import numpy as np
import pytest
import yaml

from helpers import BENCHMARK, MONTHLY, ROOT, STOCHASTIC, make_quadratic, make_solver

pytestmark = pytest.mark.slow

CONFIG = yaml.safe_load((ROOT / "configs" / "quadratic.yml").read_text())


@pytest.fixture(scope="module")
def problem():
    [(_, given)] = BENCHMARK.check_dataset_patterns(CONFIG["dataset"])
    # benchopt gives defaults as lists.
    return make_quadratic(**{name: np.ravel(value)[0].item() for name, value in given.items()})


# They take long in Python.
MONTHLY_ONLY = {"PZOBO", "SUSTAIN"}


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(entry, id=name, marks=MONTHLY if name in MONTHLY_ONLY else [])
        for entry in CONFIG["solver"]
        for name in entry
    ],
)
def test_the_gradient_of_h_becomes_a_thousand_times_smaller(problem, entry):
    [(name, parameters)] = entry.items()
    # Which is slower than compiled code, but need not be compiled.
    framework = {"framework": "python"} if name in STOCHASTIC else {}
    solver = make_solver(name, problem, **parameters, **framework)
    norms = []

    def callback():
        norms.append(np.linalg.norm(problem.value_grad(solver.get_result()["outer_var"])))
        return norms[-1] > 1e-3 * norms[0] and len(norms) < 400

    solver.pre_run_hook(None)
    solver.run(callback)
    assert norms[-1] <= 1e-3 * norms[0]

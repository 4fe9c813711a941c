"""Solvers against the first iterates of public code of their papers, on full batches.

``published/record.py`` ran that code and stored its iterates; docs/fidelity.md says what it does
otherwise.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from benchmark_utils.problems.logreg import LogReg
from benchmark_utils.problems.ridge import Ridge
from helpers import component, make_solver

FOLDER = Path(__file__).parent / "published"
STEPS = dict(step_size=0.3, outer_step_size=0.4, n_inner_steps=3)
# The solver, its parameters, and the file of the iterates.
CASES = {
    "lancbio": ("LancBiO", dict(subspace_size=3, linear_start="warm")),
    "lancbio_1": ("LancBiO", dict(subspace_size=1, linear_start="warm")),
    "amigo": ("AmIGO", dict(n_linear_steps=4, linear_step_size=0.3)),
    "stocbio": ("StocBiO", dict(n_neumann_steps=4, neumann_step_size=0.3)),
    "ma_soba": ("MA-SOBA", dict(momentum=0.1, decay=0.0)),
    "f2sa_p": ("F2SA-p", dict(order=2, normalised=True, penalty=10.0, outer_step_size=0.02)),
    "subbio": ("SubBiO", {}),
    "v_pbgd": ("V-PBGD", dict(penalty=10.0, step_size=0.6, outer_step_size=0.6, n_inner_steps=100)),
}
# The code of SubBiO takes the Hessian at (lambda, v) and not at (lambda, theta): on a ridge
# regression it is the same. That of V-PBGD has a single variable, and min G in closed form.
RIDGE = {"subbio", "v_pbgd"}


def stored(case):
    """theta and lambda after each iteration, (n_iterations, p), (n_iterations, d)."""
    path = json.loads((FOLDER / f"{case}.json").read_text())
    return np.array(path["theta"]), np.array(path["lambda"])


def problem_of(case, n_features):
    samples = json.loads((FOLDER / "samples.json").read_text())
    data = {key: np.array(value, float) for key, value in samples.items()}
    for part in ("X_train", "X_val"):
        data[part] = data[part][:, :n_features]
    given = dict(reg="exp", n_reg="full", box="none", seed=0)
    problem = (
        Ridge(**data, outer="validation", **given) if case in RIDGE else LogReg(**data, **given)
    )
    problem.inner_var0 = np.full(n_features, 0.0 if case in RIDGE else 0.1)
    problem.outer_var0 = np.zeros(n_features)
    return problem


def path_of(solver, n_iterations):
    """theta and lambda after each iteration, as ``stored`` returns them."""
    solver.pre_run_hook(None)
    path = []

    def callback():
        result = solver.get_result()
        path.append((result["inner_var"], result["outer_var"]))
        return len(path) <= n_iterations

    solver.run(callback)
    thetas, lambdas = zip(*path[1:], strict=True)
    return np.array(thetas), np.array(lambdas)


@pytest.mark.parametrize("case", CASES)
def test_solvers_follow_the_published_code(case):
    name, parameters = CASES[case]
    thetas, lambdas = stored(case)
    given = {**STEPS, **parameters}
    given = {key: given[key] for key in given if key in component("solver", name).parameters}
    full_batches = dict(framework="python", batch_size="full", eval_freq=1)
    solver = make_solver(name, problem_of(case, thetas.shape[1]), **full_batches, **given)
    our_thetas, our_lambdas = path_of(solver, len(thetas))
    assert np.abs(lambdas[-1]).max() > 5e-3
    np.testing.assert_allclose(our_lambdas, lambdas, rtol=1e-12, atol=1e-12)
    if name != "F2SA-p":
        # It reports the mean of its two theta, and the code one of them.
        np.testing.assert_allclose(our_thetas, thetas, rtol=1e-12, atol=1e-12)

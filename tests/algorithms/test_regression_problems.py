"""Which stochastic solvers run on which regressions: all where G is smooth."""

import numpy as np
import pytest

from helpers import STOCHASTIC, component, make_full_batch, make_solver, run, set_run_context

SMOOTH = {
    "ridge": dict(reg="exp", n_reg="full", outer="validation"),
    "huber": dict(reg="exp", n_reg="full", delta=1.0),
    "kernel_ridge": dict(reg="exp", n_reg=1, n_centres=10, width=0.5),
}
NON_SMOOTH = {
    "lasso": dict(n_reg="full"),
    "elastic_net": dict(n_reg="full", ridge=0.2),
}
SHAPE = dict(n_samples=60, n_features=5, n_nonzero=2)
BRIEFLY = dict(framework="python", batch_size=8, eval_freq=2)


@pytest.mark.parametrize("problem", SMOOTH)
@pytest.mark.parametrize("name", STOCHASTIC)
def test_stochastic_solvers_run_on_smooth_regressions(name, problem):
    problem = make_full_batch(problem, data=SHAPE, **SMOOTH[problem])
    result = run(make_solver(name, problem, **BRIEFLY), 3)
    for variable in ("inner_var", "outer_var"):
        assert np.isfinite(result[variable]).all()
        assert not np.array_equal(result[variable], getattr(problem, f"{variable}0"))


@pytest.mark.parametrize("problem", NON_SMOOTH)
@pytest.mark.parametrize("name", STOCHASTIC)
def test_an_l1_penalty_is_for_proximal_steps(name, problem):
    problem = make_full_batch(problem, data=SHAPE, **NON_SMOOTH[problem])
    if component("solver", name).takes_non_smooth:
        assert np.isfinite(run(make_solver(name, problem, **BRIEFLY), 3)["outer_var"]).all()
        return
    solver = component("solver", name).get_instance(**BRIEFLY)
    set_run_context(solver)
    skipped, reason = solver.skip(problem)
    assert skipped
    assert reason.startswith(name)
    assert "this one has an l1 penalty" in reason


def test_one_stochastic_solver_takes_proximal_steps():
    assert [n for n in STOCHASTIC if component("solver", n).takes_non_smooth] == ["MEHA"]

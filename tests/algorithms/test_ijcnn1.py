"""The suite's claim on real data: SABA nears the optimum that a quasi-Newton method finds."""

import numpy as np
import pytest
from readme_figures import optimum

from benchmark_utils.judge import value_function
from benchmark_utils.problems.logreg import LogReg
from helpers import get_data, make_solver, run

pytestmark = pytest.mark.slow


def test_saba_nears_the_quasi_newton_optimum_where_sobas_schedule_is_still_far():
    data = get_data("ijcnn1", validation="holdout")
    del data["task"]
    problem = LogReg(**data, reg="exp", n_reg="full", seed=0)
    best = optimum(problem, starts=(-6.0,))

    def gap(name, **parameters):
        solver = make_solver(name, problem, eval_freq=300_000, **parameters)
        outer_var = run(solver, 4)["outer_var"]
        return value_function(problem, outer_var, np.zeros(problem.inner_dim))[0] - best

    saba = gap("SABA", step_size=0.3, outer_step_size=1.0, init_memory="full")
    soba = gap("SOBA", step_size=0.5, outer_step_size=10.0)
    assert -1e-6 < saba < 1e-4
    assert soba > 5 * saba

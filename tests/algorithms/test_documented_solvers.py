"""The solvers of the README and of docs/adding.md, on all frameworks and in both precisions."""

import numpy as np
import pytest

from benchmark_utils.judge import Judge
from helpers import MONTHLY, documented_names, make_problem, run, set_run_context

pytestmark = pytest.mark.slow

EXAMPLES = ['name = "MA-SOBA"', 'name = "InnerAdam"']


def end(words, framework, precision="float64"):
    solver = documented_names(words)["Solver"].get_instance(
        framework=framework, precision=precision, batch_size=16, eval_freq=100
    )
    set_run_context(solver)
    problem = make_problem()
    assert solver.skip(problem) == (False, None)
    solver.set_objective(problem)
    return run(solver, 3)


@pytest.mark.parametrize("words", EXAMPLES)
def test_documented_solvers_walk_the_same_path_on_all_frameworks_and_go_down(words):
    expected = end(words, "python")
    problem = make_problem()
    judge = Judge(problem)
    [start] = judge.evaluate(problem.inner_var0, problem.outer_var0)
    [last] = judge.evaluate(expected["inner_var"], expected["outer_var"])
    assert last["value"] < start["value"]
    for framework in ("numba", "jax"):
        result = end(words, framework)
        for variable in ("inner_var", "outer_var"):
            np.testing.assert_allclose(result[variable], expected[variable], rtol=1e-10)
        assert result["calls"] == expected["calls"]


@pytest.mark.parametrize("words", EXAMPLES)
@pytest.mark.parametrize("framework", ["numba", pytest.param("jax", marks=MONTHLY), "python"])
def test_documented_solvers_stay_in_float32(words, framework):
    expected, result = end(words, "python"), end(words, framework, "float32")
    for variable in ("inner_var", "outer_var"):
        assert result[variable].dtype == np.float32
        np.testing.assert_allclose(result[variable], expected[variable], rtol=1e-3, atol=1e-3)

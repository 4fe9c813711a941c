"""The examples of docs/frameworks.md run: a network of one's own, optimisers of other libraries."""

import numpy as np
import pytest

from benchmark_utils.judge import PointJudge
from benchmark_utils.numerics.value_function import value_function
from helpers import ROOT, component, make_problem, multiclass_data, run, set_run_context

pytestmark = pytest.mark.slow


def example(words):
    """The class that the example with these words defines."""
    blocks = (ROOT / "docs" / "frameworks.md").read_text().split("```python\n")[1:]
    [code] = [code for code in (block.split("```")[0] for block in blocks) if words in code]
    names = {"__name__": "docs"}
    exec(compile(code, "frameworks.md", "exec"), names)
    return names[words.split()[-1]] if words.startswith("class") else names["Solver"]


def made(solver, problem, **parameters):
    solver = solver.get_instance(**parameters)
    set_run_context(solver)
    assert solver.skip(problem) == (False, None)
    solver.set_objective(problem)
    return solver


def test_a_network_of_ones_own_lowers_the_validation_loss_by_a_stochastic_method():
    pytest.importorskip("torch")
    problem = example("class LayerPenalties")(**multiclass_data(), width=4, seed=0)
    parameters = dict(framework="torch", batch_size=16, eval_freq=20)
    result = run(made(component("solver", "SOBA"), problem, **parameters), 2)
    judge = PointJudge(problem)
    [[before], [after]] = (
        judge.evaluate(*point)
        for point in (
            (problem.inner_var0, problem.outer_var0),
            (result["inner_var"], result["outer_var"]),
        )
    )
    assert after["outer_value"] < before["outer_value"]
    assert "val_accuracy" in after


def assert_descends(result, problem):
    h, _, _ = value_function(problem, result["outer_var"], problem.inner_var0)
    start, _, _ = value_function(problem, problem.outer_var0, problem.inner_var0)
    assert np.isfinite(h)
    assert h < start


def test_optax_moves_theta():
    pytest.importorskip("optax")
    problem = make_problem()
    solver = made(example("OptaxSOBA"), problem, batch_size=16, eval_freq=250)
    assert_descends(run(solver, 4), problem)


def test_torch_optim_moves_lambda():
    pytest.importorskip("torch")
    problem = make_problem()
    assert_descends(run(made(example("TorchAdam"), problem), 20), problem)

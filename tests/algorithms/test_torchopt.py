"""An outside check: another library, with derivatives of its own, finds the same hypergradient."""

import sys
from importlib.util import find_spec

import numpy as np
import pytest

from benchmark_utils.numerics.value_function import value_function
from helpers import make_problem, make_solver, run

needs_torchopt = pytest.mark.skipif(find_spec("torchopt") is None, reason="no torchopt")


def test_torchopt_is_refused_where_it_is_not_installed(monkeypatch):
    monkeypatch.setitem(sys.modules, "torchopt", None)
    assert make_solver("TorchOpt").skip(make_problem()) == (
        True,
        "TorchOpt needs PyTorch and TorchOpt; pip install torch torchopt.",
    )


@needs_torchopt
@pytest.mark.parametrize(("reg", "n_reg"), [("exp", "full"), ("exp", 1), ("lin", "full")])
def test_torchopts_hypergradient_is_ours(reg, n_reg):
    problem = make_problem(reg=reg, n_reg=n_reg)
    solver = make_solver("TorchOpt", problem, tolerance=1e-11, outer_step_size=1e-3)
    step = problem.outer_var0 - run(solver, 1)["outer_var"]
    _, hypergradient, _ = value_function(problem, problem.outer_var0, problem.inner_var0)
    np.testing.assert_allclose(step, 1e-3 * hypergradient, rtol=1e-8, atol=1e-15)


@needs_torchopt
def test_torchopt_counts_its_oracle_calls():
    problem = make_problem(n=90, m=70)
    calls = run(make_solver("TorchOpt", problem), 3)["calls"]
    assert calls["cross"] == 3 * 90
    assert calls["outer_grad"] == 3 * 70
    # Conjugate gradients in five dimensions need at most a handful of products.
    assert 3 * 90 <= calls["hvp"] <= 3 * 10 * 90
    assert calls["hvp"] % 90 == calls["inner_grad"] % 90 == 0

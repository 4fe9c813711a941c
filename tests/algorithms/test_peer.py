"""The paths of benchopt/benchmark_bilevel's solvers are ours, on the same minibatches.

Needs a checkout of that repository, whose folder is in the variable BENCHMARK_BILEVEL; what is
compared, with what difference, is in docs/fidelity.md.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from benchmark_utils.problems.logreg import LogReg
from helpers import logreg_data, make_solver

FOLDER = os.environ.get("BENCHMARK_BILEVEL", "")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER, reason="BENCHMARK_BILEVEL names no checkout of the peer."),
]
BATCH, N_ITERATIONS = 16, 30
NO_DECAY = dict(decay=0.0, outer_decay=0.0)
HALVES = dict(decay=0.5, outer_decay=0.5)
STEPS = dict(step_size=0.2, outer_step_size=0.4)
# The peer's parameters, ours, and how many inner and outer blocks the peer reads in an iteration.
CASES = {
    "SOBA": (dict(), dict(**STEPS, **HALVES), 1, 1),
    "SABA": (dict(), STEPS, 1, 1),
    "SRBA": (dict(period_frac=0.5), dict(period=5, **STEPS), 1, 1),
    "AmIGO": (dict(n_inner_steps=4), dict(n_inner_steps=4, n_linear_steps=4, linear_step_size=0.2,
                                          **STEPS), 9, 1),
    "StocBiO": (dict(n_inner_steps=4, n_shia_steps=5),
                dict(n_inner_steps=4, n_neumann_steps=5, neumann_step_size=0.2, **STEPS), 10, 1),
    "TTSA": (dict(n_hia_steps=5), dict(n_neumann_steps=5, neumann_step_size=0.2, **STEPS), 6, 1),
    "MRBO": (dict(n_shia_steps=5, eta=1.0),
             dict(n_neumann_steps=5, neumann_step_size=0.2, momentum=1.0, **STEPS), 6, 1),
    "SUSTAIN": (dict(n_hia_steps=5, eta=1.0),
                dict(n_neumann_steps=5, neumann_step_size=0.2, momentum=1.0, **STEPS), 6, 1),
    "FSLA": (dict(step_size=1.0, outer_ratio=2.5),
             dict(step_size=1.0, linear_step_size=1.0, outer_step_size=0.4, momentum=1.0), 3, 2),
    "BOME": (dict(n_inner_steps=4, eta=0.7),
             dict(n_inner_steps=4, barrier=0.7, outer_decay=0.0, theta_step="inner",
                  batch_size="full", **STEPS), 0, 0),
    "BOME by values": (dict(n_inner_steps=4, eta=0.7, choice_phi="value"),
                       dict(n_inner_steps=4, barrier=0.7, outer_decay=0.0, theta_step="inner",
                            phi="value", batch_size="full", **STEPS), 0, 0),
    "PZOBO": (dict(n_inner_steps=4, mu=0.1, n_gaussian_vectors=3),
              dict(n_inner_steps=4, smoothing=0.1, n_directions=3, outer_decay=0.0,
                   batch_size="full", **STEPS), 0, 0),
}  # fmt: skip


def draws_of(case, rng, n_blocks, n_inner, n_outer):
    """The blocks that each iteration reads, (N_ITERATIONS, n_inner or n_outer)."""
    inner = rng.integers(n_blocks[0], size=(N_ITERATIONS, n_inner))
    outer = rng.integers(n_blocks[1], size=(N_ITERATIONS, n_outer))
    if case in ("StocBiO", "MRBO"):
        # The products of a series do not commute, and are summed in another order.
        first = 4 if case == "StocBiO" else 1
        inner[:, first : first + 5] = inner[:, first : first + 1]
    if case == "SRBA":
        # The peer reads no minibatch in an iteration on all samples.
        inner[::5] = outer[::5] = -1
    return inner, outer


def peer_path(tmp_path, case, parameters, **given):
    name = case.split()[0]
    np.savez(tmp_path / "given.npz", **given)
    script = Path(__file__).with_name("peer_paths.py")
    arguments = FOLDER, name, json.dumps(parameters), "given.npz", "path.npz"
    command = [sys.executable, str(script), *arguments]
    environment = {**os.environ, "PYTHONPATH": FOLDER, "JAX_PLATFORMS": "cpu"}
    subprocess.run(command, cwd=tmp_path, env=environment, check=True)
    return np.load(tmp_path / "path.npz")


def our_path(solver, arrays, draws):
    """theta and lambda after each iteration."""
    solver.pre_run_hook(None)
    solver.arrays = arrays
    path = []

    def callback():
        path.append(solver.point)
        return len(path) <= N_ITERATIONS

    solver.chunks = lambda rngs: (tuple(
        tuple(column[t : t + 1] for column in part) if isinstance(part, tuple) else part[t : t + 1]
        for part in draws
    ) for t in range(N_ITERATIONS))  # fmt: skip
    solver.run(callback)
    inner_vars, outer_vars = zip(*path[1:], strict=True)
    return np.array(inner_vars), np.array(outer_vars)


@pytest.mark.parametrize("case", CASES)
def test_paths_are_those_of_the_peer(case, tmp_path):
    theirs, ours, n_inner, n_outer = CASES[case]
    problem = LogReg(**logreg_data(n=96, m=64), reg="exp", n_reg="full", box="none", seed=0)
    rng = np.random.default_rng(0)
    ours = {"batch_size": BATCH, **ours, "framework": "python", "eval_freq": 1}
    solver = make_solver(case.split()[0], problem, **ours)
    arrays = problem.arrays(*solver.batch_sizes, np.float64, rng)
    inner, outer = draws_of(case, rng, list(map(len, solver.block_sizes)), n_inner, n_outer)
    steps = dict(step_size=STEPS["step_size"], outer_ratio=0.5, batch_size=BATCH)
    theirs = {**steps, **theirs}
    peer = peer_path(
        tmp_path, case, theirs, inner_rows=arrays.inner_rows, outer_rows=arrays.outer_rows,
        inner_blocks=inner, outer_blocks=outer, inner_var0=problem.inner_var0,
        outer_var0=problem.outer_var0,
    )  # fmt: skip
    if n_inner == 0:
        inner, outer = (np.zeros((N_ITERATIONS, n), int) for n in (solver.n_inner_batches, 1))
    if case in ("TTSA", "SUSTAIN"):
        # Their cross derivative is on the first minibatch, ours on the last.
        inner[:, -1] = inner[:, 0]
    t = np.arange(1, N_ITERATIONS + 1)
    more = peer["drawn"] if peer["drawn"].size else solver.draw(rng, t)
    draws = np.abs(inner), np.abs(outer), solver.step_sizes(t), *(() if more is None else (more,))
    inner_vars, outer_vars = our_path(solver, arrays, draws)
    difference = max(
        np.abs(inner_vars - peer["inner_vars"]).max(), np.abs(outer_vars - peer["outer_vars"]).max()
    )
    moved = np.abs(outer_vars[-1] - problem.outer_var0).max()
    print(f"{case}: largest difference {difference:.1e}, lambda moved by {moved:.1e}")
    assert moved > 1e-2
    assert difference < 1e-11

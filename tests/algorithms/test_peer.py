"""The paths of benchopt/benchmark_bilevel's solvers are ours, on the same minibatches.

The first iterates of its solvers are in ``published/benchmark_bilevel.json``. With a checkout of
that repository, whose folder is in the variable BENCHMARK_BILEVEL, its solvers run here, for more
iterations; ``python tests/algorithms/test_peer.py`` then stores them. What is compared, with what
difference, is in docs/fidelity.md.
"""

import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

from benchmark_utils.problems.logreg import LogReg
from helpers import logreg_data, make_solver

FOLDER = os.environ.get("BENCHMARK_BILEVEL", "")
needs_peer = pytest.mark.skipif(
    not FOLDER, reason="BENCHMARK_BILEVEL names no checkout of the peer."
)
STORED = Path(__file__).parent / "published" / "benchmark_bilevel.json"
BATCH, N_ITERATIONS, N_STORED = 16, 30, 12
NO_DECAY = dict(decay=0.0, outer_decay=0.0)
HALVES = dict(decay=0.5, outer_decay=0.5)
STEPS = dict(step_size=0.2, outer_step_size=0.4)
# The peer's parameters, ours, and how many inner and outer blocks the peer reads in an iteration.
CASES = {
    "SOBA": (dict(), dict(**STEPS, **HALVES), 1, 1),
    "SABA": (dict(), dict(init_memory="zero", **STEPS), 1, 1),
    "SRBA": (dict(period_frac=0.5), dict(period=5, **STEPS), 1, 1),
    "AmIGO": (dict(n_inner_steps=4), dict(n_inner_steps=4, n_linear_steps=4, linear_step_size=0.2,
                                          **STEPS), 9, 1),
    "StocBiO": (dict(n_inner_steps=4, n_shia_steps=5),
                dict(n_inner_steps=4, n_neumann_steps=5, neumann_step_size=0.2, **STEPS), 10, 1),
    "TTSA": (dict(n_hia_steps=5),
             dict(n_neumann_steps=5, neumann_step_size=0.2, decay=0.4, outer_decay=0.6, **STEPS),
             6, 1),
    "MRBO": (dict(n_shia_steps=5, eta=1.0),
             dict(n_neumann_steps=5, neumann_step_size=0.2, momentum=1.0, decay=1 / 3,
                  **STEPS), 6, 1),
    "SUSTAIN": (dict(n_hia_steps=5, eta=1.0),
                dict(n_neumann_steps=5, neumann_step_size=0.2, momentum=1.0, decay=1 / 3,
                     **STEPS), 6, 1),
    "FSLA": (dict(step_size=1.0, outer_ratio=2.5),
             dict(step_size=1.0, linear_step_size=1.0, outer_step_size=0.4, momentum=1.0,
                  decay=0.5), 3, 2),
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


def our_path(solver, arrays, draws, n_iterations):
    """theta and lambda after each iteration."""
    solver.pre_run_hook(None)
    solver.arrays = arrays
    path = []

    def callback():
        path.append(solver.point)
        return len(path) <= n_iterations

    solver.chunks = lambda rngs: (tuple(
        tuple(column[t : t + 1] for column in part) if isinstance(part, tuple) else part[t : t + 1]
        for part in draws
    ) for t in range(N_ITERATIONS))  # fmt: skip
    solver.run(callback)
    inner_vars, outer_vars = zip(*path[1:], strict=True)
    return np.array(inner_vars), np.array(outer_vars)


def both_paths(case, peer_of):
    """theta and lambda after each iteration, the peer's and ours.

    ``peer_of`` returns the peer's path on what it is given, and how many iterations it has.
    """
    theirs, ours, n_inner, n_outer = CASES[case]
    problem = LogReg(**logreg_data(n=96, m=64), reg="exp", n_reg="full", box="none", seed=0)
    rng = np.random.default_rng(0)
    ours = {"batch_size": BATCH, **ours, "framework": "python", "eval_freq": 1}
    solver = make_solver(case.split()[0], problem, **ours)
    arrays = problem.arrays(*solver.batch_sizes, np.float64, rng)
    inner, outer = draws_of(case, rng, list(map(len, solver.block_sizes)), n_inner, n_outer)
    steps = dict(step_size=STEPS["step_size"], outer_ratio=0.5, batch_size=BATCH)
    peer = peer_of(
        case, {**steps, **theirs}, inner_rows=arrays.inner_rows, outer_rows=arrays.outer_rows,
        inner_blocks=inner, outer_blocks=outer, inner_var0=problem.inner_var0,
        outer_var0=problem.outer_var0,
    )  # fmt: skip
    if n_inner == 0:
        inner, outer = (np.zeros((N_ITERATIONS, n), int) for n in (solver.n_inner_batches, 1))
    if case in ("TTSA", "SUSTAIN"):
        # Their cross derivative is on the first minibatch, ours on the last.
        inner[:, -1] = inner[:, 0]
    t = np.arange(1, N_ITERATIONS + 1)
    drawn = np.asarray(peer["drawn"])
    more = drawn if drawn.size else solver.draw(rng, t)
    draws = np.abs(inner), np.abs(outer), solver.step_sizes(t), *(() if more is None else (more,))
    inner_vars, outer_vars = our_path(solver, arrays, draws, len(peer["inner_vars"]))
    return peer, dict(inner_vars=inner_vars, outer_vars=outer_vars)


def assert_equal_paths(case, peer, ours):
    difference = max(np.abs(ours[key] - peer[key]).max() for key in ours)
    moved = np.ptp(ours["outer_vars"], axis=0).max()
    print(f"{case}: largest difference {difference:.1e}, lambda moved by {moved:.1e}")
    assert moved > 5e-3
    assert difference < 1e-12


@pytest.mark.parametrize("case", CASES)
def test_paths_are_the_stored_ones_of_the_peer(case):
    stored = json.loads(STORED.read_text())["paths"][case]
    assert_equal_paths(case, *both_paths(case, lambda *given, **arrays: stored))


@needs_peer
@pytest.mark.slow
@pytest.mark.parametrize("case", CASES)
def test_paths_are_those_of_the_peer(case, tmp_path):
    assert_equal_paths(case, *both_paths(case, partial(peer_path, tmp_path)))


def main():
    """Store the first iterates of the peer's solvers, and what they drew."""
    command = ["git", "-C", FOLDER, "rev-parse", "HEAD"]
    commit = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    lines = []
    for case in CASES:
        with TemporaryDirectory() as folder:
            peer, _ = both_paths(case, partial(peer_path, Path(folder)))
        path = {key: peer[key][:N_STORED].tolist() for key in ("inner_vars", "outer_vars")}
        lines.append(f"{json.dumps(case)}: {json.dumps(path | dict(drawn=peer['drawn'].tolist()))}")
    head = f'{{"repository": "https://github.com/benchopt/benchmark_bilevel",\n"commit": "{commit}"'
    STORED.write_text(head + ',\n"paths": {\n' + ",\n".join(lines) + "}}\n")


if __name__ == "__main__":
    main()

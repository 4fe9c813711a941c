"""Microseconds per iteration of benchopt/benchmark_bilevel's solvers, beside ours.

    BENCHMARK_BILEVEL=FOLDER python scripts/peer.py [--solvers SOBA,SABA] [--seconds S]

``FOLDER`` is a checkout of that repository. Everything runs in float64 on the data of
``scripts/bench.py``, on minibatches of 64, in chunks of 2,048 iterations, with the peer's numbers
of inner and linear steps. Each peer's solver runs in a process of its own, as its package has the
name of ours, between our two measurements.
"""

import argparse
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

# The peer's names of our parameters. Other defaults of the two are the same, or cost nothing.
NAMES = {
    "n_inner_steps": "n_inner_steps",
    "n_shia_steps": "n_neumann_steps",
    "n_hia_steps": "n_neumann_steps",
}
SOLVERS = "SOBA,SABA,SRBA,FSLA,TTSA,SUSTAIN,BSA,StocBiO,AmIGO,MRBO,F2SA"
CHUNK, STEP_SIZE, BATCH_SIZE = 2048, 0.1, 64


def loss_of(rows, penalised):
    """The mean logistic loss of signed samples from ``start`` on, and how many there are.

    The samples are minibatches (n_blocks, p, b); the loss has the arguments that the peer gives.
    """
    samples = jnp.asarray(rows.transpose(0, 2, 1).reshape(-1, rows.shape[1]))

    def loss(inner_var, outer_var, start=0, batch_size=1):
        shape = batch_size, samples.shape[1]
        margins = jax.lax.dynamic_slice(samples, (start, 0), shape) @ inner_var
        penalty = jnp.sum(jnp.exp(outer_var) * inner_var**2) / 2 if penalised else 0.0
        return jnp.mean(jnp.logaddexp(0, -margins)) + penalty

    return loss, len(samples)


def peer_class(folder, name):
    """A solver's class of the peer; this process can no longer import ours."""
    jax.config.update("jax_enable_x64", True)
    sys.path.insert(0, folder)
    return importlib.import_module(f"solvers.{name.lower()}").Solver


def peer_solver(cls, losses, sizes, starts, **parameters):
    """The peer's solver on two losses, set up as benchopt does, without a first run."""
    solver = cls()
    defaults = {key: values[0] for key, values in cls.parameters.items()}
    vars(solver).update({**defaults, **parameters})
    solver.run_once = lambda *args: None
    solver.set_objective(*losses, *sizes, *map(jnp.asarray, starts))
    return solver


def fastest_chunk(solver, seconds):
    """Microseconds per iteration of the fastest chunk, after the two that may compile."""
    times, begin = [], time.perf_counter()
    last = [begin]

    def callback():
        jax.block_until_ready(solver.outer_var)
        now = time.perf_counter()
        times.append(now - last[0])
        last[0] = now
        return len(times) < 5 or now - begin < seconds

    solver.outer_var = solver.outer_var0
    solver.run(callback)
    return min(times[3:]) / CHUNK * 1e6


def time_peer(folder, name, given, seconds):
    """Print the peer's time and its numbers of steps."""
    given = np.load(given)
    cls = peer_class(folder, name)
    parts = loss_of(given["inner_rows"], True), loss_of(given["outer_rows"], False)
    losses, sizes = zip(*parts, strict=True)
    starts = given["inner_var0"], given["outer_var0"]
    parameters = dict(step_size=STEP_SIZE, batch_size=BATCH_SIZE, eval_freq=CHUNK)
    solver = peer_solver(cls, losses, sizes, starts, **parameters)
    steps = {key: getattr(solver, key) for key in NAMES if hasattr(solver, key)}
    print(json.dumps([fastest_chunk(solver, float(seconds)), steps]))


def peer_time(checkout, name, given, seconds):
    """What :func:`time_peer` prints in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": checkout, "JAX_PLATFORMS": "cpu"}
    command = [sys.executable, __file__, "--peer", checkout, name, str(given), str(seconds)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def our_times(cls, problem, steps, seconds):
    """Microseconds per iteration with numba and JAX, with the peer's numbers of steps."""
    from stopwatch import make_solver, microseconds_per_iteration

    own = {NAMES[key]: value for key, value in steps.items()}
    own |= {key: STEP_SIZE for key in cls.parameters if key.endswith("step_size")}
    for framework in ("numba", "jax"):
        solver = make_solver(cls, problem, framework=framework, batch_size=BATCH_SIZE, **own)
        yield microseconds_per_iteration(solver, seconds)


def save_given(problem, path):
    """Store what the peer's process needs of a problem."""
    arrays = problem.arrays(BATCH_SIZE, BATCH_SIZE, np.float64, np.random.default_rng(0))
    rows = dict(inner_rows=arrays.inner_rows, outer_rows=arrays.outer_rows)
    np.savez(path, inner_var0=problem.inner_var0, outer_var0=problem.outer_var0, **rows)


def compare(checkout, names, seconds):
    from stopwatch import make_problem, stochastic_solvers

    problem, classes = make_problem(), {cls.name: cls for cls in stochastic_solvers(names)}
    print(f"{'':<10}{'numba':>8}{'JAX':>8}{'peer':>8}{'peer / numba':>14}{'peer / JAX':>12}")
    ratios = []
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "given.npz"
        save_given(problem, given)
        for name in names:
            peer, steps = peer_time(checkout, name, given, seconds)
            numba, jax = our_times(classes[name], problem, steps, seconds)
            ratios.append([peer / numba, peer / jax])
            print(
                f"{name:<10}{numba:>8.2f}{jax:>8.2f}{peer:>8.2f}{peer / numba:>14.2f}"
                f"{peer / jax:>12.2f}",
                flush=True,
            )
    medians = np.median(ratios, axis=0)
    print(f"{'median':<10}{medians[0]:>38.2f}{medians[1]:>12.2f}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--solvers", default=SOLVERS)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each measurement")
    options = parser.parse_args()
    checkout = os.environ.get("BENCHMARK_BILEVEL")
    if not checkout:
        raise SystemExit("Give a checkout of benchopt/benchmark_bilevel as BENCHMARK_BILEVEL.")
    compare(checkout, options.solvers.split(","), options.seconds)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--peer"]:
        time_peer(*sys.argv[2:])
    else:
        main()

"""Run a solver of benchopt/benchmark_bilevel on given minibatches, in a process of its own.

    python peer_paths.py FOLDER NAME PARAMETERS INPUT.npz OUTPUT.npz

Its package has the name of ours. ``INPUT.npz`` has signed rows of minibatches, inner and outer
(n_blocks, p, b), the starting points, and which blocks each iteration reads, in the order in which
the solver asks for them, -1 where it does not. ``OUTPUT.npz`` has theta and lambda after each
iteration, and the random numbers that the solver drew besides.
"""

import importlib
import json
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

sys.path.append(str(Path(__file__).parents[2] / "scripts"))

from peer import loss_of, peer_class, peer_solver

SEED = 1


def sampler_of(blocks, rows):
    """A sampler that reads these blocks one after the other."""
    n_blocks, _, batch_size = rows.shape

    def sampler(state):
        block = state["order"][state["next"]]
        state = {**state, "next": state["next"] + 1}
        return block * batch_size, block, 1 / n_blocks, state

    order = jnp.asarray(blocks[blocks >= 0].ravel())
    return sampler, dict(order=order, next=jnp.array(0), batch_order=jnp.arange(n_blocks))


def drawn_besides(name, n_iterations, parameters, outer_dim):
    """The numbers of Hessians, or the directions, that a solver draws by its keys."""
    if name == "PZOBO":
        key, draws = jax.random.PRNGKey(SEED), []
        for _ in range(n_iterations):
            key = jax.random.split(key, 1)[0]
            draws.append(jax.random.normal(key, (parameters["n_gaussian_vectors"], outer_dim)))
        return np.array(draws)
    if "n_hia_steps" not in parameters:
        return np.zeros(0)
    keys = jax.random.split(jax.random.PRNGKey(SEED), 3)
    key, draws = jax.random.key(SEED) if name == "TTSA" else keys[-1], []
    for _ in range(n_iterations):
        draws.append(int(jax.random.randint(key, (1,), 0, parameters["n_hia_steps"])[0]))
        key = jax.random.split(key, 1)[0]
    return np.array(draws)


def main(folder, name, parameters, given, output):
    parameters, given = json.loads(parameters), np.load(given)
    cls = peer_class(folder, name)
    base = importlib.import_module("benchmark_utils.stochastic_jax_solver")
    inner, n_inner = loss_of(given["inner_rows"], True)
    outer, n_outer = loss_of(given["outer_rows"], False)
    inner_blocks, outer_blocks = given["inner_blocks"].copy(), given["outer_blocks"]
    n_iterations, outer_dim = len(outer_blocks), given["outer_var0"].size
    drawn = drawn_besides(name, n_iterations, parameters, outer_dim)
    if "n_hia_steps" in parameters:
        # The first block is that of the gradient; of the others, the solver reads so many.
        first = 1 if name in ("TTSA", "SUSTAIN") else 0
        for row, n_hessians in zip(inner_blocks, drawn, strict=True):
            row[first + n_hessians : first + parameters["n_hia_steps"]] = -1
    levels = (inner_blocks, given["inner_rows"]), (outer_blocks, given["outer_rows"])
    samplers = iter([sampler_of(*level) for level in levels])
    base.init_sampler = lambda **sizes: next(samplers)

    starts = given["inner_var0"], given["outer_var0"]
    parameters |= dict(eval_freq=1, random_state=SEED)
    solver = peer_solver(cls, (inner, outer), (n_inner, n_outer), starts, **parameters)
    path = []

    def callback():
        path.append([np.array(solver.inner_var), np.array(solver.outer_var)])
        return len(path) <= n_iterations

    solver.inner_var, solver.outer_var = given["inner_var0"], given["outer_var0"]
    solver.run(callback)
    inner_vars, outer_vars = zip(*path[1:], strict=True)
    np.savez(output, inner_vars=inner_vars, outer_vars=outer_vars, drawn=drawn)


if __name__ == "__main__":
    main(*sys.argv[1:])

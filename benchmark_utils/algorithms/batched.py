"""Runs of a stochastic solver with several step sizes and seeds, as one program of JAX.

Runs with the same seed read the same minibatches, so that one look at them serves all step sizes.
"""

import jax
import jax.numpy as jnp
import numpy as np

from benchmark_utils.algorithms.counting import CallCounts, MeasuredCalls
from benchmark_utils.algorithms.refusals import StepRefused
from benchmark_utils.algorithms.step_sizes import automatic
from benchmark_utils.frameworks import get_framework


class BatchedRuns:
    """Runs that advance together, one per seed and setting.

    Parameters
    ----------
    solver : StochasticSolver
        With ``framework=jax``.
    problem : Problem
    settings : list of dict
        Values of the same parameters, which only ``schedules`` may read: step sizes and how they
        decrease.
    seeds : list of int
        Values of the parameter ``seed``. Samples are kept once per seed, as each has its own
        minibatches.

    Raises
    ------
    ValueError
        If the framework is another one, or more than ``schedules`` reads these parameters.
    """

    def __init__(self, solver, problem, settings, seeds):
        if solver.framework != "jax":
            raise ValueError(
                f"{solver.name}: framework={solver.framework} cannot batch runs; give jax."
            )
        solver.prepare(problem)
        names = list(settings[0])
        for name in set(names).difference(scheduled_only(solver, names)):
            raise ValueError(
                f"{solver.name}: more than schedules() reads {name}, so that its values make no "
                "batch; give one value at a time."
            )
        self.settings = [solver.twin(**setting) for setting in settings]
        for setting in self.settings:
            setting.automatic = automatic(setting, problem)
        self.runtime = get_framework("jax")
        self.device = self.runtime.find_device(solver.device)
        self.eval_freq, self.iterations = solver.eval_freq, 0
        common = without(solver, names)
        self.start(common, seeds, *common.make_parts(self.runtime, problem.oracle("jax")))

    def start(self, common, seeds, first_state, step):
        """Cut minibatches with each seed, and make the first states."""
        run_seed = common.get_seed(use_repetition=True)
        parts = dict(runtime=self.runtime, found_device=self.device)
        twins = [common.twin(seeds=(run_seed, seed), **parts) for seed in seeds]
        for twin in twins:
            twin.pre_run_hook(None)
        self.chunks = [twin.chunks(np.random.default_rng(twin.seeds).spawn(3)) for twin in twins]
        self.calls = [CallCounts(common.measured_calls) for _ in seeds]
        first = stacked([first_state(twin.arrays, *twin.start) for twin in twins])
        self.state = repeated(first, len(self.settings))
        self.arrays = stacked([twin.arrays for twin in twins])
        self.iterate = self.runtime.iterations(over_seeds_and_settings(step))

    def advance(self):
        """Make ``eval_freq`` iterations of all runs."""
        draws = [next(chunk) for chunk in self.chunks]
        for calls, drawn in zip(self.calls, draws, strict=True):
            calls.add(drawn)
        inner_batches, outer_batches, _, *more = (
            stacked(of_seeds, axis=1) for of_seeds in zip(*draws, strict=True)
        )
        t = np.arange(self.iterations + 1, self.iterations + self.eval_freq + 1)
        step_sizes = stacked([setting.step_sizes(t) for setting in self.settings], axis=1)
        draws = inner_batches, outer_batches, step_sizes, *more
        self.state = self.runtime.wait(self.iterate(self.state, self.arrays, draws))
        self.iterations += self.eval_freq

    def results(self):
        """The results of all runs, as ``get_result`` of each gives them: a list per seed, with one
        dict per setting."""
        variables = self.state.inner_var, self.state.outer_var
        inner_vars, outer_vars = map(self.runtime.to_numpy, variables)
        device = self.runtime.describe_device(self.device)
        return [
            [
                dict(
                    inner_var=inner_var,
                    outer_var=outer_var,
                    iterations=self.iterations,
                    calls=calls.totals(),
                    device=device,
                )
                for inner_var, outer_var in zip(*of_seed, strict=True)
            ]
            for calls, *of_seed in zip(self.calls, inner_vars, outer_vars, strict=True)
        ]


def scheduled_only(solver, names):
    """Those of the parameters of a prepared solver that only ``schedules`` reads."""
    return [name for name in names if runs_without(solver, name)]


def runs_without(solver, name):
    """Whether the step and the first state are made without this parameter, by a trial."""
    twin = without(solver, [name])
    try:
        twin.measured_calls = MeasuredCalls(twin, *twin.start, twin.block_sizes)
        twin.try_step()
    except (StepRefused, AttributeError):
        return False
    return True


def without(solver, names):
    """A prepared solver that lacks these parameters, but has the step sizes made from them."""
    twin = solver.twin(step_sizes=solver.step_sizes)
    for name in names:
        del vars(twin)[name]
    return twin


def over_seeds_and_settings(step):
    """The step of all runs, with states of shape (n_seeds, n_settings, ...), arrays and draws
    (n_seeds, ...), and step sizes (n_settings,)."""

    def all_steps(states, arrays, inner_batches, outer_batches, step_sizes, *more):
        def of_seed(states, arrays, *draws):
            def of_setting(state, step_sizes):
                inner_batches, outer_batches, *more = draws
                return step(state, arrays, inner_batches, outer_batches, step_sizes, *more)

            return jax.vmap(of_setting)(states, step_sizes)

        return jax.vmap(of_seed)(states, arrays, inner_batches, outer_batches, *more)

    return all_steps


def stacked(trees, axis=0):
    """Trees of arrays as one tree, whose arrays have one more axis."""

    def stack(*leaves):
        # JAX would take a tenth of a second for 300 arrays of NumPy.
        xp = np if isinstance(leaves[0], np.ndarray) else jnp
        return xp.stack(leaves, axis)

    return jax.tree.map(stack, *trees)


def repeated(tree, n_times):
    """A tree of arrays, each repeated ``n_times`` along a new second axis."""
    return jax.tree.map(lambda leaf: jnp.repeat(leaf[:, None], n_times, axis=1), tree)

"""The runs of a tuning, many in one program of JAX; see benchmark_utils/algorithms/batched.py."""

from collections import defaultdict
from time import perf_counter

import pandas as pd
from benchopt.utils.run_context import RunContext
from suite import TASKS, parts_of, problem_of

from benchmark_utils.algorithms.batched import BatchedRuns, scheduled_only


class Curve:
    """The points of one run of a batch, where benchopt makes them.

    Parameters
    ----------
    objective : Objective
        With its data.
    solver : StochasticSolver
    timeout : float
        The budget in seconds.
    max_runs : int
        The budget in points.
    """

    def __init__(self, objective, solver, timeout, max_runs):
        # A copy, as each curve has its own judge; benchopt's copies would load the data again.
        self.objective = object.__new__(type(objective))
        vars(self.objective).update(vars(objective))
        self.objective.get_objective()
        self.criterion = objective.stopping_criterion.get_runner_instance(
            solver=solver, timeout=timeout, max_runs=max_runs
        )
        self.rows, self.next_point, self.has_ended = [], 0, False

    def add(self, point, seconds, result):
        """Judge a result, unless the curve has no point there."""
        if self.has_ended or point != self.next_point:
            return
        [judged] = self.objective.evaluate_result(**result)
        row = {f"objective_{name}": value for name, value in judged.items()}
        self.rows.append(row | dict(stop_val=point, time=seconds))
        self.has_ended, _, self.next_point = self.criterion.should_stop(point, self.rows)


def results_of(tuning, entries, max_runs):
    """The results of runs with these parameters and seeds, as benchopt's ``read_results`` has them.

    Parameters
    ----------
    tuning : Tuning
    entries : list of dict
        The parameters of each run, and its ``seed``.
    max_runs : int
    """
    objective, dataset = parts_of(tuning.task)
    objective.max_calls = tuning.budget
    problem = problem_of(objective, dataset)
    first = solver_of(tuning, objective, entries[0])
    first.prepare(problem)
    names = scheduled_only(first, tuning.names)
    rows = []
    for constant, settings, seeds in batches(entries, names):
        solver = solver_of(tuning, objective, constant | settings[0])
        curves = {
            (seed, k): Curve(objective, solver, TASKS[tuning.task]["timeout"], max_runs)
            for seed in range(len(seeds))
            for k in range(len(settings))
        }
        follow(BatchedRuns(solver, problem, settings, seeds), curves)
        for (seed, k), curve in curves.items():
            entry = constant | settings[k] | dict(seed=seeds[seed])
            given = {f"p_solver_{name}": value for name, value in entry.items()}
            rows += [row | given for row in curve.rows]
    return pd.DataFrame(rows)


def solver_of(tuning, objective, parameters):
    solver = tuning.cls.get_instance(**tuning.options | tuning.given(parameters))
    RunContext().set_run_context(objective, None, solver, repetition=0, base_seed=0)
    solver._objective = objective
    return solver


def batches(entries, names):
    """Entries that differ in their seeds and in these parameters only.

    Yields
    ------
    constant : dict
        The other parameters.
    settings : list of dict
    seeds : list of int
        Each of them has all settings.
    """
    groups = defaultdict(lambda: defaultdict(list))
    for entry in entries:
        constant = {name: entry[name] for name in entry if name not in (*names, "seed")}
        setting = {name: entry[name] for name in names}
        groups[tuple(constant.items())][entry["seed"]].append(setting)
    for constant, by_seed in groups.items():
        while by_seed:
            settings = next(iter(by_seed.values()))
            seeds = [seed for seed in by_seed if by_seed[seed] == settings]
            for seed in seeds:
                del by_seed[seed]
            yield dict(constant), settings, seeds


def follow(runs, curves):
    """Advance all runs until all curves have ended; each run has an equal part of the time."""
    point, seconds = 0, 0.0
    while not all(curve.has_ended for curve in curves.values()):
        if any(curve.next_point == point for curve in curves.values()):
            results = runs.results()
            for (seed, k), curve in curves.items():
                curve.add(point, seconds / len(curves), results[seed][k])
        start = perf_counter()
        runs.advance()
        seconds += perf_counter() - start
        point += 1

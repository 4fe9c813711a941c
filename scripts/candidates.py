"""The candidates of one solver on one task, their runs, and the best of them."""

import tempfile
from pathlib import Path

import pandas as pd
import yaml
from benchopt.cli.main import run
from benchopt.results import read_results
from suite import BENCHMARK, ROOT, TASKS

from benchmark_utils.algorithms.search_space import (
    at_edge,
    first_of,
    names_of,
    near,
    points,
    refusal_of_space,
    widened,
)
from benchmark_utils.results.files import as_sentence, replaced
from benchmark_utils.results.terminal import duration
from benchmark_utils.results.tuning import COSTS, outcome, ranking

FOLDER = ROOT / "tuning"
N_WIDE, N_NEAR, N_BEST = 12, 8, 5
NEAR = 1 / 3
# How often an edge at which the choice lies moves, and by which part of the range.
N_MOVES, MOVE = 3, NEAR / 2
# Not those of other runs: what is chosen must not know the seeds with which it is compared.
SEEDS = (1000, 1001, 1002)
CONFIRMING_SEEDS = tuple(range(1003, 1010))
MAX_RUNS = 1000
RESTORE = "Restore it by git, or delete it and make its runs again: `make tune`."


class Tuning:
    """The candidates of one solver on one task, and their runs.

    Parameters
    ----------
    task, solver : str
    parallel : dict
        Options of ``benchopt run`` on how its jobs run.
    """

    def __init__(self, task, solver, parallel):
        [cls] = [cls for cls in BENCHMARK.get_solvers() if cls.name == solver]
        self.prepare(task, cls, parallel)

    def prepare(self, task, cls, parallel):
        self.task, self.cls, self.solver, self.parallel = task, cls, cls.name, parallel
        self.space = cls.search_space
        reason = refusal_of_space(self.space, cls.parameters)
        if reason:
            raise SystemExit(f"{cls.name}: {reason}")
        self.names = names_of(self.space)
        given = TASKS[task].get("candidates", {}).get(cls.name, [])
        self.wide = points(self.space, N_WIDE) + given
        self.n_near, self.n_best, self.n_moves = N_NEAR, N_BEST, N_MOVES
        self.budget = TASKS[task]["max_calls"]
        self.path = FOLDER / task / f"{cls.name}.csv"
        self.seeds = SEEDS if "seed" in cls.parameters else SEEDS[:1]
        self.confirming_seeds = CONFIRMING_SEEDS if "seed" in cls.parameters else ()
        self.options = options_of(task, cls)

    def pattern(self, parameters):
        """The solver with these parameters, for a run configuration."""
        return {self.solver: parameters}

    @property
    def key(self):
        return [*self.names, "seed", "max_calls"]

    def table(self):
        """All runs so far, of the present candidates and of others."""
        if not self.path.exists():
            return pd.DataFrame(columns=self.key)
        with as_sentence(self.path, RESTORE):
            # Values are compared as text, which no reading of numbers can change.
            table = pd.read_csv(self.path, dtype=dict.fromkeys(self.names, str))
            missing = {*self.key, *COSTS, "gap", "status", "seconds"}.difference(table)
            if missing:
                raise ValueError(f"there is no column {min(missing)}")
        return table

    @property
    def points(self):
        """The candidates so far."""
        return self.search()[0]

    def search(self):
        """The candidates so far, the space that they are of, and the best of them.

        Those near the best of the first follow once these have run. If the choice lies at an edge
        of the space, the edge moves, and others near the choice follow, at most three times.

        Returns
        -------
        points : list of dict
        space : dict
        best : dict or None
            As long as the newest candidates have not run, that of all others; None before.
        """
        found, space, best = self.wide, self.space, None
        runs = self.first_runs_of(found)
        if runs.empty:
            return found, space, best
        found = self.with_near(found, space, found_in(found, ranking(runs, self.names).iloc[0]))
        for _ in range(self.n_moves):
            newest = self.best_of(found)
            best = newest or best
            edges = self.open_edges(space, newest) if self.is_confirmed(newest) else {}
            if not edges:
                return found, space, best
            space = widened(space, edges, MOVE)
            found = self.with_near(found, space, best)
        return found, space, self.best_of(found) or best

    def with_near(self, found, space, best):
        """Candidates, and others that are near the best of them."""
        around = points(near(space, best, NEAR), self.n_near)
        return found + [point for point in around if point not in found]

    def open_edges(self, space, point):
        """The edges at which a point lies, but not those beyond which a solver has no values."""
        return {
            names: edge
            for names, edge in at_edge(space, point).items()
            if self.is_allowed(first_of(names), space[names].beyond(edge, MOVE))
        }

    def is_allowed(self, name, value):
        """Whether a parameter may have a value, as far as the solver says."""
        # A plain solver of benchopt does not say.
        allowed = getattr(self.cls, "allowed", {})
        return name not in allowed or allowed[name].test(value)

    def runs_of(self, candidates):
        """The runs so far of candidates, with the present budget."""
        table = self.table()
        wanted = pd.DataFrame(candidates).astype(str)
        table = table[table["max_calls"] == self.budget]
        return table.merge(wanted.drop_duplicates(), on=self.names)

    def first_runs_of(self, candidates):
        """Their runs with the first seed; none if some candidate has not had it."""
        runs = self.runs_of(candidates)
        runs = runs[runs["seed"] == self.seeds[0]]
        return runs if len(runs) == len(candidates) else runs.head(0)

    def runs(self, candidates=None):
        """The runs so far by which candidates, or all, are ranked."""
        runs = self.runs_of(candidates or self.points)
        return runs[runs["seed"].isin(self.seeds)]

    def tune(self):
        """Run what is missing."""
        self.complete(self.wide, self.seeds[:1])
        found = None
        while self.points != found:
            found = self.points
            self.complete(found, self.seeds[:1])
            self.complete(self.first_best(found), self.seeds[1:])
            for candidate in self.finalists(found):
                self.complete([candidate], self.confirming_seeds)
                if self.is_steady(candidate):
                    break

    def first_best(self, found):
        """The candidates that are best with the first seed, and get more; none before all ran."""
        runs = self.first_runs_of(found)
        return self.ranked(runs, found)[: self.n_best] if len(runs) else []

    def finalists(self, found):
        """These candidates once they have all seeds, best first."""
        candidates = self.first_best(found) if self.path.exists() else []
        if not candidates:
            return []
        runs = self.runs(candidates)
        is_complete = len(runs) == len(candidates) * len(self.seeds)
        return self.ranked(runs, candidates) if is_complete else []

    def ranked(self, runs, found):
        """The candidates of a table of runs, best first."""
        return [found_in(found, row) for _, row in ranking(runs, self.names).iterrows()]

    def is_steady(self, candidate):
        """Whether all of the candidate's runs that do not rank it ended well."""
        runs = self.runs_of([candidate])
        runs = runs[~runs["seed"].isin(self.seeds)]
        return bool((runs["status"] == "ok").all())

    def confirm_with(self, n_seeds):
        """Set the number of runs that confirm a choice; without random numbers there are none."""
        if self.confirming_seeds:
            first = CONFIRMING_SEEDS[0]
            self.confirming_seeds = tuple(range(first, first + n_seeds))

    def complete(self, candidates, seeds):
        """Run candidates with these seeds, except where that has been done."""
        table = self.table()
        done = set(table[self.key].astype(str).itertuples(index=False, name=None))
        missing = [
            entry
            for candidate in candidates
            for seed in seeds
            if self.as_text(entry := candidate | dict(seed=seed)) not in done
        ]
        if missing:
            print(self.announcement(len(missing)), flush=True)
            results = self.run(missing)
            rows = [
                entry | dict(max_calls=self.budget) | self.outcome(results, entry)
                for entry in missing
            ]
            if self.runs_of(candidates).empty and {row["status"] for row in rows} == {"failed"}:
                raise SystemExit(
                    f"{self.solver} on {self.task}: all {len(rows)} runs were refused or ended in "
                    "an exception; the reason is above. Mend it, and give the same command again."
                )
            write(pd.concat([table, pd.DataFrame(rows)]), self.path)

    def announcement(self, n_runs):
        """How many runs are about to start, and how long they take, as a sentence."""
        text = (
            f"{self.solver} on {self.task}: {n_runs} runs, each with {self.budget:.3g} oracle "
            f"calls, or {TASKS[self.task]['timeout']} s"
        )
        seconds = self.seconds()
        if seconds is None:
            return f"{text}."
        return f"{text}; about {duration(n_runs * seconds)}, as those before."

    def seconds(self):
        """The mean time of a run with the present budget; None if there was none."""
        table = self.table()
        of_budget = table[table["max_calls"] == self.budget]
        return None if of_budget.empty else of_budget["seconds"].mean()

    def as_text(self, entry):
        """What tells a run from others, as it stands in the table."""
        return tuple(str((entry | dict(max_calls=self.budget))[name]) for name in self.key)

    def run(self, entries):
        """The results of one run of benchopt with these parameters and seeds; None if none has a
        curve."""
        solvers = [self.pattern(self.options | self.given(entry)) for entry in entries]
        with tempfile.TemporaryDirectory() as folder:
            config, results = Path(folder) / "config.yml", Path(folder) / "results.parquet"
            config.write_text(
                yaml.safe_dump(
                    run_config(self.task, solvers, self.budget) | dict(output=str(results))
                )
            )
            arguments = [str(ROOT), "--config", str(config), "--no-plot", *self.parallel]
            try:
                run(arguments, standalone_mode=False)
            except SystemExit as end:
                # That of benchopt, where there is no curve; others have a sentence.
                if end.code != 1:
                    raise
                return None
            return read_results(results)

    def given(self, entry):
        """The entry's parameters, with the seed if the solver has one."""
        return {name: entry[name] for name in entry if name in self.cls.parameters}

    def outcome(self, results, entry):
        """What the curve of these parameters and this seed says."""
        if results is None:
            return outcome(pd.DataFrame())
        for name, value in self.given(entry).items():
            results = results[results[f"p_solver_{name}"] == value]
        return outcome(results)

    def best(self):
        """The parameters of the best steady candidate with all seeds; None if unfinished.

        If no candidate is steady, it is the best of all.
        """
        return self.search()[-1]

    def best_of(self, found):
        """The same of these candidates."""
        ranked = self.finalists(found)
        return next(filter(self.is_steady, ranked), ranked[0] if ranked else None)

    def is_confirmed(self, candidate):
        """Whether a candidate, if there is one, has had the runs that confirm a choice."""
        if candidate is None:
            return False
        # They are made together, and their number may have been another then.
        seeds = set(self.runs_of([candidate])["seed"])
        return not self.confirming_seeds or not seeds <= set(self.seeds)

    def instance(self):
        """The solver with its default parameters and the task's options."""
        return self.cls.get_instance(**self.options)

    def report(self):
        """What was chosen, how good it is, and what it cost, as lines of text."""
        found, space, chosen = self.search()
        of_best = self.runs([chosen])
        best = ranking(of_best, self.names).iloc[0]
        yield f"{self.solver} on {self.task}: {text(chosen)}"
        reached = of_best[COSTS].median()
        levels = [f"{name.removeprefix('calls_')} {calls:.1e}" for name, calls in reached.items()]
        yield f"  score {best['score']:.2f}, last gap {best['gap']:.1e}; calls: {', '.join(levels)}"
        for names, edge in self.open_edges(space, chosen).items():
            name = first_of(names)
            yield f"  {name}={chosen[name]} lies at the {edge} edge: widen the search space."
        if chosen != (first := self.finalists(found)[0]):
            yield f"  {text(first)} had a better score, and did not end well with another seed."
        runs = self.runs_of(found)
        ends = runs["status"].value_counts()
        n_diverged, n_failed = ends.get("diverged", 0), ends.get("failed", 0)
        yield (
            f"  {len(runs)} runs in {runs['seconds'].sum():.0f} s: {n_diverged} diverged, "
            f"{n_failed} {'was' if n_failed == 1 else 'were'} refused or ended in an exception"
        )

    def parameters(self, best):
        """The parameters of a row of the ranking, as the search space has them."""
        return found_in(self.points, best)


class BatchedTuning(Tuning):
    """The same, with the runs that differ in step sizes and seeds as one program of JAX."""

    def prepare(self, task, cls, parallel):
        super().prepare(task, cls, parallel)
        self.options = self.options | dict(framework="jax")

    def run(self, entries):
        # Only here, as others need not wait for the import of JAX.
        from batches import results_of

        return results_of(self, entries, MAX_RUNS)


def found_in(candidates, row):
    """The candidate of a row of a table, whose values are texts."""
    return next(
        point for point in candidates if all(str(point[name]) == row[name] for name in point)
    )


def is_tuned(solver):
    """Whether a solver has a search space; otherwise it is self-tuning."""
    return bool(getattr(solver, "search_space", None))


def options_of(task, solver):
    """The task's options for those solvers that have them, such as ``framework``."""
    given = TASKS[task].get("options", {})
    return {name: value for name, value in given.items() if name in solver.parameters}


def text(parameters):
    return ", ".join(f"{name}={value}" for name, value in parameters.items())


def run_config(task, solvers, max_calls=None):
    """A run configuration for solvers on a task, with the task's own budget by default."""
    about = TASKS[task] if max_calls is None else TASKS[task] | dict(max_calls=max_calls)
    return {
        "dataset": [about["dataset"]],
        "objective": [{"bilevel": about["objective"] | dict(max_calls=about["max_calls"])}],
        "solver": solvers,
        "n-repetitions": 1,
        "max-runs": MAX_RUNS,
        "timeout": about["timeout"],
    }


def write(table, path):
    """Write a table such that it is never seen half written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replaced(path) as draft:
        table.to_csv(draft, index=False)

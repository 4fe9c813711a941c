"""The bilevel problem that is solved, and how a result is judged."""

import os
import warnings
from inspect import signature

import numpy as np
from benchopt import BaseObjective

from benchmark_utils.budget import Budget
from benchmark_utils.data.door import Unusable, admit
from benchmark_utils.data.downloads import explain
from benchmark_utils.ends import BEGUN, end_in_sentences, is_benchopt
from benchmark_utils.journal import expect_a_point
from benchmark_utils.judge import EstimateJudge, Judge, PointJudge, as_counts
from benchmark_utils.numerics.value_function import value_function
from benchmark_utils.optima import find_optimum
from benchmark_utils.oracle import ORACLE_NAMES
from benchmark_utils.problems import (
    DEFAULT,
    UnusableProblem,
    default_parameters,
    find_problems,
    get_problem,
    parameters_of_all,
)
from benchmark_utils.provenance import benchopt_cache
from benchmark_utils.provenance.files import files_fingerprint, files_of, origin
from benchmark_utils.provenance.fingerprint import data_fingerprint
from benchmark_utils.provenance.threads import limit_threads, runs_in_parallel, share
from benchmark_utils.provenance.versions import provenance
from benchmark_utils.validation import any_of, as_number, one_of, positive, refusal

JUDGES = {"minimise": Judge, "estimate": EstimateJudge}
# The objective's own parameters, besides those of problems.
OWN = ("problem", "question", "max_calls")
# What a curve's name need not say.
UNSAID = {"question": "minimise", "box": "default", "max_calls": np.inf}
STARTED_IN = os.getcwd()
if is_benchopt():
    end_in_sentences()
# How far above its first value a curve has diverged, relative to that if it is above 1.
DIVERGED = 1e5


class Objective(BaseObjective):
    """Minimise h(lambda) = F(lambda, theta*(lambda)) with theta*(lambda) = argmin G(lambda, .).

    F is the validation loss, G the regularised training loss. At each point of a curve the inner
    problem is solved to the precision of float64, so h and its gradient are exact.

    With ``question="estimate"`` lambda keeps its initial value, at which solvers estimate the
    hypergradient from N inner iterations; N is benchopt's budget.

    A curve ends after ``max_calls`` one-sample oracle calls, of all kinds, or after benchopt's
    ``timeout``, in seconds of the solver's own time, or ``max-runs``.
    """

    name = "bilevel"
    min_benchopt_version = "1.10"
    requirements = ["numba", "scipy", "scikit-learn", "threadpoolctl", "pip::celer", "pip::jax"]

    parameters = {
        "problem": ["logreg"],
        "question": ["minimise"],
        "max_calls": [np.inf],
        **parameters_of_all(),
    }
    allowed = {"question": one_of(*JUDGES), "max_calls": any_of(positive, one_of(np.inf))}

    data_fingerprint = None
    # h* if it is stored.
    optimum = None
    # The part of a run's key in benchopt's cache that depends on the run.
    key_of_run = {}

    sampling_strategy = "callback"
    stopping_criterion = Budget(strategy="callback")

    @classmethod
    def get_all_parameter_values(cls, name):
        return list(find_problems().declared) if name == "problem" else None

    def save_parameters(self, **parameters):
        parameters = {
            # It is looked up, whatever it is.
            name: str(value) if name == "problem" else as_number(value)
            for name, value in parameters.items()
        }
        super().save_parameters(**parameters)
        kept = dict(problem=self.problem, question=self.question, max_calls=self.max_calls)
        kept |= default_parameters(self.problem)
        for name, value in self._parameters.items():
            # Keep parameters of other problems only if they were given: they are then refused.
            given = [value] != self.parameters[name]
            if value != DEFAULT and (given or name in kept):
                kept[name] = value
        self._parameters = kept
        vars(self).update(kept)

    @property
    def parameter_template(self):
        return ",".join(
            f"{name}={{{name}}}"
            for name, value in self._parameters.items()
            if value != UNSAID.get(name)
        )

    def skip(self, unavailable=None, **data):
        reason = unavailable or refusal(self, self.allowed) or self.refuse(data)
        return reason is not None, reason

    def _set_dataset(self, dataset):
        """As benchopt does, except that a dataset which raises is skipped and ends no run."""
        BEGUN.set()
        # A solver may have left it while it was imported.
        os.chdir(STARTED_IN)
        # Before benchopt looks into its cache.
        benchopt_cache.mend()
        try:
            # Warnings that a dataset turns into errors would end the curves of others.
            with warnings.catch_warnings(), np.errstate():
                return super()._set_dataset(dataset)
        except KeyboardInterrupt:
            raise
        # Those that end a process as well.
        except BaseException as error:
            return True, explain(dataset.name, error)
        finally:
            # Nor does the dataset take the run with it.
            os.chdir(STARTED_IN)

    def refuse(self, data):
        """Say why the problem cannot take the parameters or the data; None if it can."""
        try:
            problem = get_problem(self.problem)
        except UnusableProblem as error:
            return f"{self.name}: {error}"
        for name in self._parameters:
            if name not in (*OWN, *problem.parameters):
                return f"{self.name}: problem={self.problem} has no parameter {name}; leave it out."
        reason = refusal(self, problem.allowed)
        if reason:
            return reason
        reason = problem.refuse_parameters(**self.parameters_of(problem))
        if reason:
            return f"{self.name}: {reason}"
        if self.question != "minimise" and not problem.strongly_convex:
            return (
                f"{self.name}: question={self.question} needs a gradient of h, and G of "
                f"problem={self.problem} is not strongly convex, so h is not defined; leave it out."
            )
        dataset = getattr(self._dataset, "name", "data")
        try:
            self.admitted = admit(dataset, data)
        except Unusable as error:
            return str(error)
        reason = problem.refuse(**self.admitted)
        return f"{dataset}: {reason}" if reason else None

    def parameters_of(self, problem):
        """The values of a problem's own parameters, by name."""
        return {name: getattr(self, name) for name in problem.parameters}

    def set_data(self, **data):
        # The first that benchopt calls in a job, whichever process it runs in.
        limit_threads()
        problem = get_problem(self.problem)
        parameters = self.parameters_of(problem) | {"seed": self.get_seed()}
        # What benchopt gives to skip first. Here it may be let go of.
        data = vars(self).pop("admitted")
        if self.data_fingerprint is None:
            self.data_fingerprint = data_fingerprint(data)
        # A dataset may tell more than this problem asks for.
        used = {name: data[name] for name in signature(problem).parameters if name in data}
        self.bilevel_problem = problem(**{**used, **parameters})
        self.bilevel_problem.max_calls = self.max_calls
        # All solvers start from them.
        self.bilevel_problem.inner_var0.flags.writeable = False
        self.bilevel_problem.outer_var0.flags.writeable = False
        self.optimum = None
        if problem.strongly_convex:
            self.optimum = find_optimum(str(self._dataset), self.problem_name(), self.start_value)

    def start_value(self):
        """h at the first lambda."""
        problem = self.bilevel_problem
        return value_function(problem, problem.outer_var0.copy(), problem.inner_var0.copy())[0]

    def problem_name(self):
        """The problem with its parameters, in the order of their names.

        A box that is the default one is named so, however it was given.
        """
        problem = self.bilevel_problem
        own = {n: v for n, v in sorted(self._parameters.items()) if n not in OWN}
        if "box" in own and (problem.lower, problem.upper) == getattr(problem, "default_box", None):
            own["box"] = DEFAULT
        return f"{self.problem}[{','.join(f'{name}={value}' for name, value in own.items())}]"

    def get_objective(self):
        expect_a_point()
        if self._run_context is not None:
            # A solver may change or delete files while it runs.
            self.origin = origin(files_of(self))
        problem = self.bilevel_problem
        self.judge = (JUDGES[self.question] if problem.strongly_convex else PointJudge)(problem)
        self.first_watched = None
        told = {} if self.question == "minimise" else {"question": self.question}
        return dict(problem=problem, **told)

    def evaluate_result(self, inner_var, outer_var, iterations, calls, device="cpu", **estimates):
        marks = dict(threads=share(), parallel=int(runs_in_parallel()))
        samples = self.bilevel_problem.n_inner_samples + self.bilevel_problem.n_outer_samples
        common = dict(samples=samples, **as_counts(iterations, calls), **marks)
        rows = self.judge.evaluate(inner_var, outer_var, **estimates)
        self.outer_var = np.asarray(outer_var, float)
        if self.bilevel_problem.outer_dim == 1:
            common["outer_var"] = float(self.outer_var[0])
        common["status"] = self.status(**rows[0])
        if self.optimum is not None:
            common["gap"] = rows[0]["value"] - self.optimum
        return [dict(**row, **common) for row in rows]

    def status(self, value, relative_error=None, outer_value=None, reason=None, **row):
        """Whether a curve has diverged: its h, or the error of its estimate of the gradient, or F
        where h is not judged."""
        if reason and outer_value is None:
            return "not judged"
        watched = next(x for x in (relative_error, outer_value, value) if x is not None)
        if self.first_watched is None:
            self.first_watched = watched
        if not watched <= self.first_watched + DIVERGED * max(1, abs(self.first_watched)):
            return "diverged"
        return "not judged" if reason else "ok"

    def save_final_results(self, device="cpu", **result):
        """The entry of a curve in the column ``final_results`` of the results file."""
        # Of the last point that was judged: a result may have been refused after it.
        found = self.bilevel_problem.pictures(self.outer_var)
        # As a table holds them: a flat image and its shape.
        shown = [dict(picture._asdict(), image=picture.image.ravel(), shape=picture.image.shape)
                 for picture in found]  # fmt: skip
        pictures = {"pictures": shown} if shown else {}
        return dict(
            outer_var=self.outer_var, device=device, **pictures, **self.origin, **provenance()
        )

    def get_one_result(self):
        problem = self.bilevel_problem
        return dict(
            inner_var=problem.inner_var0,
            outer_var=problem.outer_var0,
            iterations=0,
            calls=dict.fromkeys(ORACLE_NAMES, 0),
            **({} if self.question == "minimise" else {"hypergradient": problem.outer_var0}),
        )

    def note_error(self):
        """Have the next run compute this curve again, which has ended in an exception."""
        benchopt_cache.note_error(self._run_context)

    def _get_state(self):
        # benchopt hashes this into the key of its cache. In its workers the context comes later.
        if self._run_context is not None:
            self.key_of_run = dict(
                files=files_fingerprint(files_of(self)),
                last_error=benchopt_cache.last_error(self._run_context),
            )
        return dict(data=self.data_fingerprint, run=self.key_of_run, optimum=self.optimum)

    def __setstate__(self, state):
        # The copies that benchopt makes for each run need not read all data again.
        self.data_fingerprint, self.key_of_run = state["data"], state["run"]
        self.optimum = state["optimum"]

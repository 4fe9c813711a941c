"""Convergence curves from a results file, for plots and tables."""

import textwrap

import numpy as np
import pandas as pd

MEASURES = {
    "h - h*": "objective_gap",
    "h - best h": "objective_value",
    "|grad h|": "objective_grad_norm",
    "|theta - theta*|": "objective_inner_distance",
    "validation accuracy": "objective_val_accuracy",
}

TASK = ["dataset_name", "objective_name"]
CURVE = [*TASK, "solver_name", "idx_rep"]


def measures(results):
    """Those of ``MEASURES`` that results have: h* of a task may not be known."""
    return [
        name
        for name, column in MEASURES.items()
        if name != "h - h*" or (column in results and results[column].notna().any())
    ]


CALLS = ("all", "inner_grad", "hvp", "cross", "outer_grad")


def oracle_calls(results, kind):
    """The number of one-sample oracle calls at every point, of one of the kinds in ``CALLS``."""
    names = CALLS[1:] if kind == "all" else [kind]
    return results[[f"objective_{name}_calls" for name in names]].sum(axis=1)


def of_task(results, dataset, objective):
    """The results with this ``dataset_name`` and ``objective_name``."""
    return results[(results["dataset_name"] == dataset) & (results["objective_name"] == objective)]


def of_problem(results, dataset, problem, question):
    """The rows of results with this ``dataset_name``, on one problem and question; none if
    columns are missing."""
    wanted = {"dataset_name": dataset, "p_obj_problem": problem, "p_obj_question": question}
    for column, value in wanted.items():
        if column not in results:
            return results.head(0)
        results = results[results[column] == value]
    return results


def task_title(dataset, objective):
    """A title of lines that fit above a figure as wide as a column of a paper."""
    return "\n".join(
        line
        for name in (objective, f"Data: {dataset}")
        for line in textwrap.wrap(name.replace(",", ", "), width=52)
    )


def final_points(results):
    """The last point of every curve.

    Parameters
    ----------
    results : pandas.DataFrame
        One row per point of a curve, as benchopt writes it.

    Returns
    -------
    last : pandas.DataFrame
        One row for each dataset, objective, solver and repetition, which index it. What is NaN at
        the end of a curve is NaN here.
    """
    curves = results.sort_values("stop_val").groupby(CURVE)
    return curves.last(skipna=False)


def statuses(points):
    """How the curve of each of these points stands, as a Series.

    ``ok``, or else ``diverged``; ``error``, if its solver raised or crashed there; ``timeout``, if
    it made no other point within the deadline of ``scripts/safe_run.py``; ``interrupted``.
    """
    said = points.get("objective_status", pd.Series("ok", points.index))
    return said.mask((said == "ok") & ~np.isfinite(points["objective_value"]), "diverged")


def failures(results):
    """One sentence for each dataset, objective, solver and status of curves that did not end well.

    Parameters
    ----------
    results : pandas.DataFrame
        One row per point of a curve, as benchopt writes it.
    """
    ends = statuses(final_points(results))
    for (dataset, objective, solver), of_solver in ends.groupby(level=[*TASK, "solver_name"]):
        for mark in marks(of_solver):
            yield f"{solver} on {dataset}, {objective}: {mark}."


def marks(ends):
    """Such as ``diverged: 1 of 2 curves``, for each status of curves that did not end well."""
    counts = ends[ends != "ok"].value_counts(sort=False)
    return [f"{status}: {count} of {len(ends)} curves" for status, count in counts.items()]


def median_curves(results):
    """The median over repetitions of all numbers, at every point that all repetitions reached.

    Parameters
    ----------
    results : pandas.DataFrame
        One row per point of a curve, as benchopt writes it, on one dataset and objective.

    Returns
    -------
    curves : pandas.DataFrame
        One row for each solver and point.
    """
    points = results.groupby(["solver_name", "stop_val"])
    curves = points.median(numeric_only=True)
    reached = points["idx_rep"].nunique()
    everywhere = reached == reached.groupby("solver_name").transform("max")
    return curves[everywhere].reset_index()


def measured(results, dataset, objective, measure):
    """The median curves of all solvers on one dataset and objective.

    Parameters
    ----------
    results : pandas.DataFrame
        One row per point of a curve, as benchopt writes it.
    dataset, objective : str
        Values of ``dataset_name`` and ``objective_name``.
    measure : str
        A key of ``MEASURES``; h* is the stored optimum, "best h" the lowest of all curves on that
        dataset.

    Returns
    -------
    curves : pandas.DataFrame
        One row for each solver and point: medians over repetitions of all numbers, and the measure
        as column ``y``. Points that a logarithmic axis cannot show are left out.
    """
    results = of_task(results, dataset, objective)
    column = MEASURES[measure]
    if column not in results:
        return results.head(0).assign(y=[])
    best = results[column].min() if measure == "h - best h" else 0
    curves = median_curves(results)
    curves["y"] = curves[column] - best
    return curves[(curves["y"] > 0) & np.isfinite(curves["y"])].copy()


def fitted_slope(x, y):
    """The slope of log y over log x where y is above rounding, and x in the last decades.

    Parameters
    ----------
    x, y : array, (n,)
        Errors, which end where rounding does.

    Returns
    -------
    slope : float
    """
    x, y = np.asarray(x, float), np.asarray(y, float)
    kept = (y > 1e-9 * y.max()) & (x > 1e-9 * x.max()) & (x < 0.1 * x.max())
    return float(np.polyfit(np.log(x[kept]), np.log(y[kept]), 1)[0])

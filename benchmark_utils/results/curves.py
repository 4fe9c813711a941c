"""Convergence curves from a results file, for plots and tables."""

import textwrap

import numpy as np
import pandas as pd

TASK = ["dataset_name", "objective_name"]
CURVE = [*TASK, "solver_name", "idx_rep"]
# The statuses of curves that ended well.
FINE = ("ok", "not judged")


def same(column):
    return column


def error(accuracy):
    return 1 - accuracy


# By name, the column of a results file, and what is shown of it.
MEASURES = {
    "h - h*": ("objective_gap", same),
    "h": ("objective_value", same),
    "projected gradient": ("objective_grad_norm", same),
    "inner distance": ("objective_inner_distance", same),
    "test error": ("objective_test_accuracy", error),
    "test mean squared error": ("objective_test_mse", same),
    "validation error": ("objective_val_accuracy", error),
}
LINEAR = ("h", "test error", "validation error")
# By name, the column of :func:`points_of`.
COSTS = {"time": "time", "oracle calls": "calls", "passes": "passes"}


def measures(results):
    """Those of ``MEASURES`` that results have; h only if h* of some task is not known."""
    results = minimised(results)
    found = [
        name
        for name, (column, _) in MEASURES.items()
        if column in results and results[column].notna().any()
    ]
    if "h - h*" in found and results.groupby(TASK)["objective_gap"].count().all():
        found.remove("h")
    # benchopt's page needs a choice.
    return found or ["h"]


def costs(results):
    """Those of ``COSTS`` that results have."""
    return [name for name in COSTS if name != "passes" or "objective_samples" in results]


CALLS = ("all", "inner_grad", "hvp", "cross", "outer_grad")


def oracle_calls(results, kind):
    """The number of one-sample oracle calls at every point, of one of the kinds in ``CALLS``."""
    names = CALLS[1:] if kind == "all" else [kind]
    return results[[f"objective_{name}_calls" for name in names]].sum(axis=1)


def of_task(results, dataset, objective):
    """The results with this ``dataset_name`` and ``objective_name``."""
    return results[(results["dataset_name"] == dataset) & (results["objective_name"] == objective)]


def minimised(results):
    """The results without estimates of the hypergradient, whose lambda stays where it is."""
    if "p_obj_question" not in results:
        return results
    return results[results["p_obj_question"] != "estimate"]


def told_apart(results):
    """The results with a name of its own for each curve.

    Two files may give one name to their solvers or data sets; their curves would be taken for one.

    Parameters
    ----------
    results : pandas.DataFrame
        One row per point of a curve, as benchopt writes it, curve by curve.

    Returns
    -------
    results : pandas.DataFrame
        The second curve of a name ``SOBA`` is that of ``SOBA (2)``. What is there twice, as of a
        solver that was given twice, is left out.
    renamed : list of str
        The new names.
    """
    if not {*CURVE, "stop_val"} <= set(results):
        return results, []
    names = [results[name] for name in CURVE]
    number = (results["stop_val"].groupby(names).diff() < 0).groupby(names).cumsum()
    if not number.any():
        return results, []
    parts, known, renamed = [], {}, []
    for (*curve, _), rows in results.groupby([*names, number], sort=False):
        others = known.setdefault(tuple(curve), [])
        content = rows.select_dtypes("number").to_numpy(float).tobytes()
        if content in others:
            continue
        others.append(content)
        if len(others) > 1:
            renamed.append(f"{curve[CURVE.index('solver_name')]} ({len(others)})")
            rows = rows.assign(solver_name=renamed[-1])
        parts.append(rows)
    return pd.concat(parts), sorted(set(renamed))


def points_of(results, measure):
    """The points of curves, with all costs and one measure.

    Parameters
    ----------
    results : pandas.DataFrame
        One row per point of a curve, as benchopt writes it.
    measure : str
        A key of ``MEASURES``.

    Returns
    -------
    points : pandas.DataFrame
        One row per point at which the measure is finite, in the order of each curve: ``solver``,
        ``repetition``, ``value``, and the costs: ``time`` in seconds, ``calls``, one-sample calls
        of all oracles, and ``passes``, these in units of all samples, NaN where they are not known.
    """
    results = minimised(results).sort_values("stop_val")
    column, shown = MEASURES[measure]
    calls = oracle_calls(results, "all")
    points = pd.DataFrame({
        "solver": results["solver_name"],
        "repetition": results["idx_rep"],
        "value": shown(results.get(column, np.nan)),
        "time": results["time"],
        "calls": calls,
        "passes": calls / results.get("objective_samples", np.nan),
    })  # fmt: skip
    return points[np.isfinite(points["value"])]


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

    ``ok``, or ``not judged`` where h is not; else ``diverged``; ``error``, if its solver raised or
    crashed there; ``timeout``, if it made no other point within the deadline of
    ``scripts/safe_run.py``; ``interrupted``.
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
    counts = ends[~ends.isin(FINE)].value_counts(sort=False)
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

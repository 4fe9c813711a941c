"""Curves as a text table, and the differences of two such tables, for `make reproduce`."""

import numpy as np
import pandas as pd

from benchmark_utils.results.files import replaced

CURVE = ["dataset", "objective", "solver", "parameters", "repetition"]
POINT = [*CURVE, "evaluation"]

# Allowed deviations from the reference, (relative, absolute). Rounding depends on the BLAS and the
# vector instructions of a machine; in a few dozen iterations it grows to at most 1e-12. Other
# columns, the counts of oracle calls, must be equal.
TOLERANCES = {"value": (1e-9, 1e-12), "grad_norm": (1e-6, 1e-9)}


def curve_table(results):
    """The part of a results file that is compared.

    Parameters
    ----------
    results : pandas.DataFrame
        One row per point of a curve, as benchopt writes it.

    Returns
    -------
    table : pandas.DataFrame
        One row per point: the columns of ``POINT``, ``value``, ``grad_norm``, and one for each kind
        of oracle call.
    """
    names = results["solver_name"].str.removesuffix("]").str.split("[", n=1, expand=True)
    table = pd.DataFrame({
        "dataset": results["dataset_name"],
        "objective": results["objective_name"],
        "solver": names[0],
        "parameters": names[1].fillna(""),
        "repetition": results["idx_rep"],
        "evaluation": results["stop_val"],
    })  # fmt: skip
    table["evaluation"] = table.groupby(CURVE)["evaluation"].rank().astype(int) - 1
    calls = sorted(
        column
        for column in results
        if column.startswith("objective_") and column.endswith("_calls")
    )
    for column in ("objective_value", "objective_grad_norm", *calls):
        table[column.removeprefix("objective_")] = results[column]
    return table.sort_values(POINT, ignore_index=True)


def write_table(table, path):
    """Write a table to a CSV file, every number to its last digit."""
    with replaced(path) as draft:
        table.to_csv(draft, index=False, na_rep="nan")


def read_table(path):
    """Read a table that :func:`write_table` wrote."""
    exact = dict.fromkeys(TOLERANCES, float)
    return pd.read_csv(path, converters=exact, keep_default_na=False)


def differences(reference, table, tolerances=TOLERANCES):
    """Say where two tables differ by more than is allowed.

    Parameters
    ----------
    reference, table : pandas.DataFrame
        As :func:`curve_table` returns them.
    tolerances : dict of str to (relative, absolute)
        By column; other columns must be equal.

    Returns
    -------
    sentences : list of str
        One for each curve that only one table has, and for each column of a curve that differs
        somewhere: the first evaluation where it does, and by how much.
    """
    old, new = reference.set_index(POINT), table.set_index(POINT)
    sentences = [
        f"{curve_name(curve)}: {n_points} points {what}."
        for index, what in (
            (old.index.difference(new.index), "of the reference are missing"),
            (new.index.difference(old.index), "are not in the reference"),
        )
        for curve, n_points in index.droplevel("evaluation").value_counts(sort=False).items()
    ]
    both = old.index.intersection(new.index)
    for column in old.columns.union(new.columns, sort=False):
        if column not in old or column not in new:
            sentences.append(f"The column {column} is only in one of the two tables.")
            continue
        was, now = old.loc[both, column].astype(float), new.loc[both, column].astype(float)
        relative, absolute = tolerances.get(column, (0, 0))
        allowed = absolute + relative * was.abs()
        equal = (was == now) | (was.isna() & now.isna())
        off = (now - was).abs()[~equal & ~((now - was).abs() <= allowed)]
        for curve, points in off.groupby(level=CURVE):
            first = points.index[np.argmin(points.index.get_level_values("evaluation"))]
            sentences.append(
                f"{curve_name(curve)}, evaluation {first[-1]}: {column} is {now[first]:.16g}, the "
                f"reference {was[first]:.16g}: off by {off[first]:.2g}, where {allowed[first]:.2g} "
                f"is allowed; {len(points)} of the curve's points differ."
            )
    return sentences


def curve_name(curve):
    """The name of a curve for a sentence, from its values of ``CURVE``."""
    dataset, objective, solver, parameters, repetition = curve
    name = f"{solver}[{parameters}]" if parameters else solver
    return f"{name} on {dataset}, {objective}, repetition {repetition}"


def largest_deviations(reference, table):
    """The largest relative deviation of each column with a tolerance, where both have a point."""
    old, new = reference.set_index(POINT), table.set_index(POINT)
    both = old.index.intersection(new.index)
    return {
        column: float(((new[column] - old[column]).abs() / old[column].abs())[both].max())
        for column in TOLERANCES
    }

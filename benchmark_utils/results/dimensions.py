"""What methods reach at equal oracle calls, by the dimension of lambda."""

import numpy as np
import pandas as pd

from benchmark_utils.results.curves import oracle_calls

# The part of the gap at the start that is left where a method counts as arrived.
LEFT = 0.1


def method_of(solver, grid=None):
    """The name of a solver; product grids, of which there are several, are one method."""
    name = solver.split("[")[0]
    if name != "GridSearch":
        return name
    return "GridSearch, every combination" if grid == "product" else "GridSearch, equal entries"


def at_equal_calls(results, dimension, budget):
    """Compare curves at equal oracle calls.

    Parameters
    ----------
    results : pandas.DataFrame
        One row per point of a curve, as benchopt writes it.
    dimension : str
        The column with the dimension of lambda, which tells the tasks apart.
    budget : float
        One-sample oracle calls.

    Returns
    -------
    table : pandas.DataFrame
        One row for each ``method`` and ``dimension``: ``gap``, h - best h at the last point within
        the budget, divided by what it is at the start; ``calls`` until it is a tenth, infinite if
        it is not within the budget. Both are medians over repetitions, and of several grids those
        of the best.
    """
    results = results.assign(calls=oracle_calls(results, "all"), dimension=results[dimension])
    value = results["objective_value"]
    best = results.groupby("dimension")["objective_value"].transform("min")
    start = results["dimension"].map(
        results.sort_values("stop_val").groupby("dimension")["objective_value"].first()
    )
    results["gap"] = (value - best) / (start - best)
    within = results[results["calls"] <= budget].sort_values("stop_val")
    curves = within.groupby(["dimension", "solver_name", "idx_rep"])
    ends = pd.DataFrame({
        "gap": curves["gap"].last(),
        "calls": curves[["gap", "calls"]].apply(
            lambda curve: curve.loc[curve["gap"] <= LEFT, "calls"].min()
        ).fillna(np.inf),
    })  # fmt: skip
    medians = ends.groupby(["dimension", "solver_name"]).median().reset_index()
    grids = results.drop_duplicates("solver_name").set_index("solver_name")
    grids = grids.get("p_solver_grid", {})
    medians["method"] = [method_of(name, grids.get(name)) for name in medians["solver_name"]]
    return medians.groupby(["method", "dimension"])[["gap", "calls"]].min().reset_index()

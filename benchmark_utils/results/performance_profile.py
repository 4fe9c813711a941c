"""Performance profiles: how often, and by how much, a solver is behind the fastest."""

import numpy as np

from benchmark_utils.results.curves import TASK, cost_to_reach

RUN = [*TASK, "idx_rep"]


def performance_ratios(results, accuracy, cost):
    """The cost of every solver on every task, in units of the lowest cost on that task.

    A task is a dataset, an objective and a repetition. It is solved once the gap h - best h is at
    most ``accuracy`` times the gap at the start, where best h is the lowest of all solvers on the
    dataset and objective (Moré and Wild, SIAM J. Optim. 2009, equation 2.2).

    Parameters
    ----------
    results : pandas.DataFrame
        One row per point of a curve, as benchopt writes it.
    accuracy : float
    cost : str
        A column of ``results``.

    Returns
    -------
    ratios : pandas.DataFrame
        One row per task that some solver has solved, one column per solver; infinite where that
        solver has not.
    """
    results = results.sort_values("stop_val")
    values = results["objective_value"]
    best = values.groupby([results[name] for name in TASK]).transform("min")
    start = values.groupby([results[name] for name in [*RUN, "solver_name"]]).transform("first")
    gaps = results.assign(gap=(values - best) / (start - best).where(start > best))
    costs = cost_to_reach(gaps.groupby([*RUN, "solver_name"]), "gap", accuracy, cost)
    costs = costs.unstack("solver_name", fill_value=np.inf)
    lowest = costs.min(axis=1)
    solved = np.isfinite(lowest) & (lowest > 0)
    return costs[solved].div(lowest[solved], axis=0)


def profile(ratios, furthest):
    """The performance profile of one solver (Dolan and Moré, Math. Program. 2002).

    It is the fraction of the tasks solved within a factor of the lowest cost, against that factor.

    Parameters
    ----------
    ratios : array, (n_tasks,)
        Cost in units of the lowest; infinite where a task was not solved.
    furthest : float
        Where the curve ends.

    Returns
    -------
    factors, parts : array, array
        The corners of a curve of steps from 1 to ``furthest``.
    """
    steps = np.sort(ratios[np.isfinite(ratios)])
    heights = np.arange(1, len(steps) + 1) / len(ratios)
    factors = np.concatenate([[1.0], np.repeat(steps, 2), [furthest]])
    parts = np.concatenate([[0.0, 0.0], np.repeat(heights, 2)])
    return factors, parts

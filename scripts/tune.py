"""Choose parameters on a grid: run a grid, and write the best of it as a run configuration.

    python scripts/tune.py configs/tune_NAME.yml

The grid is a run configuration, which `benchopt run --config` also takes. The best parameters
become the solvers of configs/NAME.yml. The rest of that file (datasets, repetitions, budget) stays,
or comes from the grid if there is no such file yet. For each dataset and solver the best parameters
are those with the lowest h at the end of the budget, in the median over repetitions. If datasets
differ in their best parameters, all of these are written. Each is then run on all datasets, so
parameters with which any curve diverged are left out.
"""

import sys
from pathlib import Path

import yaml
from benchopt.cli.main import run
from suite import ROOT, latest_results, results_of

from benchmark_utils.results.curves import TASK, final_points
from benchmark_utils.results.files import replaced

HEADER = """\
# Made by `make tune CONFIG={grid}`: the best parameters of that grid, by the final h.
# Change the grid, not this file.
"""


def best_parameters(results, grid):
    """The best parameters of each solver, on each dataset and objective.

    Parameters
    ----------
    results : pandas.DataFrame
        One row per point of a curve, as benchopt writes it.
    grid : dict
        The run configuration of the grid; its parameters are those that are chosen.

    Returns
    -------
    chosen : list of dict
        Entries of a run configuration's `solver`: name, and parameters that are lists in the grid.
    """
    curves = final_points(results)
    final = curves.groupby([*TASK, "solver_name"])["objective_value"].median().reset_index()
    n_curves = curves.groupby("solver_name").size()
    final = final[final["solver_name"].isin(n_curves.index[n_curves == n_curves.max()])]
    rows = results.drop_duplicates("solver_name").set_index("solver_name")
    chosen = []
    for entry in grid["solver"]:
        [(name, parameters)] = entry.items() if isinstance(entry, dict) else [(entry, {})]
        candidates = final[final["solver_name"].str.split("[").str[0] == name]
        for best in candidates.groupby(TASK)["objective_value"].idxmin():
            row = rows.loc[candidates.loc[best, "solver_name"]]
            best_parameters = {
                key: chosen_value(values, row[f"p_solver_{key}"])
                for key, values in parameters.items()
            }
            best_entry = {name: best_parameters} if best_parameters else name
            if best_entry not in chosen:
                chosen.append(best_entry)
    return chosen


def chosen_value(values, cell):
    """The value of a grid, which is a list or a single value, that a cell of the results holds."""
    values = values if isinstance(values, list) else [values]
    # Columns of mixed types hold strings.
    return next(value for value in values if cell == value or str(cell) == str(value))


def main(path):
    path = Path(path)
    target = path.with_name(path.name.removeprefix("tune_"))
    if target == path:
        raise SystemExit(f"{path} is not a grid; give a tune_NAME.yml, to make NAME.yml.")
    grid = yaml.safe_load(path.read_text())
    run([str(ROOT), "--config", str(path), "--no-plot"], standalone_mode=False)
    config = yaml.safe_load(target.read_text()) if target.exists() else dict(grid)
    config["solver"] = best_parameters(results_of(latest_results()), grid)
    text = HEADER.format(grid=path) + yaml.safe_dump(config, sort_keys=False)
    with replaced(target) as draft:
        draft.write_text(text)
    print(f"Wrote {target}:\n\n{text}")


if __name__ == "__main__":
    main(*sys.argv[1:])

"""Print what results files say: one line per solver, best first, for each dataset and objective.

    python scripts/summary.py [RESULTS.parquet ...]             the latest file by default
    python scripts/summary.py --winners [RESULTS.parquet ...]

With --winners, one row of a Markdown table for each dataset and objective: which solver is the
first to close all but a thousandth of the gap between h at the start and the lowest h of any curve.
"""

import argparse
from pathlib import Path

import numpy as np
from benchopt.results import read_results
from suite import BENCHMARK, latest_results

from benchmark_utils.results.curves import TASK, final_points, median_curves, oracle_calls

COLUMNS = ("solver", "iterations", "time (s)", "h - best h", "|grad h|", "val. accuracy")
WINNERS_HEADER = """\
| problem | dataset | won by | after | with oracle calls, of one sample |
|---|---|---|---|---|"""


def summarise(results):
    """The final points of all curves.

    Parameters
    ----------
    results : pandas.DataFrame
        One row per point of a curve, as benchopt writes it.

    Returns
    -------
    final : pandas.DataFrame
        One row for each dataset, objective and solver: medians over repetitions of the last point,
        with a column ``h - best h``.
    """
    final = final_points(results).groupby([*TASK, "solver_name"]).median(numeric_only=True)
    best = results.groupby(TASK)["objective_value"].min()
    final["h - best h"] = (
        final["objective_value"] - best.reindex(final.index.droplevel(-1)).to_numpy()
    )
    return final.sort_values([*TASK, "h - best h"])


def lines(final):
    """The table as lines of text."""
    width = max(len(solver) for *_, solver in final.index)
    for (dataset, objective), rows in final.groupby(level=[0, 1]):
        yield f"\n{dataset}, {objective}"
        yield f"  {COLUMNS[0]:<{width}}" + "".join(f"{name:>15}" for name in COLUMNS[1:])
        for (*_, solver), row in rows.iterrows():
            accuracy = row.get("objective_val_accuracy", np.nan)
            yield (
                f"  {solver:<{width}}{row['objective_iterations']:>15,.0f}{row['time']:>15.3f}"
                f"{row['h - best h']:>15.2e}{row['objective_grad_norm']:>15.2e}{accuracy:>15.4f}"
            )


def marked(results):
    """Say that other jobs ran while times were measured, if any did."""
    if results["objective_parallel"].any():
        yield "Times are of jobs that ran in parallel, and depend on the other load of the machine."


def made_with(results):
    """Say how the curves were made, with one line for each distinct environment."""
    last = results.dropna(subset="final_results")
    ways = last["final_results"].map(
        lambda final: str([final[key] for key in ("commit", "python", "packages")])
    )
    for (processor, _), rows in last.groupby(["system-processor", ways]):
        final = rows["final_results"].iloc[0]
        packages = ", ".join(f"{name} {version}" for name, version in final["packages"].items())
        yield (
            f"{len(rows)} curves made at commit {final['commit']} on {processor}, with "
            f"Python {final['python']}, {packages}"
        )


def print_summary(path):
    results = read_results(path)
    print("\n".join(lines(summarise(results))))
    print("\n" + "\n".join([*marked(results), *made_with(results)]))
    page = path.parent / f"{BENCHMARK.name}_{path.stem}.html"
    print(f"\nResults: {path}\nPage:    {page}" if page.exists() else f"\nResults: {path}")


def winner(results, fraction=1e-3):
    """The solver that first leaves only a fraction of the gap between start and best h.

    Parameters
    ----------
    results : pandas.DataFrame
        One row per point of a curve, as benchopt writes it, on one dataset and objective.
    fraction : float

    Returns
    -------
    point : pandas.Series
        That point of its median curve, with ``solver_name``, ``time`` in seconds, and ``calls`` of
        all oracles.
    """
    curves = median_curves(results)
    curves["calls"] = oracle_calls(curves, "all")
    best = curves["objective_value"].min()
    start = curves.loc[curves["objective_iterations"] == 0, "objective_value"].max()
    there = curves[curves["objective_value"] <= best + fraction * (start - best)]
    return there.loc[there["time"].idxmin()]


def winner_rows(results):
    """The rows of the table of winners, as text."""
    for (dataset, objective), task in results.groupby(TASK):
        point = winner(task)
        solver = point["solver_name"].split("[")[0]
        yield (
            f"| `{objective}` | `{dataset}` | {solver} | {point['time']:.2g} s | "
            f"{point['calls']:,.0f} |"
        )


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", nargs="*", type=Path)
    parser.add_argument("--winners", action="store_true", help="a table of who was first")
    arguments = parser.parse_args()
    paths = arguments.results or [latest_results()]
    if arguments.winners:
        print(WINNERS_HEADER)
        print("\n".join(row for path in paths for row in winner_rows(read_results(path))))
        return
    for path in paths:
        print_summary(path)


if __name__ == "__main__":
    main()

"""Print what results files say: one line per solver, best first, for each dataset and objective.

    python scripts/summary.py [RESULTS.parquet ...]             the latest file by default
    python scripts/summary.py --winners [RESULTS.parquet ...]
    python scripts/summary.py --since SECONDS                   only if it is not older

With --winners, one row of a Markdown table for each dataset and objective: which solver is the
first to close all but a thousandth of the gap between h at the start and the lowest h of any curve.
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from suite import BENCHMARK, latest_results

from benchmark_utils.results.curves import (
    FINE,
    TASK,
    final_points,
    marks,
    median_curves,
    oracle_calls,
    statuses,
)
from benchmark_utils.results.files import read
from benchmark_utils.results.levels import BelowOptimum, gap_points, relative_gaps
from benchmark_utils.results.names import short_names
from benchmark_utils.results.terminal import paragraph, table, width

COLUMNS = ("solver", "iterations", "time (s)", "{gap}", "|grad h|", "val. acc.", "test acc.")
EXPLANATION = """\
The best solver is first. h is the validation loss at the exact inner solution,
h* its minimum, |grad h| the norm of its gradient, projected onto the box. Time
is the solver's own, without compiling and judging."""
NEXT = """\
To see the page again, and to draw its figures:
make page RESULTS={path}
python scripts/figures.py \\
--results {path}"""
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
        with a column ``gap``, the ``reference`` that h is compared with, ``h*`` if it is stored or
        else ``best h``, and ``failed``, a text on curves that did not end well. Curves that end in
        NaN count as infinite.
    """
    last = final_points(results)
    last["end"] = statuses(last)
    last["objective_value"] = last["objective_value"].fillna(np.inf)
    curves = last.groupby([*TASK, "solver_name"])
    final = curves.median(numeric_only=True)
    final["failed"] = curves["end"].agg(lambda ends: "; ".join(marks(ends)))
    tasks = final.index.droplevel(-1)
    best = results.groupby(TASK)["objective_value"].min()
    optimum = optima(results).reindex(best.index)
    final["reference"] = np.where(optimum.notna().reindex(tasks), "h*", "best h")
    final["gap"] = final["objective_value"] - optimum.fillna(best).reindex(tasks).to_numpy()
    return final.sort_values([*TASK, "gap"])


def optima(results):
    """The stored h* of each dataset and objective; NaN where it is not known."""
    gaps = results.get("objective_gap", pd.Series(np.nan, results.index))
    return (results["objective_value"] - gaps).groupby([results[name] for name in TASK]).median()


def lines(final, columns):
    """The table as lines of text."""
    for (dataset, objective), rows in final.groupby(level=[0, 1]):
        yield ""
        yield from paragraph(f"{dataset}, {objective}", columns)
        reference = rows["reference"].iloc[0]
        tested = "objective_test_accuracy" in rows and rows["objective_test_accuracy"].notna().any()
        n_columns = len(COLUMNS) - (not tested)
        header = [name.format(gap=f"h - {reference}") for name in COLUMNS[:n_columns]]
        names = short_names(solver for *_, solver in rows.index)
        body = [
            (*cells(names[solver], row)[:n_columns], row["failed"])
            for (*_, solver), row in rows.iterrows()
        ]
        yield from table(header, body, columns, indent="  ")


def cells(name, row):
    """The texts of a solver's row, as many as ``COLUMNS``."""
    return (
        name,
        f"{row['objective_iterations']:,.0f}",
        f"{row['time']:.3f}",
        f"{row['gap']:.2e}",
        f"{row.get('objective_grad_norm', np.nan):.2e}",
        f"{row.get('objective_val_accuracy', np.nan):.4f}",
        f"{row.get('objective_test_accuracy', np.nan):.4f}",
    )


def marked(results):
    """Say that other jobs ran while times were measured, if any did."""
    if "objective_parallel" in results and results["objective_parallel"].any():
        yield "Times are of jobs that ran in parallel, and depend on the other load of the machine."


def made_with(results):
    """Say how the curves were made, with one line for each distinct environment."""
    if "final_results" not in results:
        return
    # A curve that failed has none.
    last = results.dropna(subset="final_results")
    ways = last["final_results"].map(way)
    processors = last.get("system-processor", pd.Series("an unknown processor", last.index))
    for (processor, way_made), rows in last.groupby([processors, ways]):
        yield f"{len(rows)} curves made on {processor} {way_made}"


def way(final):
    """How a curve was made, from its ``final_results``."""
    packages = ", ".join(f"{name} {version}" for name, version in final["packages"].items())
    commit = f"at commit {final['commit']}"
    if final.get("no_commit"):
        commit = f"at no known commit ({final['no_commit']})"
    elif final.get("dirty"):
        commit += f" (not as in it: {', '.join(final['dirty'])})"
    return f"{commit}, with Python {final['python']}, {packages}"


def print_summary(path):
    results, columns = read(path), width()
    print("\n".join(lines(summarise(results), columns)))
    print(f"\n{EXPLANATION}\n")
    for sentence in (*marked(results), *made_with(results)):
        print("\n".join(paragraph(sentence, columns)))
    dates = sorted({str(date)[:16].replace("T", " ") for date in results["run_date"]})
    print(f"\nRun of {' and '.join(dates[:1] + dates[1:][-1:])}")
    print(f"Results: {shown(path)}")
    # The suite's own page, or else benchopt's.
    names = f"pages/{path.stem}.html", f"{BENCHMARK.name}_{path.stem}.html"
    for page in [path.parent / name for name in names if (path.parent / name).exists()][:1]:
        print(f"Page:    {shown(page)}")
    print(NEXT.format(path=shown(path)))
    try:
        relative_gaps(gap_points(results))
    except BelowOptimum as error:
        raise SystemExit(f"\n{error}") from error


def shown(path):
    """A path from here on, if it lies within this folder."""
    path, here = path.resolve(), Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def results_since(seconds, path=None):
    """The path of results that are not older than a time, in seconds since 1970.

    Raises
    ------
    SystemExit
        If they are older.
    """
    path = path or latest_results()
    if path.exists() and path.stat().st_mtime < seconds:
        raise SystemExit(f"The run has left no results; {path} is of an older run.")
    return path


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
        all oracles. Solvers with a curve that did not end well do not take part. None if no point
        is left, or none has a time.
    """
    failed = (~statuses(final_points(results)).isin(FINE)).groupby("solver_name").any()
    curves = median_curves(results[~results["solver_name"].isin(failed.index[failed])])
    if curves.empty:
        return None
    curves["calls"] = oracle_calls(curves, "all")
    best = curves["objective_value"].min()
    start = curves.loc[curves["objective_iterations"] == 0, "objective_value"].max()
    there = curves[curves["objective_value"] <= best + fraction * (start - best)]
    there = there[there["time"].notna()]
    return None if there.empty else there.loc[there["time"].idxmin()]


def winner_rows(results):
    """The rows of the table of winners, as text."""
    for (dataset, objective), task in results.groupby(TASK):
        point = winner(task)
        if point is None:
            yield f"| `{objective}` | `{dataset}` | none | | |"
            continue
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
    parser.add_argument(
        "--since", type=float, default=0, metavar="SECONDS",
        help="refuse results older than this time, in seconds since 1970",
    )  # fmt: skip
    arguments = parser.parse_args()
    given = arguments.results or [None]
    paths = [results_since(arguments.since, path) for path in given]
    if arguments.winners:
        print(WINNERS_HEADER)
        print("\n".join(row for path in paths for row in winner_rows(read(path))))
        return
    for path in paths:
        print_summary(path)


if __name__ == "__main__":
    main()

"""Print who won, one row of a Markdown table for each dataset and objective of results files.

    python scripts/winners.py [RESULTS.parquet ...]        the latest file by default

The winner is the first whose h, in the median over repetitions, has lost all but a thousandth of
what there is to lose: from where all solvers start to the lowest h of any curve.
"""

import sys
from pathlib import Path

from benchopt.benchmark import Benchmark
from benchopt.results import read_results

# benchopt makes benchmark_utils importable, from wherever this is run.
BENCHMARK = Benchmark(Path(__file__).parents[1])

from benchmark_utils.oracle import ORACLE_NAMES  # noqa: E402
from benchmark_utils.results.curves import TASK, median_curves  # noqa: E402

HEADER = """\
| problem | data set | won by | after | with oracle calls, of one sample |
|---|---|---|---|---|"""


def winner(results, loss=1e-3):
    """Who is first to lose all but a part of what there is to lose.

    Parameters
    ----------
    results : pandas.DataFrame
        One row a point of a curve, as benchopt writes it, on one dataset and objective.
    loss : float
        The part.

    Returns
    -------
    point : pandas.Series
        The point of the winner's median curve at which it does, with ``solver_name``, ``time`` in
        seconds, and ``calls``, of all oracles.
    """
    curves = median_curves(results)
    best = curves["objective_value"].min()
    start = curves.loc[curves["objective_iterations"] == 0, "objective_value"].max()
    there = curves[curves["objective_value"] <= best + loss * (start - best)]
    point = there.loc[there["time"].idxmin()].copy()
    point["calls"] = sum(point[f"objective_{name}_calls"] for name in ORACLE_NAMES)
    return point


def rows(results):
    """The rows of the table, as text."""
    for (dataset, objective), task in results.groupby(TASK):
        point = winner(task)
        solver = point["solver_name"].split("[")[0]
        yield (
            f"| `{objective}` | `{dataset}` | {solver} | {point['time']:.2g} s | "
            f"{point['calls']:,.0f} |"
        )


def main(*paths):
    print(HEADER)
    for path in paths or BENCHMARK.get_result_files()[:1]:
        print("\n".join(rows(read_results(Path(path)))))


if __name__ == "__main__":
    main(*sys.argv[1:])

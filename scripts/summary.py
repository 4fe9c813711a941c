"""Print what a results file says: one line a solver, best first, for each dataset and objective.

python scripts/summary.py [RESULTS.parquet]        the latest file by default
"""

import sys
from pathlib import Path

import numpy as np
from benchopt.benchmark import Benchmark
from benchopt.results import read_results

# benchopt makes benchmark_utils importable, from wherever this is run.
BENCHMARK = Benchmark(Path(__file__).parents[1])

from benchmark_utils.results.curves import TASK, final_points  # noqa: E402

COLUMNS = ("solver", "iterations", "time (s)", "h - best h", "|grad h|", "val. accuracy")


def summarise(results):
    """The final points of all curves.

    Parameters
    ----------
    results : pandas.DataFrame
        One row a point of a curve, as benchopt writes it.

    Returns
    -------
    final : pandas.DataFrame
        One row for each dataset, objective and solver: medians over repetitions of the last point,
        with a column ``suboptimality``: h minus the lowest h of any curve on that dataset.
    """
    final = final_points(results).groupby([*TASK, "solver_name"]).median(numeric_only=True)
    best = results.groupby(TASK)["objective_value"].min()
    floors = best.reindex(final.index.droplevel(-1)).to_numpy()
    final["suboptimality"] = final["objective_value"] - floors
    return final.sort_values([*TASK, "suboptimality"])


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
                f"{row['suboptimality']:>15.2e}{row['objective_grad_norm']:>15.2e}{accuracy:>15.4f}"
            )


def marked(results):
    """Say that times were measured beside other jobs, if any were."""
    if results["objective_parallel"].any():
        yield "Times are of jobs that ran in parallel, and tell of the machine's other load too."


def made_with(results):
    """Say with what the curves were made, a line for each way in which any were."""
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


def main(path=None):
    path = Path(path or BENCHMARK.get_result_files()[0])
    results = read_results(path)
    print("\n".join(lines(summarise(results))))
    print("\n" + "\n".join([*marked(results), *made_with(results)]))
    page = path.parent / f"{BENCHMARK.name}_{path.stem}.html"
    print(f"\nResults: {path}\nPage:    {page}" if page.exists() else f"\nResults: {path}")


if __name__ == "__main__":
    main(*sys.argv[1:])

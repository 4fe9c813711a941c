"""Write the archive as a static site: a page for each task, and an index.

    python scripts/publish.py [--archive FOLDER] [--output FOLDER]

The site opens from the disk without a network, and can be served as it stands, as by GitHub Pages.
"""

import argparse
from pathlib import Path

from result_page import TITLE, methods, views
from suite import ROOT, TASKS
from summary import way

from archive import ARCHIVE
from benchmark_utils.results.archive import as_results, read_archive
from benchmark_utils.results.curves import failures
from benchmark_utils.results.page import write_index, write_page
from benchmark_utils.results.ranking import Ranking

COLUMNS = ["task", "problem", "data", "methods", "best by time", "best by oracle calls", "made"]


def made(manifest):
    """How the curves of a task were made, as sentences."""
    budget = manifest["budget"]
    yield f"Command: {manifest['command']}."
    yield (
        f"Each curve ends after {budget['max_calls']:,} one-sample oracle calls or "
        f"{budget['timeout']} s. h* = {manifest['optimum']:.12g}, and h is "
        f"{manifest['start']:.6g} at the start."
    )
    for environment in manifest["environments"]:
        n_methods = sum(
            manifest["environments"][about["environment"]] == environment
            for about in manifest["curves"].values()
            if about.get("environment") is not None
        )
        parallel = ", beside other runs" if environment["parallel"] else ""
        yield (
            f"Curves of {n_methods} methods made on {environment['processor']}{parallel} "
            f"{way(environment)}."
        )
    for method, reason in manifest["refused"].items():
        yield f"{method} was not run: {reason}"
    for method, about in manifest["curves"].items():
        given = ", ".join(f"{name}={value}" for name, value in about["parameters"].items())
        yield f"{method}: {'tuned' if about['tuned'] else 'as it is'}{given and f', {given}'}."


def row(task, points, manifest):
    """The cells of a task in the index."""
    best = [Ranking(points, cost).scores.index[0] for cost in ("time", "calls")]
    date = max(about["made"] for about in manifest["curves"].values())
    # As the list of tasks has them: the page of a task has all parameters.
    about = TASKS.get(task)
    given = about and (about["objective"]["problem"], about["dataset"])
    names = task, *(given or (manifest["problem"], manifest["dataset"]))
    return [*names, str(points["method"].nunique()), *best, date]


def make(archive, site):
    """Write the site of an archive, and return the path of its index."""
    points, manifests = read_archive(archive)
    if points.empty:
        raise SystemExit(f"{archive} has no curves; run `make archive` first.")
    rows = []
    for task, of_task in points.groupby("task"):
        manifest = manifests[task]
        results = as_results(of_task, manifest)
        write_page(
            site / f"{task}.html",
            f"{TITLE}: {task}",
            f"{manifest['problem']} on {manifest['dataset']}",
            views(results),
            methods(of_task["method"].unique()),
            list(made(manifest)),
            list(failures(results)),
            home="index.html",
        )
        rows.append((f"{task}.html", row(task, of_task, manifest)))
    subtitle = "Final runs of all methods in the archive, by task."
    write_index(site / "index.html", TITLE, subtitle, COLUMNS, rows)
    return site / "index.html"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--archive", type=Path, default=ARCHIVE)
    parser.add_argument("--output", type=Path, default=ROOT / "site")
    arguments = parser.parse_args()
    print(f"Site: {make(arguments.archive, arguments.output)}")


if __name__ == "__main__":
    main()

"""Write the page of results: all plots, the methods' references, and how the curves were made.

    python scripts/result_page.py [RESULTS.parquet ...]      the latest file by default

The page, in the folder pages beside the results, opens from the disk, without a network. A solver
that left no point is in no file: only the page that scripts/run_config.py writes names it.
"""

import argparse
import re
from pathlib import Path

from suite import BENCHMARK, latest_results
from summary import made_with, marked

from benchmark_utils.results.curves import failures
from benchmark_utils.results.files import read
from benchmark_utils.results.levels import BelowOptimum
from benchmark_utils.results.names import method_of
from benchmark_utils.results.page import views_of, write_page

TITLE = "Bilevel benchmark"
OTHERS = "others"
FAMILIES = [
    "search",
    "implicit",
    "implicit, variance-reduced",
    "unrolled",
    "alternating",
    "value function",
    "penalty",
    "zeroth-order",
    OTHERS,
]


def views(results):
    """The suite's plots of results, as the page draws them."""
    plots = {plot._get_name(): plot for plot in BENCHMARK.get_plots()}
    kinds = [kind for kind in BENCHMARK.get_plot_config()["plots"] if kind in plots]
    data, options = BENCHMARK.get_plot_data(results, kinds)
    return views_of({kind: data[kind] for kind in kinds}, options, plots)


def families():
    """The family of each solver by its name, from the table of docs/solvers.md."""
    table = Path(__file__).parents[1] / "docs" / "solvers.md"
    rows = [line.split("|") for line in table.read_text().splitlines() if line.startswith("| `")]
    of_solvers = [row for row in rows if len(row) == 6]
    return {name.strip(" `"): family.strip() for _, name, _, family, _, _ in of_solvers}


def methods(names, descriptions=None):
    """What the suite's solvers, or else descriptions by name, say of methods.

    They come by family in the order of ``FAMILIES``, and within each by year.
    """
    known = {solver.name: solver for solver in BENCHMARK.get_solvers()}
    family_of = families()
    found = [
        dict(
            name=name,
            family=family_of.get(name, OTHERS),
            about=sentence(known[name].__doc__ if name in known else (descriptions or {})[name]),
            references=list(getattr(known.get(name), "references", [])),
        )
        for name in names
    ]
    return sorted(found, key=lambda one: (FAMILIES.index(one["family"]), year(one), one["name"]))


def year(method):
    """The year of a method's first reference; 0 if it has none."""
    [first, *_] = [*method["references"], ""]
    return max(map(int, re.findall(r"\b(?:19|20)\d\d\b", first)), default=0)


def sentence(text):
    """The first paragraph of a docstring, on one line."""
    return " ".join((text or "").strip().split("\n\n")[0].split())


def machine(results):
    """The machines of results, as sentences."""
    columns = ["system-processor", "system-cpus", "system-ram (GB)", "platform"]
    found = results.reindex(columns=columns).drop_duplicates()
    for processor, cpus, memory, platform in found.itertuples(index=False):
        cores = f"{cpus} CPU{'s' * (cpus != 1)}"
        yield f"Machine: {processor}, {cores}, {memory} GB of memory, {platform}."


def make(path, failed=()):
    """Write the page of a results file, and return its path.

    Parameters
    ----------
    path : Path
    failed : iterable of str
        Sentences on what has failed besides the curves of the file.
    """
    results = read(path)
    solvers = results["solver_name"].map(method_of)
    described = results.get("solver_description", solvers)
    descriptions = described.groupby(solvers).first().to_dict()
    page = path.parent / "pages" / f"{path.stem}.html"
    dates = sorted(str(date)[:10] for date in results.get("run_date", []))
    write_page(
        page,
        TITLE,
        f"Results of {dates[-1]}, {path.name}" if dates else path.name,
        views(results),
        methods(descriptions, descriptions),
        [*machine(results), *marked(results), *made_with(results)],
        [*failures(results), *failed],
    )
    return page


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("results", nargs="*", type=Path)
    arguments = parser.parse_args()
    for path in arguments.results or [latest_results()]:
        try:
            print(f"Page: {make(path)}")
        except BelowOptimum as error:
            raise SystemExit(f"{path} has no page. {error}") from error


if __name__ == "__main__":
    main()

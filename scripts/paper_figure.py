"""Draw h - h* against time or oracle calls for a paper: a PDF of vectors, at its final size.

    python scripts/paper_figure.py [--task TASK] [--solvers SOLVER ...] [--cost time|calls]
                                   [--width INCHES] [--height INCHES] [--font-size POINTS]
                                   [--output FIGURE.pdf]
    python scripts/paper_figure.py --results RESULTS.parquet [...]

Curves are those of archive/TASK, or of a results file with one task whose optimum is stored: the
median over seeds, and the quartiles. A column of a paper is some 3.3 inches wide, a page 6.8. Take
the font size of the paper's captions, and include the figure without scaling it.
`make bibtex SOLVERS=...` prints the references.
"""

import argparse
from pathlib import Path

import matplotlib.pyplot as plt
from suite import ROOT

from archive import ARCHIVE
from benchmark_utils.results.archive import read_task, require_task
from benchmark_utils.results.files import read, replaced
from benchmark_utils.results.gap_figure import draw_gaps
from benchmark_utils.results.levels import COSTS, gap_points
from benchmark_utils.results.names import method_of, short_names

OUTPUTS = ROOT / "outputs" / "figures"
# The height of a figure without its legend, and the width of a letter in font sizes.
RATIO, LETTER = 0.7, 0.55


def points_of_results(path):
    """The curves of a results file, with short names.

    Raises
    ------
    SystemExit
        If it has not exactly one task whose optimum is stored.
    """
    points = gap_points(read(path))
    tasks = points["task"].unique()
    if len(tasks) != 1:
        raise SystemExit(
            f"{path} has {len(tasks)} tasks whose optimum is stored, where a figure needs one; "
            "`make optima` finds the optimum of a task of configs/tasks.yml."
        )
    return points.assign(method=points["method"].map(short_names(points["method"])))


def points_of_archive(task, root=ARCHIVE):
    """The curves of a task of the archive.

    Raises
    ------
    SystemExit
        If there are none.
    """
    require_task(root, task)
    return read_task(root / task)


def chosen(points, solvers):
    """The curves of solvers, given by their names with or without parameters; all if none is given.

    Raises
    ------
    SystemExit
        If there are no curves of one of them.
    """
    methods = points["method"].unique()
    for solver in solvers:
        if solver not in {*methods, *map(method_of, methods)}:
            raise SystemExit(f"There are no curves of {solver}; give some of {', '.join(methods)}.")
    kept = [
        method for method in methods
        if not solvers or method in solvers or method_of(method) in solvers
    ]  # fmt: skip
    return points[points["method"].isin(kept)]


def draw(points, cost, width, height, font_size, path):
    """Draw a figure of this size in inches, the legend below the curves included."""
    longest = max(map(len, points["method"].unique()))
    entry = (longest + 6) * LETTER * font_size / 72
    n_columns = max(int(width / entry), 1)
    n_rows = -(-points["method"].nunique() // n_columns)
    height = height or RATIO * width + 1.5 * n_rows * font_size / 72
    # Type 42 embeds fonts as outlines with letters that can be searched; journals refuse type 3.
    with plt.rc_context({"font.size": font_size, "pdf.fonttype": 42, "lines.linewidth": 1.2}):
        figure, axis = plt.subplots(figsize=(width, height), layout="constrained")
        draw_gaps(axis, points, cost)
        axis.set_ylabel("$h - h^*$")
        figure.legend(
            *axis.get_legend_handles_labels(), loc="outside lower center", ncols=n_columns,
            frameon=False, borderaxespad=0, columnspacing=1, handlelength=2.5,
        )  # fmt: skip
        with replaced(path) as draft:
            figure.savefig(draft, format=path.suffix.removeprefix("."))
        plt.close(figure)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--task", default="ijcnn1", help="of the archive")
    source.add_argument("--results", type=Path, help="a results file in place of the archive")
    parser.add_argument("--solvers", nargs="+", default=[], metavar="SOLVER", help="all by default")
    parser.add_argument("--cost", choices=COSTS, default="time")
    parser.add_argument("--width", type=float, default=3.3, help="inches")
    parser.add_argument("--height", type=float, help="inches; by default that of a good shape")
    parser.add_argument("--font-size", type=float, default=8, help="points")
    parser.add_argument("--output", type=Path, help="a file of outputs/figures by default")
    arguments = parser.parse_args()
    given = arguments.results
    points = points_of_results(given) if given else points_of_archive(arguments.task)
    points = chosen(points, arguments.solvers)
    name = f"{given.stem if given else arguments.task}_{arguments.cost}.pdf"
    path = arguments.output or OUTPUTS / name
    path.parent.mkdir(parents=True, exist_ok=True)
    draw(points, arguments.cost, arguments.width, arguments.height, arguments.font_size, path)
    methods = sorted(set(map(method_of, points["method"])))
    print(f'Wrote {path}\nIts references: make bibtex SOLVERS="{" ".join(methods)}"')


if __name__ == "__main__":
    main()

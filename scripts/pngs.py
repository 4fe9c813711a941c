"""Write the plots of a results file as PNGs that fit the column of a paper, legends below.

    python scripts/pngs.py [RESULTS.parquet [PLOT ...]]

One picture for each choice of a plot's options, in outputs/png. By default the latest results, and
`oracle_calls`. What `benchopt plot . --no-html` writes are PDFs at the size of a page.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
from benchopt.benchmark import Benchmark
from benchopt.results import read_results
from figures import PANEL, ROOT, draw_panel


def write_panel(panel, path):
    """Draw one panel, with room for its legend below."""
    width, height = PANEL
    figure, axis = plt.subplots(layout="constrained")
    draw_panel(axis, panel)
    axis.get_legend().remove()
    handles, labels = axis.get_legend_handles_labels()
    shown = [label.split("[")[0] for label in labels]
    # Without its parameters, where that still says which curve it is.
    labels = shown if len(set(shown)) == len(shown) else labels
    n_columns = 1 if max(map(len, labels)) > 25 else 3
    figure.set_size_inches(width, height + 0.14 * -(-len(labels) // n_columns))
    figure.legend(handles, labels, loc="outside lower center", ncols=n_columns, fontsize=6.5)
    figure.savefig(path, dpi=200)
    plt.close(figure)


def main(path=None, *plots):
    benchmark = Benchmark(ROOT)
    plots = list(plots) or ["oracle_calls"]
    results = read_results(Path(path or benchmark.get_result_files()[0]))
    folder = ROOT / "outputs" / "png"
    folder.mkdir(parents=True, exist_ok=True)
    data, _ = benchmark.get_plot_data(results, plots)
    for plot in plots:
        panels = [panel for panel in data[plot].values() if panel["data"]]
        for number, panel in enumerate(panels, start=1):
            picture = folder / f"{plot}_{number}.png"
            write_panel(panel, picture)
            print(f"Wrote {picture}: {panel['ylabel']} against {panel['xlabel']}")


if __name__ == "__main__":
    main(*sys.argv[1:])

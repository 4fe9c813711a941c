"""Draw plots of results as figures, PNG files as wide as a column of a paper.

    python scripts/figures.py [NAME ...]
    python scripts/figures.py --results RESULTS.parquet [PLOT ...]
    python scripts/figures.py --latest [PLOT ...]

A figure NAME is a configuration configs/figures/NAME.yml, which is run into
outputs/figures/NAME.parquet, and a plot plots/NAME.py, which is drawn as docs/figures/NAME.png: one
panel for each choice of the plot's options. Without names, all are made.

With --results or --latest nothing is run: the plots of that results file, `oracle_calls` by
default, are drawn in outputs/figures, one file for each choice of a plot's options, with the legend
below. (`benchopt plot . --no-html` writes PDF files at the size of a page.)
"""

import argparse
import subprocess
from pathlib import Path

import matplotlib.pyplot as plt
from suite import BENCHMARK, ROOT, latest_results, results_of

from benchmark_utils.results.files import replaced

PANEL = 3.4, 2.9  # inches: a column of a paper
CONFIGS = ROOT / "configs" / "figures"
OUTPUTS = ROOT / "outputs" / "figures"


def run(name, output):
    """Run a figure's configuration; benchopt would keep an older file, and write another."""
    output.unlink(missing_ok=True)
    config = CONFIGS / f"{name}.yml"
    command = ["benchopt", "run", ".", "--config", str(config), "--output", str(output)]
    subprocess.run([*command, "--no-plot", "--no-display"], cwd=ROOT, check=True)


def panels_of(plot, results):
    """The panels of a plot that show something, one for each choice of its options."""
    data, _ = BENCHMARK.get_plot_data(results, [plot])
    return [panel for panel in data[plot].values() if panel["data"]]


def draw_row(panels, path):
    """Draw panels side by side, in one figure."""
    width, height = PANEL
    figure, axes = plt.subplots(
        1, len(panels), figsize=(width * len(panels), height), layout="constrained", squeeze=False
    )
    for axis, panel in zip(axes[0], panels, strict=True):
        draw_panel(axis, panel)
        axis.legend(fontsize=6.5)
    with replaced(path) as draft:
        figure.savefig(draft, dpi=200)
    plt.close(figure)


def draw_column(panel, path):
    """Draw one panel as a figure of a column's width, with room for its legend below."""
    width, height = PANEL
    figure, axis = plt.subplots(layout="constrained")
    draw_panel(axis, panel)
    handles, labels = axis.get_legend_handles_labels()
    shown = [label.split("[")[0] for label in labels]
    # Without parameters, if the names still differ.
    labels = shown if len(set(shown)) == len(shown) else labels
    n_columns = 1 if max(map(len, labels)) > 25 else 3
    figure.set_size_inches(width, height + 0.14 * -(-len(labels) // n_columns))
    figure.legend(handles, labels, loc="outside lower center", ncols=n_columns, fontsize=6.5)
    with replaced(path) as draft:
        figure.savefig(draft, dpi=200)
    plt.close(figure)


def draw_panel(axis, panel):
    labels = set()
    for curve in panel["data"]:
        # The legend shows only the first curve of each label.
        label = curve["label"] if curve["label"] not in labels else None
        labels.add(curve["label"])
        points = curve.get("points", False)
        axis.plot(
            curve["x"], curve["y"], color=curve["color"], label=label,
            linewidth=curve.get("width", 1.6), marker="o" if points else None,
            linestyle=":" if points else "-", markersize=3,
        )  # fmt: skip
    if panel["scale"] in ("loglog", "semilog-x"):
        axis.set_xscale("log")
    if panel["scale"] in ("loglog", "semilog-y"):
        axis.set_yscale("log")
    axis.set_title(panel["title"], fontsize=8)
    axis.set_xlabel(panel["xlabel"], fontsize=8)
    axis.set_ylabel(panel["ylabel"], fontsize=8)
    axis.tick_params(labelsize=7)
    axis.grid(alpha=0.3)


def make_figures(names):
    """Run the configurations of figures, and draw them."""
    for name in names or sorted(path.stem for path in CONFIGS.glob("*.yml")):
        output = OUTPUTS / f"{name}.parquet"
        run(name, output)
        path = ROOT / "docs" / "figures" / f"{name}.png"
        draw_row(panels_of(name, results_of(output)), path)
        print(f"Wrote {path.relative_to(ROOT)}")


def draw_plots(path, plots):
    """Draw the plots of a results file."""
    results = results_of(path)
    for plot in plots or ["oracle_calls"]:
        for number, panel in enumerate(panels_of(plot, results), start=1):
            figure = OUTPUTS / f"{plot}_{number}.png"
            draw_column(panel, figure)
            print(f"Wrote {figure}: {panel['ylabel']} against {panel['xlabel']}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", help="figures, or plots of the results")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--results", type=Path, help="draw plots of this results file")
    source.add_argument("--latest", action="store_true", help="draw plots of the latest results")
    arguments = parser.parse_args()
    OUTPUTS.mkdir(parents=True, exist_ok=True)
    results = latest_results() if arguments.latest else arguments.results
    if results:
        draw_plots(results, arguments.names)
    else:
        make_figures(arguments.names)


if __name__ == "__main__":
    main()

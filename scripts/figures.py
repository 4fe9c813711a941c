"""Draw the figures of docs/figures.md, and plots of results, PNG files as wide as a paper's column.

    python scripts/figures.py [NAME ...]
    python scripts/figures.py --results RESULTS.parquet [PLOT ...]
    python scripts/figures.py --latest [PLOT ...]

A figure NAME is drawn as docs/figures/NAME.png. It is one of

* a configuration configs/figures/NAME.yml, which is run into outputs/figures/NAME.parquet, and a
  plot plots/NAME.py, or that of PLOTS: one panel for each choice of the plot's options; a table, if
  the plot has one, is printed and written to outputs/figures/NAME.csv;
* an experiment experiments/NAME.py, whose table is printed and written to
  outputs/figures/NAME.csv.

Without names all are made, one per core at a time, but those of LONG, which take more than
minutes.

With --results or --latest nothing is run: the plots of that results file, `convergence` by
default, are drawn in outputs/figures, one file for each choice of a plot's options, with the legend
below. (`benchopt plot . --no-html` writes PDF files at the size of a page.)
"""

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path

import matplotlib.pyplot as plt
from suite import BENCHMARK, ROOT, latest_results

from benchmark_utils.results.files import read, replaced
from benchmark_utils.results.styles import COLORS, DASHES, MARKS

PANEL = 3.4, 2.9  # inches: a column of a paper
CONFIGS = ROOT / "configs" / "figures"
EXPERIMENTS = ROOT / "experiments"
OUTPUTS = ROOT / "outputs" / "figures"
FIGURES = ROOT / "docs" / "figures"
# The figures that take longest, which begin first.
LONGEST = ("data_augmentation_fashion", "shine", "dictionary_learning")
# Those that take more than minutes, and are made by name only.
LONG = ("shine_newsgroups",)
# Of figures that show the plot of another one.
PLOTS = {"shine_newsgroups": "shine"}
# Of experiments' figures; plots have their own.
STYLE = {
    "axes.titlesize": 8, "axes.labelsize": 8, "xtick.labelsize": 7, "ytick.labelsize": 7,
    "legend.fontsize": 6.5, "axes.grid": True, "grid.alpha": 0.3, "lines.linewidth": 1.6,
    "axes.prop_cycle": plt.cycler(color=COLORS.values()),
}  # fmt: skip


def run(name, output):
    """Run a figure's configuration; benchopt would keep an older file, and write another."""
    output.unlink(missing_ok=True)
    config = CONFIGS / f"{name}.yml"
    command = ["benchopt", "run", ".", "--config", str(config), "--output", str(output)]
    code = subprocess.run([*command, "--no-plot", "--no-display"], cwd=ROOT).returncode
    if code:
        raise SystemExit(
            f"No figure {name}: benchopt ended with code {code}. Its messages above say why, and "
            "where to put data that are missing."
        )


def panels_of(plot, results):
    """The panels of a plot that show something, one for each choice of its options."""
    data, _ = BENCHMARK.get_plot_data(results, [plot])
    return [panel for panel in data[plot].values() if panel["data"]]


def draw_row(panels, path):
    """Draw panels side by side, in one figure."""
    if not panels:
        raise SystemExit(
            f"No figure {path.stem}: its run has no curve to draw. The messages above say which "
            "data and solvers were skipped, and why; mend that, and make the figure again."
        )
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


def draw_pictures(panel, path):
    """Draw pictures and their captions, as many in a row as the panel says."""
    pictures, n_columns = panel["data"], panel["ncols"]
    n_rows = -(-len(pictures) // n_columns)
    width, height = 2 * PANEL[0], 1.45 * n_rows
    figure, axes = plt.subplots(
        n_rows, n_columns, figsize=(width, height), layout="constrained", squeeze=False
    )
    for axis in axes.flat:
        axis.axis("off")
    for axis, picture in zip(axes.flat, pictures, strict=False):
        axis.imshow(picture["image"], cmap="gray")
        axis.set_title(picture["label"].replace(", ", ",\n", 1), fontsize=6.5)
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
            linewidth=curve.get("width", 1.6), markersize=3,
            marker=MARKS[curve.get("symbol", "circle")] if points else None,
            linestyle=DASHES[curve.get("dash", "solid")],
        )  # fmt: skip
        if "y_low" in curve:
            band = curve["y_low"], curve["y_high"]
            axis.fill_between(curve["x"], *band, color=curve["color"], alpha=0.15, linewidth=0)
    # benchopt's own plots name no scale.
    scale = panel.get("scale", "loglog")
    if scale in ("loglog", "semilog-x"):
        axis.set_xscale("log")
    if scale in ("loglog", "semilog-y"):
        axis.set_yscale("log")
    axis.set_title(panel["title"], fontsize=7)
    axis.set_xlabel(panel["xlabel"], fontsize=8)
    axis.set_ylabel(panel["ylabel"], fontsize=8)
    axis.tick_params(which="both", labelsize=7)
    axis.xaxis.get_offset_text().set_fontsize(7)
    axis.grid(alpha=0.3)


def figure_names():
    """All figures, in the order in which they are made."""
    paths = [*CONFIGS.glob("*.yml"), *EXPERIMENTS.glob("[!_]*.py")]
    return [*LONGEST, *sorted({path.stem for path in paths} - set(LONGEST))]


def make_figures():
    """Make all figures, each in a process with one thread, as many at a time as there are cores."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}

    def make(name):
        command = [sys.executable, __file__, name]
        return subprocess.run(command, env=environment).returncode

    names = [name for name in figure_names() if name not in LONG]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        codes = list(pool.map(make, names))
    failed = [name for name, code in zip(names, codes, strict=True) if code]
    if failed:
        raise SystemExit(f"No figure: {', '.join(failed)}. The reasons are above.")


def make_figure(name):
    """Run a figure's configuration or experiment, and draw it."""
    start, path = time.perf_counter(), FIGURES / f"{name}.png"
    if (EXPERIMENTS / f"{name}.py").exists():
        make_experiment(name, path)
    else:
        output = OUTPUTS / f"{name}.parquet"
        run(name, output)
        results = read(output)
        shown = PLOTS.get(name, name)
        draw_row(panels_of(shown, results), path)
        plot = next(plot for plot in BENCHMARK.get_plots() if plot._get_name() == shown)
        if hasattr(plot, "table"):
            write_table(name, plot.table(results))
    print(f"Wrote {path.relative_to(ROOT)} after {time.perf_counter() - start:.0f} s")


def make_experiment(name, path):
    sys.path.append(str(ROOT))
    experiment = import_module(f"experiments.{name}")
    table = experiment.main()
    write_table(name, experiment.summary(table))
    width, height = PANEL
    with plt.rc_context(STYLE):
        figure = plt.figure(figsize=(2 * width, height), layout="constrained")
        experiment.draw(table, figure)
        with replaced(path) as draft:
            figure.savefig(draft, dpi=200)
    plt.close(figure)


def write_table(name, table):
    """Print a table, and write it to outputs/figures/NAME.csv."""
    print(table.to_string(index=False, float_format="{:.3g}".format))
    with replaced(OUTPUTS / f"{name}.csv") as draft:
        table.to_csv(draft, index=False)


# How plots of a results file are drawn, by type.
DRAWN = {"scatter": draw_column, "image": draw_pictures}


def draw_plots(path, plots):
    """Draw the plots of a results file."""
    results = read(path)
    for plot in plots or ["convergence"]:
        panels = panels_of(plot, results)
        if any(panel["type"] not in DRAWN for panel in panels):
            raise SystemExit(
                f"{plot} has neither curves nor pictures, of which figures are made; see it on the "
                f"page that `make page RESULTS={path}` makes."
            )
        for number, panel in enumerate(panels, start=1):
            figure = OUTPUTS / f"{plot}_{number}.png"
            DRAWN[panel["type"]](panel, figure)
            curves = "ylabel" in panel
            about = f"{panel['ylabel']} against {panel['xlabel']}" if curves else panel["title"]
            print(f"Wrote {figure}: {about}")


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
        for name in arguments.names:
            make_figure(name)
        if not arguments.names:
            make_figures()


if __name__ == "__main__":
    main()

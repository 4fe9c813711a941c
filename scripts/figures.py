"""Make the figures: run each configuration of configs/figures, and draw its plot as a PNG.

    python scripts/figures.py [NAME ...]

A figure is a configuration configs/figures/NAME.yml and a plot plots/NAME.py; its picture is
docs/figures/NAME.png, a panel for each choice of the plot's options, and its results are
outputs/figures/NAME.parquet, which `benchopt plot` shows as a page. Without names, all are made.
"""

import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
from benchopt.benchmark import Benchmark
from benchopt.results import read_results

ROOT = Path(__file__).parents[1]
PANEL = 3.4, 2.9  # inches: a column of a paper


def run(name, output):
    """Run a figure's configuration; benchopt would keep an older file, and write another."""
    output.unlink(missing_ok=True)
    config = ROOT / "configs" / "figures" / f"{name}.yml"
    command = ["benchopt", "run", ".", "--config", str(config), "--output", str(output)]
    subprocess.run([*command, "--no-plot", "--no-display"], cwd=ROOT, check=True)


def draw(name, results, path):
    """A panel for each choice of the plot's options."""
    data, _ = Benchmark(ROOT).get_plot_data(results, [name])
    panels = [panel for panel in data[name].values() if panel["data"]]
    width, height = PANEL
    figure, axes = plt.subplots(
        1, len(panels), figsize=(width * len(panels), height), layout="constrained", squeeze=False
    )
    for axis, panel in zip(axes[0], panels, strict=True):
        draw_panel(axis, panel)
    figure.savefig(path, dpi=200)
    plt.close(figure)


def draw_panel(axis, panel):
    labels = set()
    for curve in panel["data"]:
        # Of curves of one label the legend shows the first.
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
    axis.legend(fontsize=6.5)


def main(*names):
    names = names or sorted(path.stem for path in (ROOT / "configs" / "figures").glob("*.yml"))
    for folder in ("outputs/figures", "docs/figures"):
        (ROOT / folder).mkdir(parents=True, exist_ok=True)
    for name in names:
        output = ROOT / "outputs" / "figures" / f"{name}.parquet"
        run(name, output)
        picture = ROOT / "docs" / "figures" / f"{name}.png"
        draw(name, read_results(output), picture)
        print(f"Wrote {picture.relative_to(ROOT)}")


if __name__ == "__main__":
    main(*sys.argv[1:])

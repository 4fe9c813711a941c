"""The figure and the table of scaling.py: costs against the number of samples, and crossings."""

import matplotlib.pyplot as plt
import numpy as np
from suite import ROOT

from benchmark_utils.results.files import replaced

FIGURE = ROOT / "docs" / "figures" / "scaling.png"
DATA = ("simulated", "ijcnn1")
LEVELS = (1e-2, 1e-3, 1e-4)  # parts of the gap at the start
YARDSTICK = "QuasiNewton"
STOCHASTIC = ("SOBA", "SABA", "StocBiO")
METHODS = (YARDSTICK, "HOAG", *STOCHASTIC)


def medians(runs, data, level, column):
    """Median costs over seeds: one row for each size, one column for each method."""
    here = runs[(runs["data"] == data) & (runs["level"] == level)]
    return here.pivot_table(column, "n_samples", "method", aggfunc="median")


def crossing(sizes, costs, other_costs):
    """The size from which on costs are below others, interpolated in logarithms.

    Returns
    -------
    size : float
        The first size if costs are lower at all sizes, infinite if they are not at the last one.
    """
    with np.errstate(invalid="ignore"):
        ratio = np.log(costs) - np.log(other_costs)
    # A method that does not reach a level where the other one does is above it.
    ratio = np.where(np.isnan(ratio), np.inf, ratio)
    above = np.flatnonzero(ratio >= 0)
    if not above.size:
        return sizes[0]
    last = above[-1]
    if last == len(sizes) - 1:
        return np.inf
    if np.isinf(ratio[last]):
        return sizes[last + 1]
    part = ratio[last] / (ratio[last] - ratio[last + 1])
    return sizes[last] * (sizes[last + 1] / sizes[last]) ** part


def in_words(size, sizes, last_cost):
    """Where a method is ahead from; an infinite last cost is a level that it did not reach."""
    if size == np.inf:
        return "not yet" if np.isfinite(last_cost) else "not within the budget"
    return "at all sizes" if size == sizes[0] else f"from {size:.1e}"


def crossings(runs):
    """A table, in Markdown, of the sizes from which on stochastic methods are ahead."""
    lines = [f"| data | level | cost | {' | '.join(STOCHASTIC)} |", "|---" * 6 + "|"]
    for data in DATA:
        for level in LEVELS:
            for column in ("seconds", "calls"):
                costs = medians(runs, data, level, column)
                if YARDSTICK not in costs:
                    continue
                cells = []
                for method in STOCHASTIC:
                    if method not in costs:
                        cells.append("")
                        continue
                    # At some sizes only one of the two may have run.
                    both = costs[[method, YARDSTICK]].dropna()
                    sizes = both.index.to_numpy(float)
                    size = crossing(sizes, both[method], both[YARDSTICK])
                    cells.append(in_words(size, sizes, both[method].iloc[-1]))
                lines.append(f"| {data} | {level:g} | {column} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def draw(runs):
    """Seconds and calls against the number of samples: a row for each, a column for each level."""
    shown = [(data, column) for data in DATA for column in ("seconds", "calls")]
    shown = [pair for pair in shown if (runs["data"] == pair[0]).any()]
    shape = len(shown), len(LEVELS)
    size = 2.4 * shape[1], 1.9 * shape[0]
    figure, axes = plt.subplots(*shape, figsize=size, layout="constrained", squeeze=False)
    for row, (data, column) in zip(axes, shown, strict=True):
        for axis, level in zip(row, LEVELS, strict=True):
            costs = medians(runs, data, level, column)
            for number, method in enumerate(METHODS):
                if method in costs:
                    reached = costs[method][np.isfinite(costs[method])]
                    axis.loglog(
                        reached.index, reached, "o-", color=f"C{number}", markersize=3, label=method
                    )
            axis.set_title(f"{data}, level {level:g}", fontsize=8)
            axis.tick_params(which="both", labelsize=7)
            axis.grid(alpha=0.3)
        row[0].set_ylabel(column, fontsize=8)
    for axis in axes[-1]:
        axis.set_xlabel("samples", fontsize=8)
    # Not every panel has all methods.
    lines = {line.get_label(): line for axis in axes.flat for line in axis.lines}
    figure.legend(
        handles=[lines[method] for method in METHODS if method in lines],
        loc="outside upper center", ncols=len(METHODS), fontsize=8, frameon=False,
    )  # fmt: skip
    with replaced(FIGURE) as draft:
        figure.savefig(draft, dpi=200)
    plt.close(figure)

"""The archive: curves of the final runs, in one small file per task and method.

``archive/TASK/manifest.json`` says how the curves of a task were made. The curves of a method are
in ``archive/TASK/METHOD.parquet``, those of a variant, such as another precision, in
``archive/TASK/VARIANT/METHOD.parquet``.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

from benchmark_utils.results.curves import CALLS
from benchmark_utils.results.files import as_sentence, replaced, write_text
from benchmark_utils.results.levels import COSTS, CURVE, LEVELS

COUNTS = [f"{kind}_calls" for kind in CALLS[1:]]
# Times and norms have the seven digits of float32. h has all its digits: the gap is a difference.
PRECISION = {
    "repetition": "int16",
    "time": "float32",
    **dict.fromkeys(COUNTS, "int64"),
    "value": "float64",
    "grad_norm": "float32",
    "status": "str",
}
# Points kept per tenfold increase of time and of calls, and per tenfold decrease of the gap.
PER_DECADE = 12
SMALLEST_GAP = 1e-12
MANIFEST = "manifest.json"
# The statuses of curves whose solver raised: after its first point, or before.
RAISED = ("error", "failed")
RESTORE = "Restore it by git, or delete it and make its curves again: `make archive`."
NO_POINTS = pd.DataFrame(columns=[*CURVE, "tuned", *COSTS, "gap", "status"])


def curves_of(results, repetitions):
    """The columns that are archived, of the results of one method on one task.

    Parameters
    ----------
    results : pandas.DataFrame or None
        One row per point of a curve, as benchopt writes it; None if no run ended well.
    repetitions : sequence of int
        Those that were asked for. One without a curve has a single row, of status "failed".

    Returns
    -------
    curves : pandas.DataFrame
        One row per point: the columns of ``PRECISION``, by repetition in the order of each curve.
    """
    failed = pd.DataFrame({"repetition": list(repetitions), "value": np.nan, "status": "failed"})
    if results is None:
        curves = failed
    else:
        results = results.sort_values(["idx_rep", "stop_val"])
        points = pd.DataFrame({
            "repetition": results["idx_rep"],
            "time": results["time"],
            **{name: results[f"objective_{name}"] for name in COUNTS},
            "value": results["objective_value"],
            "grad_norm": results["objective_grad_norm"],
            "status": results.get("objective_status", "ok"),
        })  # fmt: skip
        points = points[points["repetition"].isin(repetitions)]
        missing = ~failed["repetition"].isin(points["repetition"])
        curves = pd.concat([points, failed[missing]], ignore_index=True)
    curves = curves.reindex(columns=list(PRECISION))
    return curves.fillna(dict.fromkeys(["time", *COUNTS], 0))


def thin(curves, start, optimum):
    """The points of curves that levels and figures need, in the archive's precision.

    Parameters
    ----------
    curves : pandas.DataFrame
        As :func:`curves_of` returns them.
    start, optimum : float
        h at the start, and h*.

    Returns
    -------
    curves : pandas.DataFrame
        Fewer rows. What a level costs is the same.
    """
    gaps = (curves["value"] - optimum) / (start - optimum)
    points = curves.assign(gap=gaps, calls=curves[COUNTS].sum(axis=1))
    parts = [kept(rows) for _, rows in points.groupby("repetition")]
    return curves.loc[np.concatenate(parts)].astype(PRECISION).reset_index(drop=True)


def kept(points):
    """The index of the points that are kept of one curve.

    These are the first and the last, the first in each interval of logarithmic grids of time and
    of calls, and the first below each level and each value of a logarithmic grid of the gap.
    """
    chosen = np.zeros(len(points), bool)
    chosen[[0, -1]] = True
    for cost in COSTS:
        numbers = np.maximum(points[cost].to_numpy(float), 1e-9)
        interval = np.floor(PER_DECADE * np.log10(numbers))
        chosen[1:] |= interval[1:] != interval[:-1]
    lowest = np.minimum.accumulate(points["gap"].fillna(np.inf).to_numpy())
    grid = np.append(LEVELS, np.geomspace(1, SMALLEST_GAP, 12 * PER_DECADE + 1))
    first = np.searchsorted(-lowest, -grid)
    chosen[first[first < len(points)]] = True
    return points.index[chosen]


def read_floor(curves):
    """The lowest costs that can be read: those of the first point after the start of any curve."""
    costs = curves.assign(calls=curves[COUNTS].sum(axis=1))[COSTS].astype(float)
    after_start = costs[curves.groupby("repetition").cumcount() == 1]
    # There is none if all runs failed.
    return after_start.min().dropna().to_dict()


def write_curves(curves, path):
    """Write curves to a compressed file, which is there only once it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replaced(path) as draft:
        curves.to_parquet(draft, compression="zstd", compression_level=19, index=False)


def write_manifest(manifest, folder):
    """Write the manifest of a task's folder, which is there only once it is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text(folder / MANIFEST, json.dumps(manifest, indent=2) + "\n")


def read_manifest(folder):
    """The manifest of a task's folder; None if there is none yet."""
    path = folder / MANIFEST
    with as_sentence(path, RESTORE):
        return json.loads(path.read_text()) if path.exists() else None


def read_curves(path):
    """The curves of a file of the archive."""
    with as_sentence(path, RESTORE):
        return pd.read_parquet(path)


def read_task(folder, variant=""):
    """The curves of a task in the archive.

    Parameters
    ----------
    folder : pathlib.Path
        ``archive/TASK``.
    variant : str

    Returns
    -------
    points : pandas.DataFrame
        One row per point: ``task``, ``method``, whether it was ``tuned``, the columns of the file,
        ``gap`` h - h*, and ``calls``, the one-sample calls of all oracles. Time and calls are at
        least the read floor of the task.
    """
    manifest = read_manifest(folder)
    parts = []
    for name, made in manifest["curves"].items():
        *folders, method = name.split("/")
        if "/".join(folders) == variant:
            points = with_gap(read_curves(folder / f"{name}.parquet"), manifest)
            about = dict(task=manifest["task"], method=method, tuned=made["tuned"])
            parts.append(points.assign(**about))
    return pd.concat(parts or [NO_POINTS], ignore_index=True)


def with_gap(curves, manifest):
    """Curves as a file holds them, with ``gap`` and ``calls``, and costs above the read floor."""
    points = curves.assign(
        gap=curves["value"] - manifest["optimum"], calls=curves[COUNTS].sum(axis=1)
    )
    for cost, lowest in manifest["read_floor"].items():
        points[cost] = points[cost].astype(float).clip(lower=lowest)
    return points


def require_task(root, task):
    """End the script with a sentence if an archive has no curves of a task."""
    folders = sorted(path.parent for path in Path(root).glob(f"*/{MANIFEST}"))
    archived = [folder.name for folder in folders if read_manifest(folder)["curves"]]
    if task not in archived:
        raise SystemExit(
            f"The archive has no curves of {task}; it has {', '.join(archived) or 'none at all'}. "
            f"`make archive TASK={task}` makes them."
        )


def read_archive(root, variant=""):
    """The curves of all tasks of an archive, see :func:`read_task`, and its manifests by task."""
    folders = sorted(path.parent for path in Path(root).glob(f"*/{MANIFEST}"))
    manifests = {folder.name: read_manifest(folder) for folder in folders}
    points = [read_task(folder, variant) for folder in folders]
    # A table without rows has no types, and would take those of the others.
    points = [part for part in points if len(part)]
    return pd.concat(points or [NO_POINTS], ignore_index=True), manifests


def as_results(points, manifest):
    """Curves of a task as benchopt's results have them, for plots.

    Parameters
    ----------
    points : pandas.DataFrame
        Curves, as :func:`read_task` returns them.
    manifest : dict

    Returns
    -------
    results : pandas.DataFrame
        One row per point that was judged.
    """
    points = points[points["status"] != "failed"]
    return pd.DataFrame({
        "dataset_name": manifest["dataset"],
        "objective_name": manifest["problem"],
        "solver_name": points["method"],
        "idx_rep": points["repetition"],
        "stop_val": points.groupby(["method", "repetition"]).cumcount(),
        "time": points["time"],
        **{f"objective_{name}": points[name] for name in (*COUNTS, "value", "gap", "grad_norm")},
        "objective_status": points["status"],
        "objective_parallel": int(any(made["parallel"] for made in manifest["environments"])),
        **({"objective_samples": manifest["samples"]} if "samples" in manifest else {}),
    }).reset_index(drop=True)  # fmt: skip

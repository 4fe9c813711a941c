"""Figures for papers: a PDF of vectors at its final size, of the methods that were chosen."""

import re
import zlib

import numpy as np
import pandas as pd
import pytest


@pytest.fixture
def points():
    """Two seeds of three methods, which go down to 1e-5."""
    gaps = np.geomspace(1, 1e-5, 20)
    parts = [
        pd.DataFrame(dict(
            task="task", method=method, repetition=seed, gap=gaps * (1 + 0.1 * seed),
            time=np.arange(20) * speed, calls=np.arange(20) * 1000,
        ))
        for seed in (0, 1)
        for method, speed in (("SOBA", 1), ("SABA", 2), ("SABA[step_size=1]", 3))
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def content(path):
    """The drawing commands of a PDF, decompressed."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", path.read_bytes(), re.DOTALL)
    texts = []
    for stream in streams:
        try:
            texts.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return b"".join(texts)


@pytest.mark.parametrize(("width", "height", "font_size"), [(3.3, None, 8), (6.75, 2.5, 10)])
def test_the_pdf_has_the_size_and_the_font_size_asked_for_and_no_pixels(
    points, tmp_path, width, height, font_size
):
    from paper_figure import draw

    path = tmp_path / "figure.pdf"
    draw(points, "calls", width, height, font_size, path)
    data = path.read_bytes()
    [box] = re.findall(rb"/MediaBox \[ ?0 0 ([\d.]+) ([\d.]+) ?\]", data)
    assert float(box[0]) / 72 == pytest.approx(width, abs=1e-3)
    if height:
        assert float(box[1]) / 72 == pytest.approx(height, abs=1e-3)
    assert b"/Subtype /Image" not in data
    assert b"/FontType 42" in data or b"/Subtype /Type0" in data
    assert b"/Type3" not in data
    sizes = {float(size) for size in re.findall(rb"/\S+ ([\d.]+) Tf", content(path))}
    assert font_size in sizes
    assert max(sizes) == font_size


def test_methods_are_chosen_by_name_with_or_without_parameters(points):
    from paper_figure import chosen

    assert set(chosen(points, [])["method"]) == {"SOBA", "SABA", "SABA[step_size=1]"}
    assert set(chosen(points, ["SABA"])["method"]) == {"SABA", "SABA[step_size=1]"}
    assert set(chosen(points, ["SABA[step_size=1]"])["method"]) == {"SABA[step_size=1]"}
    with pytest.raises(SystemExit, match="no curves of HOAG; give some of SOBA, SABA"):
        chosen(points, ["SOBA", "HOAG"])


def test_a_task_that_is_not_in_the_archive_is_refused(tmp_path):
    from paper_figure import points_of_archive

    (tmp_path / "ijcnn1").mkdir()
    (tmp_path / "ijcnn1" / "manifest.json").write_text('{"curves": {"SOBA": {}}}')
    with pytest.raises(SystemExit, match="no curves of wine; it has ijcnn1"):
        points_of_archive("wine", tmp_path)


def test_a_results_file_needs_one_task_whose_optimum_is_stored(tmp_path):
    from paper_figure import points_of_results

    rows = pd.DataFrame(dict(
        dataset_name=["a", "b"], objective_name="bilevel", solver_name="SOBA", idx_rep=0,
        stop_val=0, time=0.0, objective_value=1.0, objective_iterations=0,
        objective_inner_grad_calls=1,
        objective_hvp_calls=0, objective_cross_calls=0, objective_outer_grad_calls=0,
    ))  # fmt: skip
    path = tmp_path / "results.parquet"
    for gaps, n_tasks in (([1.0, 1.0], 2), ([np.nan, np.nan], 0)):
        rows.assign(objective_gap=gaps).to_parquet(path)
        with pytest.raises(SystemExit, match=f"has {n_tasks} tasks whose optimum is stored"):
            points_of_results(path)
    rows.assign(objective_gap=[1.0, np.nan]).to_parquet(path)
    assert set(points_of_results(path)["method"]) == {"SOBA"}

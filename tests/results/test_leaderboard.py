"""The leaderboard and the page on what it depends on, from made-up archives."""

import pandas as pd
import pytest

from benchmark_utils.results.archive import COUNTS, PRECISION, write_curves, write_manifest
from benchmark_utils.results.levels import LEVELS
from benchmark_utils.results.ranking import Ranking

OPTIMUM, START = 1.0, 2.0
README = (
    "Before\n<!-- leaderboard: make leaderboard -->\nstale\n<!-- end of leaderboard -->\nAfter\n"
)


def curves(scale, n_seeds=4, calls_per_second=1e6):
    """Curves that reach a level a second, times a factor."""
    parts = []
    for seed in range(n_seeds):
        gaps = [1.0, *(0.99 * level for level in LEVELS)]
        times = [scale * (1 + 0.1 * seed) * k for k in range(len(gaps))]
        calls = [int(calls_per_second * time) for time in times]
        parts.append(pd.DataFrame({
            "repetition": seed, "time": times, **dict.fromkeys(COUNTS, calls),
            "value": [OPTIMUM + gap for gap in gaps], "grad_norm": gaps, "status": "ok",
        }))  # fmt: skip
    return pd.concat(parts).astype(PRECISION)


def fill(root, task, methods, problem="logreg[box=default]", smooth=True):
    """A task of an archive: curves by file, those of `Newton` self-tuning."""
    for name, made in methods.items():
        write_curves(made, root / task / f"{name}.parquet")
    manifest = dict(
        task=task, dataset=task.removesuffix("_no_box"), problem=problem, smooth=smooth,
        optimum=OPTIMUM, start=START, read_floor=dict(time=1e-3, calls=4),
        curves={name: dict(tuned="Newton" not in name) for name in methods},
    )  # fmt: skip
    write_manifest(manifest, root / task)


@pytest.fixture
def archive(tmp_path):
    """Three tasks on which SOBA is the fastest, while Newton needs the fewest calls."""
    methods = dict(
        SOBA=curves(1), SABA=curves(3), Newton=curves(9, n_seeds=2, calls_per_second=1e4)
    )
    variant = {"float32/SOBA": curves(30), "float32/SABA": curves(2)}
    for task in ("one", "two", "three"):
        fill(tmp_path / "archive", task, methods | variant)
    return tmp_path / "archive"


def make(root, folder):
    import ranking

    (folder / "README.md").write_text(README)
    ranking.make(root, folder / "README.md", folder)
    return (folder / "README.md").read_text(), (folder / "ranking.md").read_text()


@pytest.mark.slow
def test_the_table_has_ranks_classes_intervals_and_cliques(archive, tmp_path):
    readme, _ = make(archive, tmp_path)
    rows = [row.split(" | ") for row in readme.splitlines() if row.startswith("| ")][1:]
    assert [row[1] for row in rows] == ["SOBA", "SABA", "Newton"]
    assert [row[2] for row in rows] == ["tuned, 1", "tuned, 2", "self-tuning, 1"]
    assert [row[3] for row in rows] == ["3 of 3"] * 3
    assert rows[0][4] == "1.00 [1.00, 1.00]"
    assert [row[5] for row in rows] == ["a", "b", "c"]
    assert readme.startswith("Before\n<!--")
    assert readme.endswith("-->\nAfter\n")
    assert "(docs/leaderboard.png)" in readme
    assert "stale" not in readme


@pytest.mark.slow
def test_the_command_gives_the_same_again(archive, tmp_path):
    import ranking

    first = make(archive, tmp_path)
    ranking.make(archive, tmp_path / "README.md", tmp_path)
    again = (tmp_path / "README.md").read_text(), (tmp_path / "ranking.md").read_text()
    assert again == first
    assert (tmp_path / "leaderboard.png").read_bytes()[1:4] == b"PNG"


def test_the_readme_shows_the_ten_best_methods_and_the_page_all(tmp_path):
    methods = {f"method_{k:02d}": curves(1 + k, n_seeds=2) for k in range(12)}
    fill(tmp_path / "archive", "one", methods)
    readme, page = make(tmp_path / "archive", tmp_path)
    shown = [sum(f"| {name} |" in text for name in methods) for text in (readme, page)]
    assert shown == [10, 12]


def sections_of(page):
    return {part.split("\n")[0]: part for part in page.split("\n## ")[1:]}


@pytest.mark.slow
def test_the_page_says_which_pairs_change_order_and_what_the_archive_does_not_hold(
    archive, tmp_path
):
    sections = sections_of(make(archive, tmp_path)[1])
    calls = sections["Time or oracle calls"]
    assert "3 methods on 3 tasks." in calls
    assert "2 of 3 pairs change order, 2 of them surely" in calls
    assert "| SOBA | Newton |" in calls
    precision = sections["Float64 or float32"]
    assert "tau is -1.00. 1 of 1 pairs change order" in precision
    assert "0 of 3 pairs change order" in sections["Loose or tight levels"]
    assert "`make archive VARIANT=5_trials` makes it" in sections["Twenty or five trials of tuning"]
    assert "`make archive TASK=ijcnn1_no_box` makes it" in sections["With the box or without"]


@pytest.mark.slow
def test_the_page_says_what_is_the_same_on_another_machine(archive, tmp_path):
    other = curves(6)
    other.loc[other.index[-1], "value"] *= 1.5  # in each run
    fill(archive, "one", dict(SOBA=curves(2), SABA=curves(3)) | {
        "other_machine/SOBA": other, "other_machine/SABA": curves(3),
    })  # fmt: skip
    section = sections_of(make(archive, tmp_path)[1])["One machine or another"]
    assert "tau is -1.00. 1 of 1 pairs change order" in section
    assert "2.00 times as long on the second machine, in the median over methods" in section
    assert "the least is 1.00, the most 3.00. The last h has the same bits in 4 of 8" in section
    assert "differs by at most 5e-01 of it in the others" in section


@pytest.mark.slow
def test_tasks_without_a_box_are_compared_with_those_that_have_one_and_not_ranked(
    archive, tmp_path
):
    other = dict(SOBA=curves(20), SABA=curves(1))
    fill(archive, "one_no_box", other, problem="logreg[box=none]")
    readme, page = make(archive, tmp_path)
    assert "3 of 3" in readme
    box = sections_of(page)["With the box or without"]
    assert "2 methods on `one`. Kendall's tau is -1.00" in box


@pytest.mark.slow
def test_tasks_that_are_not_smooth_have_their_own_table(archive, tmp_path):
    fill(archive, "lasso", dict(Newton=curves(1), Path=curves(3)), smooth=False)
    readme, page = make(archive, tmp_path)
    assert "3 of 3" in readme
    assert "Path" not in readme
    rows = sections_of(page)["Tasks that are not smooth"]
    assert "These are `lasso`." in rows
    assert [name in rows for name in ("Newton", "Path", "SOBA")] == [True, True, False]


def test_methods_of_one_clique_share_a_letter(tmp_path):
    from benchmark_utils.results.archive import read_archive
    from benchmark_utils.results.leaderboard import score_texts

    fill(tmp_path, "one", dict(A=curves(1), B=curves(1), C=curves(20)))
    ranking = Ranking(read_archive(tmp_path)[0], "time")
    letters = {method: text.split(" | ")[1] for method, text in score_texts(ranking).items()}
    assert letters["A"] == letters["B"]


def test_an_empty_archive_is_said_to_be_empty(tmp_path):
    with pytest.raises(SystemExit, match="no curves; run `make archive` first"):
        make(tmp_path / "archive", tmp_path)


def test_a_readme_without_the_marks_is_refused(archive, tmp_path):
    import ranking

    (tmp_path / "README.md").write_text("nothing")
    with pytest.raises(SystemExit, match="needs the two lines"):
        ranking.make(archive, tmp_path / "README.md", tmp_path)

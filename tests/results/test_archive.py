"""What the archive keeps of curves, and what levels cost on them."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from benchopt.utils.sys_info import get_sys_info

from benchmark_utils.results.archive import (
    COUNTS,
    PRECISION,
    curves_of,
    read_archive,
    read_floor,
    thin,
    write_curves,
    write_manifest,
)
from benchmark_utils.results.levels import (
    LEVELS,
    BelowOptimum,
    costs_to_levels,
    relative_gaps,
)

OPTIMUM, START = 0.25, 1.25


def results(n_points=400, n_repetitions=2, seed=0):
    """Noisy curves as benchopt writes them, which reach the sixth level near their end."""
    rng = np.random.default_rng(seed)
    parts = []
    for repetition in range(n_repetitions):
        k = np.arange(n_points)
        gaps = 10 ** (-7 * k / n_points) * rng.uniform(0.5, 2, n_points)
        gaps[0] = START - OPTIMUM
        parts.append(pd.DataFrame({
            "idx_rep": repetition, "stop_val": k, "time": 0.01 * k * rng.uniform(0.9, 1),
            **{f"objective_{name}": 64 * (j + 1) * k for j, name in enumerate(COUNTS)},
            "objective_value": OPTIMUM + gaps, "objective_grad_norm": np.sqrt(gaps),
            "objective_status": "ok",
        }))  # fmt: skip
    return pd.concat(parts)


def points_of(curves, optimum=OPTIMUM, method="A", task="task"):
    return curves.assign(
        task=task, method=method, gap=curves["value"] - optimum, calls=curves[COUNTS].sum(axis=1)
    )


def points(gaps, method="A", task="task", repetition=0, **columns):
    """A curve with one point per second and ten calls per second."""
    costs = dict(time=np.arange(len(gaps), dtype=float), calls=10 * np.arange(len(gaps)))
    names = dict(task=task, method=method, repetition=repetition)
    return pd.DataFrame({"gap": np.asarray(gaps, float), **costs, **names, **columns})


def store(root, curves, task="task", name="A", **manifest):
    """An archive of one task and method."""
    write_curves(curves, root / task / f"{name}.parquet")
    made = dict(task=task, optimum=OPTIMUM, start=START, read_floor=read_floor(curves))
    write_manifest(made | dict(curves={name: dict(tuned=True)}) | manifest, root / task)


def test_a_level_costs_what_the_first_point_at_or_below_it_costs():
    costs = costs_to_levels(points([1, 0.2, 0.1, 0.5, 0.0009, 0]), (1e-1, 1e-2, 1e-3, 1e-4))
    assert costs["time"].tolist() == [2, 4, 4, 5]
    assert costs["calls"].tolist() == [20, 40, 40, 50]


def test_a_level_that_is_never_reached_costs_infinitely_much():
    costs = costs_to_levels(points([1, 0.5, np.nan, np.nan]), (0.5, 1e-2))
    assert costs["time"].tolist() == [1, np.inf]


def test_the_start_of_a_task_is_its_highest_first_point():
    both = pd.concat([points([4, 0.4]), points([1, 0.3], method="B")], ignore_index=True)
    costs = costs_to_levels(both, (1e-1,))["time"]
    assert costs.droplevel(["task", "repetition", "level"]).to_dict() == {"A": 1, "B": 1}


def test_a_curve_below_the_optimum_fails_by_name_and_amount():
    curves = pd.concat([points([1, 0.5]), points([1, -1e-7], "B", repetition=3)])
    with pytest.raises(BelowOptimum, match=r"B on task, repetition 3, is 1e-07 below .* find it"):
        relative_gaps(curves.reset_index(drop=True))
    assert relative_gaps(points([1, -1e-10])).tolist() == [1, -1e-10]


@pytest.mark.parametrize("gaps", [[-0.1, -0.2, -0.3], [0, -0.2, -0.3]])
def test_a_curve_below_the_optimum_from_its_start_fails_as_well(gaps):
    with pytest.raises(BelowOptimum, match=r"A on task, .*, is 0.3 below the stored h\*: its task"):
        relative_gaps(points(gaps))
    # A start at h* has no relative gaps.
    assert relative_gaps(points([0, -1e-10])).isna().all()


def test_thinning_changes_no_cost_of_a_level_and_keeps_a_fraction_of_the_points():
    whole = curves_of(results(20_000), range(2))
    thinned = thin(whole, START, OPTIMUM)
    assert len(thinned) < 0.05 * len(whole)
    exact, kept = costs_to_levels(points_of(whole)), costs_to_levels(points_of(thinned))
    assert np.isfinite(exact["time"]).all()
    assert kept["calls"].equals(exact["calls"])
    np.testing.assert_allclose(kept["time"], exact["time"], rtol=1e-7)
    ends = whole.groupby("repetition").last()["value"]
    assert thinned.groupby("repetition").last()["value"].equals(ends)


def test_the_archive_gives_back_what_was_written_to_the_digits_that_it_keeps(tmp_path):
    whole = curves_of(results(50), range(2))
    store(tmp_path, thin(whole, START, OPTIMUM))
    read, manifests = read_archive(tmp_path)
    assert list(manifests) == ["task"]
    assert set(read["method"]) == {"A"}
    both = whole.merge(read, on=["repetition", *COUNTS], suffixes=("", "_read"))
    assert len(both) == len(read) > 20
    assert (both["value_read"] == both["value"]).all()
    assert both["gap"].equals(both["value"] - OPTIMUM)
    np.testing.assert_allclose(both["grad_norm_read"], both["grad_norm"], rtol=6e-8)
    later = both["time"] > 0
    np.testing.assert_allclose(both["time_read"][later], both["time"][later], rtol=6e-8)


def test_costs_are_at_least_the_lowest_that_can_be_read(tmp_path):
    curves = curves_of(results(50), range(2))
    store(tmp_path, curves)
    floor = read_floor(curves)
    assert floor == {"time": curves["time"][curves["time"] > 0].min(), "calls": 640}
    read, _ = read_archive(tmp_path)
    assert read["time"].min() == pytest.approx(floor["time"], rel=1e-6)
    assert read["calls"].min() == 640


def test_a_run_without_a_curve_is_a_failure_that_reaches_no_level(tmp_path):
    store(tmp_path, thin(curves_of(results(50), range(4)), START, OPTIMUM))
    read, _ = read_archive(tmp_path)
    assert read.groupby("repetition")["status"].last().tolist() == ["ok"] * 2 + ["failed"] * 2
    costs = costs_to_levels(read)["time"].unstack("repetition")
    assert np.isinf(costs[[2, 3]]).all(axis=None)
    assert np.isfinite(costs[[0, 1]].loc[:, :, LEVELS[0]]).all(axis=None)


def test_a_method_all_of_whose_runs_failed_has_curves_too():
    curves = thin(curves_of(None, range(3)), START, OPTIMUM)
    assert curves["status"].tolist() == ["failed"] * 3
    assert curves.dtypes.astype(str).to_dict() == PRECISION


def test_a_variant_is_read_apart(tmp_path):
    curves = thin(curves_of(results(50), range(2)), START, OPTIMUM)
    store(tmp_path, curves, name="float32/A")
    assert read_archive(tmp_path)[0].empty
    assert set(read_archive(tmp_path, "float32")[0]["method"]) == {"A"}


def test_an_empty_archive_has_no_points(tmp_path):
    read, manifests = read_archive(tmp_path)
    assert (len(read), manifests) == (0, {})
    assert costs_to_levels(read).empty


def test_a_file_is_there_only_once_it_is_whole(tmp_path, monkeypatch):
    def broken(self, path, **options):
        path.write_bytes(b"PAR1")
        raise KeyboardInterrupt

    monkeypatch.setattr(pd.DataFrame, "to_parquet", broken)
    with pytest.raises(KeyboardInterrupt):
        write_curves(curves_of(results(5), range(2)), tmp_path / "A.parquet")
    assert not (tmp_path / "A.parquet").exists()


@pytest.mark.parametrize("name", ["A.parquet", "manifest.json"])
def test_a_damaged_file_of_the_archive_is_named_in_a_sentence(name, tmp_path):
    store(tmp_path, curves_of(results(20), range(2)))
    path = tmp_path / "task" / name
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(SystemExit) as end:
        read_archive(tmp_path)
    assert str(end.value).startswith(f"{path} cannot be read (")
    assert str(end.value).endswith("Restore it by git, or delete it and make its curves again: "
                                   "`make archive`.")  # fmt: skip


def test_a_solver_without_random_numbers_is_known_by_its_curves():
    from final_runs import repeats

    same = pd.concat([results(20, 1).assign(idx_rep=k, time=k) for k in range(3)])
    assert repeats(curves_of(same, range(3)))
    # The time may be over at another point.
    assert repeats(curves_of(same.iloc[:-1], range(3)))
    last = (same["stop_val"] == 19) & (same["idx_rep"] == 1)
    assert repeats(curves_of(same.assign(objective_value=same["objective_value"] + last), range(3)))
    assert not repeats(curves_of(results(20, 3), range(3)))
    inner = (same["stop_val"] == 7) & (same["idx_rep"] == 1)
    others = same.assign(objective_hvp_calls=same["objective_hvp_calls"] + inner)
    assert not repeats(curves_of(others, range(3)))


@pytest.fixture
def archive_of_a_task(tmp_path):
    """A function that opens an archive of one task, without its data."""
    from archive import Archive

    common = dict(dataset="d", problem="p", data="0", budget={}, task="task", start=START,
                  optimum=OPTIMUM)  # fmt: skip
    return lambda: Archive(SimpleNamespace(name="task", manifest=lambda: common), tmp_path)


@pytest.mark.parametrize("status", ["error", "failed"])
def test_a_curve_that_ended_in_an_exception_is_not_kept(archive_of_a_task, tmp_path, status):
    from archive import Raised

    curves = curves_of(results(20), range(2))
    curves.loc[curves.index[-1], "status"] = status
    archive = archive_of_a_task()
    with pytest.raises(Raised, match=r"A on task ended in an exception, in repetition 1; mend"):
        archive.add("A", False, {}, curves, None)
    assert not archive.has("A", {})
    assert list(tmp_path.rglob("*.parquet")) == []


def test_a_method_all_of_whose_runs_failed_is_not_kept(archive_of_a_task, tmp_path):
    from archive import Raised

    with pytest.raises(Raised, match="in repetition 0, 1, 2; mend"):
        archive_of_a_task().add("A", False, {}, curves_of(None, range(3)), None)
    assert list(tmp_path.rglob("*.parquet")) == []


def test_curves_of_two_processors_are_not_kept_together(archive_of_a_task):
    archive, here = archive_of_a_task(), get_sys_info()["system-processor"]
    curves, environments = (archive.manifest[name] for name in ("curves", "environments"))
    archive.refuse_another_processor("")
    environments += [dict(processor=here), dict(processor="Abacus")]
    curves["A"] = dict(environment=0)
    archive.refuse_another_processor("")
    curves["other_machine/A"] = dict(environment=1)
    archive.refuse_another_processor("float32")
    with pytest.raises(SystemExit, match=f"made on Abacus, and this machine has {re.escape(here)}"):
        archive.refuse_another_processor("other_machine")
    curves["float32/A"] = dict(environment=1)
    with pytest.raises(SystemExit, match="made on Abacus"):
        archive.refuse_another_processor("")


@pytest.mark.parametrize("status", ["error", "failed"])
def test_a_curve_of_an_exception_that_an_archive_has_is_named_and_made_again(
    archive_of_a_task, tmp_path, status
):
    from archive import check_all

    archive = archive_of_a_task()
    curves = curves_of(results(20), range(2))
    archive.add("A", False, {}, curves, None)
    assert archive_of_a_task().has("A", {})
    curves.loc[curves.index[-1], "status"] = status
    store(tmp_path, curves)
    archive.manifest["curves"]["A"]["status"] = {"ok": 1, status: 1}
    assert not archive.has("A", {})
    assert [sentence[:33] for sentence in check_all(tmp_path)] == [
        "A on task ended in an exception, "
    ]


def test_fewer_trials_choose_the_best_of_the_first_candidates(tmp_path, monkeypatch):
    import candidates

    from archive import best_of_first

    monkeypatch.setattr(candidates, "FOLDER", tmp_path)
    tuning = candidates.Tuning("simulated", "SOBA", [])
    assert best_of_first(5, tuning) is None
    # The gap of the k-th candidate; the best of all is not among the first five.
    gaps = [0.5, 0.4, 0.3, 0.1, 0.2, 0.6, 0.01]
    rows = [
        point | dict(seed=tuning.seeds[0], max_calls=tuning.budget, gap=gap, status="ok", seconds=1)
        for point, gap in zip(tuning.wide, gaps, strict=False)
    ]
    candidates.write(pd.DataFrame(rows).assign(**dict.fromkeys(candidates.COSTS, 1e6)), tuning.path)
    assert best_of_first(5, tuning) == tuning.wide[3]


def test_the_repositorys_archive_is_small_and_no_curve_is_below_its_optimum(capsys):
    from archive import ARCHIVE, check_all

    assert list(check_all(ARCHIVE)) == []
    _, manifests = read_archive(ARCHIVE)
    for task, manifest in manifests.items():
        for name, made in manifest["curves"].items():
            assert (ARCHIVE / task / f"{name}.parquet").exists()
            assert sum(made["status"].values()) in (3, 10)

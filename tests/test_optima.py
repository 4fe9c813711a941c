"""The table of optima: its rows, and to which tasks they belong."""

import pytest

from benchmark_utils import optima
from benchmark_utils.optima import find_optimum, stored_optima

HEADER = ",".join(optima.Optimum._fields)


@pytest.fixture
def table(tmp_path, monkeypatch):
    path = tmp_path / "optima.csv"
    path.write_text(
        f"{HEADER}\ndata,logreg[],0.5,0.25,1e-12,9,8,1,0\ndata,logreg[],0.75,0.2,0,1,1,0,0\n"
    )
    monkeypatch.setattr(optima, "stored_optima", lambda: stored_optima(path))


def test_an_optimum_belongs_to_the_same_names_and_the_same_start(table):
    assert find_optimum("data", "logreg[]", lambda: 0.5) == 0.25
    assert find_optimum("data", "logreg[]", lambda: 0.75 * (1 + 1e-12)) == 0.2
    assert find_optimum("data", "logreg[]", lambda: 0.5001) is None


def test_h_at_the_start_is_computed_for_known_names_only(table):
    def fail():
        raise AssertionError

    assert find_optimum("other data", "logreg[]", fail) is None
    assert find_optimum("data", "ridge[]", fail) is None


def test_the_stored_optima_are_near_stationary():
    rows = stored_optima()
    assert rows
    assert all(row.value < row.start_value and row.agreeing >= 1 for row in rows)


def test_the_stored_optimum_of_ijcnn1_is_the_published_one():
    [row] = [
        row
        for row in stored_optima()
        if row.dataset.startswith("ijcnn1[") and "box=default" in row.problem
    ]
    assert row.value == pytest.approx(0.20389443402, abs=2e-11)

"""Tables fit the terminal."""

import io
import sys

import pytest

from benchmark_utils.results.terminal import (
    duration,
    paragraph,
    replace_what_cannot_be_shown,
    table,
    width,
)

HEADER = ("solver", "iterations", "time (s)", "h - best h", "|grad h|", "val. acc.", "test acc.")
NUMBERS = ("13,312", "1.101", "5.35e-03", "4.43e-03", "0.9971", "0.9975")
LONG = "MRBO[step_size=1.79,neumann_step_size=1.79,outer_step_size=52.8,momentum=0.111,decay=0.0]"


@pytest.mark.parametrize("columns", [80, 120])
def test_no_line_is_wider_than_the_terminal_and_numbers_stand_below_their_names(columns):
    rows = [("SABA", *NUMBERS, ""), (LONG, *NUMBERS, "diverged: 1 of 2 curves. " * 3)]
    lines = list(table(HEADER, rows, columns, indent="  "))
    assert max(map(len, lines)) <= columns
    assert LONG in "".join(lines).replace(" ", "")
    of_numbers = [line for line in lines if "13,312" in line]
    assert len(of_numbers) == 2
    assert {line.index("13,312") + len("13,312") for line in of_numbers} == {
        lines[0].index("iterations") + len("iterations")
    }
    assert lines[-1].startswith("      diverged: 1 of 2 curves.")


def test_short_names_need_no_lines_of_their_own():
    assert len(list(table(HEADER, [("SABA", *NUMBERS, "")], 80))) == 2


def test_a_note_stands_in_the_row_if_there_is_room():
    [_, row] = table(HEADER, [("SABA", *NUMBERS, "diverged")], 90)
    assert row.endswith("0.9975  diverged")


def test_a_path_is_not_broken():
    path = "/a/long/path/" + 40 * "folder-" + "results.parquet"
    assert path in paragraph(f"Results: {path}", 80)


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0 s"), (119, "119 s"), (121, "2 min"), (7300, "2 h")]
)
def test_durations_have_a_unit_that_reads_well(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(("columns", "used"), [("40", 80), ("100", 100), ("300", 120)])
def test_the_width_is_that_of_the_terminal_from_80_to_120(columns, used, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    assert width() == used


@pytest.mark.parametrize(("encoding", "shown"), [("ascii", b"a?b?"), ("utf-8", "aλb?".encode())])
def test_a_sign_that_the_terminal_lacks_ends_no_run(monkeypatch, encoding, shown):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding))
    replace_what_cannot_be_shown()
    print("aλb\ud800", end="", flush=True)
    assert written.getvalue() == shown

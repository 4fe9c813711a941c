"""BibTeX of the papers of solvers."""

import re

import pytest

from helpers import BENCHMARK


def test_each_reference_of_each_solver_has_one_entry_of_its_year():
    from bibtex import read_entries, titles_in

    entries = read_entries()
    for solver in BENCHMARK.get_solvers():
        for reference in solver.references:
            titles = titles_in(reference, entries)
            assert len(titles) == 1, reference
            [year] = re.findall(r"year = \{(\d{4})\}", entries[titles[0]])
            assert year in reference


def test_keys_differ_and_all_names_of_authors_are_those_of_the_reference():
    from bibtex import read_entries, titles_in

    entries = read_entries()
    keys = [re.match(r"@\w+\{(\w+),", entry)[1] for entry in entries.values()]
    assert len(set(keys)) == len(keys)
    for solver in BENCHMARK.get_solvers():
        for reference in solver.references:
            [title] = titles_in(reference, entries)
            [authors] = re.findall(r"author = \{(.*)\},", entries[title])
            plain = re.sub(r"\{\\.(\w)\}", r"\1", authors)
            names = [author.split(",")[0] for author in plain.split(" and ")]
            before, _, _ = reference.partition(", '")
            assert [author.split(". ")[-1] for author in before.split(", ")] == names


def test_entries_are_printed_once_with_their_solvers():
    from bibtex import bibtex

    text = bibtex(["SOBA", "SABA", "HOAG"])
    assert text.count("@") == 4
    assert "% SOBA, SABA\n@inproceedings{dagreou2022framework," in text
    assert "% HOAG\n@inproceedings{pedregosa2016hyperparameter," in text


def test_an_unknown_solver_is_refused():
    from bibtex import bibtex

    with pytest.raises(SystemExit, match=r"There is no solver SOBBA; give some of .*SOBA"):
        bibtex(["SOBBA"])


def test_entries_have_pages_where_there_are_some():
    from bibtex import read_entries

    # Not checked yet.
    open_ends = {
        "chu2024spaba", "dong2025efficient", "gong2024accelerated", "li2022restarted",
        "liu2024moreau", "moreau2022benchopt", "salehi2025adaptively",
    }  # fmt: skip
    without = set()
    for entry in read_entries().values():
        fields = dict(re.findall(r"^  (\w+) = \{(.*)\},?$", entry, re.MULTILINE))
        kinds = "Learning Representations", "arXiv", "@techreport"
        has_none = any(kind in entry for kind in kinds)
        assert "volume" in fields or has_none or "Knowledge Discovery" in entry, entry
        if "pages" in fields:
            first, last = map(int, fields["pages"].split("--"))
            assert first < last
        elif not has_none:
            without.add(re.match(r"@\w+\{(\w+),", entry)[1])
    assert without == open_ends

"""The page groups methods by family, with papers and years."""

from itertools import groupby

from result_page import FAMILIES, OTHERS, families, methods, year

from helpers import BENCHMARK

NAMES = [solver.name for solver in BENCHMARK.get_solvers()]


def test_each_solver_has_a_family():
    family_of = families()
    assert {family_of[name] for name in NAMES} == set(FAMILIES) - {OTHERS}


def test_methods_come_by_family_and_within_each_by_year():
    found = methods([*NAMES, "Mine"], {"Mine": "A method."})
    grouped = [family for family, _ in groupby(found, key=lambda one: one["family"])]
    assert grouped == FAMILIES
    for _, of_family in groupby(found, key=lambda one: one["family"]):
        years = [year(one) for one in of_family]
        assert years == sorted(years)
    assert found[-1]["name"] == "Mine"


def test_each_solver_has_a_paper_with_a_year():
    years = {one["name"]: year(one) for one in methods(NAMES)}
    assert all(1990 < of_paper < 2030 for of_paper in years.values()), years
    # The year of the publication, not that of the preprint, and no number of a preprint.
    assert (years["SOBA"], years["MA-SOBA"], years["F2SA-p"]) == (2022, 2024, 2026)

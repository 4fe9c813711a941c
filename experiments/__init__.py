"""Figures that are no runs of benchopt: one experiment per file, named after the figure.

A file defines three functions:

* ``main(**sizes)`` measures, and returns a ``pandas.DataFrame`` with one row per measurement;
* ``summary(table)`` returns the few rows and columns that docs/figures.md reports;
* ``draw(table, figure)`` draws on a ``matplotlib`` figure of two columns.

``python scripts/figures.py NAME`` runs one; docs/figures.md says what each one shows. Experiments
import what solvers may import, and each other.
"""

"""Code that solvers, datasets and plots share. Imports between its folders point one way.

::

    algorithms/    bases of solvers, and the pieces that several algorithms share
    problems/      one file per bilevel problem, and files of numba kernels
    judge.py       how a result is judged: h, its gradient and theta*, exactly
    optima.py      the lowest values h* of tasks, from a table
    budget.py      when a curve ends
    ends.py        how a run ends before its time
    numerics/      full-batch methods: Newton, inner, linear and outer solvers, Lasso
    frameworks/    how one algorithm source is run: python, jax, torch, numba
    minibatches/   samples cut into blocks
    oracle.py      the oracles that algorithms may call
    journal.py     what a run tells the process that watches it
    validation.py  refusals of what is out of range
    data/          splits, downloads, formats, and the door that all data pass
    results/       curves, profiles, reference tables
    provenance/    versions, files, fingerprint, threads, damage in caches

Each line imports only from itself and from the lines below it::

    solvers, objective, scripts, experiments
        algorithms, problems, judge, optima, budget, ends
            numerics, frameworks
                minibatches, oracle, validation, journal    (which may import each other)

Besides, datasets import from data and validation, data from validation, plots and ends from
results, scripts from results and experiments, and the objective from data and provenance.
``frameworks/numba`` is imported through its ``__init__`` only, by ``*_kernels.py`` and by
``get_framework``.
``tests/test_rooms.py`` holds this.
"""

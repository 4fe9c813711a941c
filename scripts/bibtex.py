"""Print the BibTeX entries of the papers of solvers, and that of benchopt.

    python scripts/bibtex.py SOLVER ...

Entries are those of docs/references.bib. An entry is of a solver if `references` of the solver has
its title.
"""

import argparse
import re

from suite import BENCHMARK, ROOT

BENCHOPT = "benchopt: reproducible, efficient and collaborative optimization benchmarks"


def read_entries():
    """The entries of docs/references.bib, by their titles in lower case without braces."""
    text = (ROOT / "docs" / "references.bib").read_text()
    entries = [f"@{entry.strip()}" for entry in text.split("\n@")[1:]]
    return {title_of(entry): entry for entry in entries}


def title_of(entry):
    [title] = re.findall(r"^  title = \{(.*)\},$", entry, re.MULTILINE)
    return re.sub("[{}]", "", title).lower()


def titles_in(reference, titles):
    """The titles that a reference of a solver has."""
    return [title for title in titles if f"'{title}'" in reference.lower()]


def bibtex(names):
    """The entries of solvers as text, each once, after the names of its solvers.

    Raises
    ------
    SystemExit
        If there is no solver of such a name.
    """
    solvers = {solver.name: solver for solver in BENCHMARK.get_solvers()}
    for name in names:
        if name not in solvers:
            raise SystemExit(f"There is no solver {name}; give some of {', '.join(solvers)}.")
    entries = read_entries()
    cited = {}
    for name in names:
        for reference in solvers[name].references:
            for title in titles_in(reference, entries):
                cited.setdefault(title, []).append(name)
    cited[BENCHOPT] = ["benchopt"]
    return "\n\n".join(f"% {', '.join(of)}\n{entries[title]}" for title, of in cited.items())


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("solvers", nargs="+", metavar="SOLVER")
    print(bibtex(parser.parse_args().solvers))


if __name__ == "__main__":
    main()

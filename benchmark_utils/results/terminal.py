"""Text for the terminal: tables and sentences that fit its width, from 80 to 120 columns."""

import re
import shutil
import sys
import textwrap

NARROW, WIDE = 80, 120
GAP = "  "


def width():
    """The columns that may be used; 80 where nothing is known of the terminal."""
    return min(max(shutil.get_terminal_size((NARROW, 24)).columns, NARROW), WIDE)


def table(header, rows, columns, indent=""):
    """The lines of a table whose first column is names, and whose others are numbers.

    Parameters
    ----------
    header : sequence of str
    rows : sequence of tuple
        The texts of each row, and after them a text on the row, which may be empty.
    columns : int
        The width of the terminal. A name that leaves no room for the numbers has lines of its own,
        and so has the text on a row.
    indent : str, default=""
        Begins each line.
    """
    cells = list(zip(header, *(row[:-1] for row in rows), strict=True))
    sizes = [max(map(len, column)) for column in cells]
    room = columns - len(indent) - sum(len(GAP) + size for size in sizes[1:])
    sizes[0] = max(len(text) for text in cells[0] if len(text) <= room)
    yield line(header, sizes, indent)
    for name, *texts, note in rows:
        if len(name) > room:
            yield from paragraph(name, columns, indent)
            name = ""
        row = line([name, *texts], sizes, indent)
        together = f"{row}{GAP}{note}".rstrip()
        if len(together) <= columns:
            yield together
        else:
            yield row
            yield from paragraph(note, columns, 2 * GAP + indent)


def line(texts, sizes, indent):
    """The first text at the left of its column, all others at the right of theirs."""
    (name, *numbers), (first, *others) = texts, sizes
    aligned = [f"{text:>{size}}" for text, size in zip(numbers, others, strict=True)]
    return indent + GAP.join([f"{name:<{first}}", *aligned])


def paragraph(text, columns, indent=""):
    """The lines of a text, broken at spaces. A longer name is broken after its commas,
    a longer path is not."""
    room = columns - len(indent)
    words = [re.sub(",(?=.)", ", ", word) if len(word) > room else word for word in text.split(" ")]
    return textwrap.wrap(
        " ".join(words), columns, initial_indent=indent, subsequent_indent=indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def duration(seconds):
    """Seconds as text, in a unit that reads well."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def replace_what_cannot_be_shown():
    """Have the terminal show ``?`` for signs that its encoding lacks, where Python would raise."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")

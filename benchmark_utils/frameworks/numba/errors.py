"""Numba's errors, in three lines."""

import re
import tempfile
from pathlib import Path

SUITE = Path(__file__).parents[2]
# Numba colours its messages where the package colorama is there.
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
# Lines of a message that tell where numba was, and not what is wrong.
ASIDES = ("Failed in nopython", "During:", "File ", "^", "<source elided>", ">>>", "-", "There")


class CannotCompile(Exception):
    """What numba cannot compile, and the user's line, in three lines.

    Parameters
    ----------
    error : NumbaError
        Its text, often of a hundred lines, is kept in a file.
    """

    def __init__(self, error):
        text = COLOURS.sub("", str(error))
        with tempfile.NamedTemporaryFile(
            "w", prefix="numba_", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            file.write(text)
        super().__init__(
            "numba cannot compile the step; write it otherwise, or give framework=jax or python.\n"
            f"  {_place(text)}\n"
            f"  {_reason(text)} The whole message is in {file.name}."
        )


def _place(text):
    """File, line and code of the first place in a message that is not the suite's or numba's."""
    found = re.findall(r'File "([^"]+)", line (\d+):\n((?:.*\n)*?) *\^', text)
    for name, line, code in found:
        path = Path(name).resolve()
        if code.strip() and "site-packages" not in name and SUITE not in path.parents:
            return f"{path.name}, line {line}: {code.strip().splitlines()[-1].strip()}"
    return "It names no line of the step."


def _reason(text):
    """The first line of a message that tells what is wrong."""
    lines = [line.strip() for line in text.splitlines()]
    return next(line for line in [*lines, text] if line and not line.startswith(ASIDES))

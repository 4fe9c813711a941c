"""Lines of progress of benchopt that fit the terminal: a longer one would stay, once per update."""

import re
import shutil

from benchopt.utils import terminal_output

# As benchopt where nothing is known of the terminal.
SIZE = 100, 24
COLOR = "\x1b\\[[0-9;]*m"
PARAMETERS = r"(?<=\w)\[([^\x1b]*)\](?=:)"


def fitted(message, columns):
    """A line with its solver's parameters cut such that it has at most so many columns."""
    excess = len(re.sub(COLOR, "", message)) - columns
    found = re.search(PARAMETERS, message)
    if excess <= 0 or not found:
        return message
    cut = found[1][: max(len(found[1]) - excess - 1, 0)]
    return f"{message[: found.start(1)]}{cut}…{message[found.end(1) :]}"


def fit_the_terminal():
    """Let benchopt print lines of progress that fit; lines that stay are whole."""
    print_line = terminal_output.print_normalize

    def print_fitted(message, endline=True, verbose=True):
        columns = shutil.get_terminal_size(SIZE).columns
        print_line(
            message if endline else fitted(message, columns), endline=endline, verbose=verbose
        )

    terminal_output.print_normalize = print_fitted

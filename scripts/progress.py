"""What benchopt prints of a run, such that it fits the terminal, and what it said of failures.

A line of progress that is longer than the terminal is wide would stay, once per update. Reasons why
a solver was left out pass by while others run.
"""

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


def failures():
    """Sentences on solvers that are left out or fail, which are added while benchopt runs.

    Returns
    -------
    sentences : dict
        Each sentence once, in their order, with benchopt's status.
    """
    sentences = {}
    show_status = terminal_output.TerminalOutput.show_status
    skip = terminal_output.TerminalOutput.skip

    def heard_status(self, status, reason=None, **options):
        if status.startswith(("error", "not installed")):
            sentences[f"{self.solver} on {self.dataset}: {status}; the output says why."] = status
        if status.startswith("diverged"):
            sentences[f"{self.solver} on {self.dataset}: {status}."] = status
        if status == "skip" and reason:
            sentences[f"{self.solver} on {self.dataset} was left out: {reason}"] = status
        show_status(self, status, reason, **options)

    def heard_skip(self, reason=None, objective=False):
        sentences[f"{self.dataset} was left out: {reason}"] = "skip"
        skip(self, reason, objective)

    terminal_output.TerminalOutput.show_status = heard_status
    terminal_output.TerminalOutput.skip = heard_skip
    return sentences


def fit_the_terminal():
    """Let benchopt print lines of progress that fit; lines that stay are whole."""
    print_line = terminal_output.print_normalize

    def print_fitted(message, endline=True, verbose=True):
        columns = shutil.get_terminal_size(SIZE).columns
        print_line(
            message if endline else fitted(message, columns), endline=endline, verbose=verbose
        )

    terminal_output.print_normalize = print_fitted

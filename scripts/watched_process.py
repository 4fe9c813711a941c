"""A process that is watched from outside, and what it leaves in its folder."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from one_solver import FOR_IMPORTS, IMPORT

from benchmark_utils import journal

# Seconds after which a process that its own deadline has not ended is ended from outside.
GRACE = 10


class Watched:
    """What is run of one file, in processes with a folder for what they leave.

    Attributes
    ----------
    script : str
        The file in this folder that the processes run.
    late : str
        What is said of them at their deadline, before so many seconds.
    """

    script = None
    late = "made no point for"

    def __init__(self, folder, file):
        self.folder, self.file, self.stage = folder, file, folder / "stage"
        folder.mkdir()

    def launch(self, deadline, *arguments):
        """Run a process to its end, and end what it has started itself.

        Returns
        -------
        code : int or None
            The exit code; None if the process outlived its deadline.
        """
        environment = os.environ | {journal.FOLDER: str(self.folder)}
        if deadline is not None:
            environment[journal.DEADLINE] = str(deadline)
        process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name(self.script), *arguments],
            env=environment, start_new_session=True,
        )  # fmt: skip
        try:
            return self.wait(process, deadline)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def wait(self, process, deadline):
        """Wait for a process, unless it has switched off its own deadline; its exit code."""
        limit = None if deadline is None else deadline + FOR_IMPORTS + GRACE
        while True:
            with suppress(subprocess.TimeoutExpired):
                return process.wait(limit)
            if time.time() - journal.last_sign(self.folder) > limit:
                return None

    def reached(self):
        """How far the process got, as it has written."""
        return self.stage.read_text() if self.stage.exists() else IMPORT

    def place(self):
        """Where the process was at its deadline; None if it has not reached that."""
        return journal.place(self.folder, self.file.name)

    def ending(self, code, stage, deadline):
        """How a process has ended that has not said so itself."""
        when = "while it was imported" if stage == IMPORT else "while it ran"
        if code is None or self.place():
            where = f", in {self.place()}," if self.place() else ""
            return f"{self.late} {deadline:g} s{where} and was ended {when}"
        if code < 0:
            return f"crashed {when} (signal {signal.Signals(-code).name})"
        return f"ended the process {when} (exit code {code})"

"""The runs of one solver, in processes of their own, and what these leave."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pandas as pd
import yaml
from one_solver import DONE, FOR_IMPORTS, IMPORT, STAGES
from solver_files import Unparsable, name_of

from benchmark_utils import journal
from benchmark_utils.results.curves import CURVE
from benchmark_utils.results.files import Unreadable, read

# Seconds after which a process that its own deadline has not ended is ended from outside.
GRACE = 10


class Part:
    """The runs of one solver's file, in processes with a folder for what they leave."""

    def __init__(self, folder, file, options):
        self.folder, self.file, self.options = folder, file, options
        self.stage, self.results = folder / "stage", folder / "results.parquet"
        # The status of a curve that was cut.
        self.cut = "interrupted"
        folder.mkdir()

    def run(self, deadline):
        """Run the solver; None, or say in a sentence how that failed."""
        try:
            self.name = name_of(self.file)
        except Unparsable as reason:
            self.name = self.file.stem
            return f"{self.file.name} {reason}."
        code = self.start(deadline)
        self.cut = "timeout" if code is None or self.place() else "error"
        stage = self.stage.read_text() if self.stage.exists() else IMPORT
        if stage == DONE and self.results.exists():
            return None
        if stage not in STAGES:
            return f"{self.name} {stage}."
        ending = self.ending(code, stage, deadline)
        if stage != IMPORT and not self.options["no_cache"]:
            # Curves that had been finished are in the cache.
            self.results.unlink(missing_ok=True)
            self.start(deadline, collect=True)
        return f"{self.name} {ending}."

    def start(self, deadline, **changes):
        """Run a process to its end, and end what it has started itself.

        Returns
        -------
        code : int or None
            The exit code; None if the process outlived its deadline.
        """
        options = self.folder / "options.yml"
        options.write_text(yaml.safe_dump(self.options | changes | {"output": str(self.results)}))
        environment = os.environ | {journal.FOLDER: str(self.folder)}
        if deadline is not None:
            environment[journal.DEADLINE] = str(deadline)
        process = subprocess.Popen(
            [sys.executable, Path(__file__).with_name("one_solver.py"), self.file,
             self.options["benchmark"], options, self.stage],
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

    def place(self):
        """Where the process was at its deadline; None if it has not reached that."""
        return journal.place(self.folder, self.file.name)

    def ending(self, code, stage, deadline):
        """How a process has ended that has not said so itself."""
        when = "while it was imported" if stage == IMPORT else "while it ran"
        if self.cut == "timeout":
            where = f", in {self.place()}," if self.place() else ""
            return f"made no point for {deadline:g} s{where} and was ended {when}"
        if code < 0:
            return f"crashed {when} (signal {signal.Signals(-code).name})"
        return f"ended the process {when} (exit code {code})"

    def curves(self):
        """The rows of all curves, those that were cut among them."""
        parts = []
        # There may be none, or part of one.
        with suppress(Unreadable):
            parts.append(read(self.results))
        known = {tuple(row) for part in parts for row in part[CURVE].to_numpy()}
        for rows, ended in journal.read(self.folder):
            if tuple(rows[0][name] for name in CURVE) not in known:
                if not ended:
                    journal.set_status(rows, self.cut)
                parts.append(pd.DataFrame(rows).assign(run_date=datetime.now().isoformat()))
        return parts

"""The runs of one solver, in processes of their own, and what these leave."""

from contextlib import suppress
from datetime import datetime

import pandas as pd
import yaml
from one_solver import DONE, IMPORT, NOT_IMPORTED, STAGES
from solver_files import Unparsable, name_of
from watched_process import Watched

from benchmark_utils import journal
from benchmark_utils.results.curves import CURVE
from benchmark_utils.results.files import Unreadable, read


class Part(Watched):
    """The runs of one solver's file, in processes with a folder for what they leave."""

    script = "one_solver.py"

    def __init__(self, folder, file, options):
        super().__init__(folder, file)
        self.options, self.results = options, folder / "results.parquet"
        # The status of a curve that was cut.
        self.cut = "interrupted"
        # Whether the solver was imported, so that a failure may be that of a dataset.
        self.imported = False

    def run(self, deadline):
        """Run the solver; None, or say in a sentence how that failed."""
        # Of a run before.
        for path in self.folder.iterdir():
            path.unlink()
        try:
            self.name = name_of(self.file)
        except Unparsable as reason:
            self.name = self.file.stem
            return f"{self.file.name} {reason}."
        code = self.start(deadline)
        self.cut = "timeout" if code is None or self.place() else "error"
        stage = self.reached()
        self.imported = stage != IMPORT and not stage.startswith(NOT_IMPORTED)
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
        """Run a process to its end; its exit code, see :meth:`launch`."""
        options = self.folder / "options.yml"
        options.write_text(yaml.safe_dump(self.options | changes | {"output": str(self.results)}))
        return self.launch(deadline, self.file, self.options["benchmark"], options, self.stage)

    def curves(self):
        """The rows of all curves, those that were cut among them."""
        parts = []
        # There may be none, or part of one.
        with suppress(Unreadable):
            parts.append(read(self.results))
        known = {tuple(row) for part in parts for row in part[CURVE].to_numpy()}
        for rows, ended in journal.read(self.folder, CURVE):
            if tuple(rows[0][name] for name in CURVE) not in known:
                if not ended:
                    journal.set_status(rows, self.cut)
                parts.append(pd.DataFrame(rows).assign(run_date=datetime.now().isoformat()))
        return parts

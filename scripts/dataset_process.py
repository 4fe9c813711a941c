"""Which data sets end the process that loads them, found in processes of their own."""

from pathlib import Path

import yaml
from one_solver import DONE, STAGES
from solver_files import as_list
from suite import ROOT
from watched_process import Watched


class Loading(Watched):
    """The loading of the data that one pattern means."""

    script = "one_dataset.py"
    late = "was not loaded within"

    def __init__(self, folder, pattern):
        name = next(iter(pattern)) if isinstance(pattern, dict) else pattern
        super().__init__(folder, Path(name.split("[")[0]))
        self.pattern = pattern

    def run(self, deadline):
        """Load the data; None, or say in a sentence how that ended the process."""
        pattern = self.folder / "pattern.yml"
        pattern.write_text(yaml.safe_dump(self.pattern))
        code, stage = self.launch(deadline, pattern, self.stage), self.reached()
        if stage == DONE:
            return None
        ending = self.ending(code, stage, deadline) if stage in STAGES else stage
        return f"{self.file.stem} {ending}; this data set is left out."


def leave_out(patterns, folder, deadline):
    """The patterns of data sets that can be loaded, and sentences on the others.

    Parameters
    ----------
    patterns : list of str or dict
        As for ``benchopt run -d``; all data sets if empty.
    folder : Path
        A new one, for what the processes leave.
    deadline : float or None
        The seconds that loading may take, besides those for imports.

    Returns
    -------
    kept : list of str or dict
    failed : list of str
    """
    folder.mkdir()
    listed = as_list(patterns) or [str(path) for path in sorted(ROOT.glob("datasets/[!._]*.py"))]
    kept, failed = [], []
    for number, pattern in enumerate(listed):
        reason = Loading(folder / str(number), pattern).run(deadline)
        if reason is None:
            kept.append(pattern)
        else:
            failed.append(reason)
    return kept, failed

"""Read configurations of benchopt, with numbers as people write them."""

import numpy as np
import pandas as pd
import suite  # noqa: F401, it makes benchmark_utils importable
import yaml
from solver_files import as_list

from benchmark_utils.validation import as_number, integer

COUNTS = {
    "max-runs": integer(0),
    "n-repetitions": integer(1),
    "n-jobs": integer(-1),
    "seed": integer(0, 2**32 - 1),
}
PATTERNS = ("solver", "force-solver", "dataset", "objective")


def read_configuration(path):
    """The options of a configuration.

    Parameters
    ----------
    path : Path

    Returns
    -------
    options : dict
        By the names in the file. To YAML 1e1 is a text; here it is a number.

    Raises
    ------
    SystemExit
        With a sentence, if the file is no configuration, or a number is none.
    """
    try:
        options = yaml.safe_load(path.read_text()) or {}
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SystemExit(f"{path} cannot be read ({error}); give a file of YAML.") from error
    if not isinstance(options, dict):
        raise SystemExit(f"{path} has no options; write one a line, such as max-runs: 10.")
    return {str(name): option(path, str(name), value) for name, value in options.items()}


def option(path, name, value):
    """The value of an option of benchopt that is a number or a list of names; others stay.

    ``path`` says where it was given.
    """
    if name.replace("_", "-") in PATTERNS:
        listed = as_list(value)
        odd = [entry for entry in listed if not isinstance(entry, str | dict)]
        if odd:
            raise SystemExit(f"{path}: {name} has the entry {odd[0]!r}; give a name or a file.")
        return listed
    allowed = COUNTS.get(name.replace("_", "-"))
    if allowed is not None:
        value = allowed.meant(value)
        if not allowed.test(value):
            raise SystemExit(
                f"{path}: {name}={value!r} is not allowed; give {allowed.description}."
            )
    if name == "timeout" and value is not None:
        try:
            duration = seconds(value)
            usable = 1e-3 <= duration < np.inf
        except (TypeError, ValueError):
            usable = False
        if not usable:
            raise SystemExit(
                f"{path}: timeout={value!r} is not allowed; give seconds, such as 0.5, or a text "
                "such as 10m."
            )
        # benchopt cuts fractions of seconds off, unless they are written so.
        whole = duration == int(duration)
        value = int(duration) if whole else f"{round(1000 * duration)}ms"
    return value


def seconds(value):
    """A timeout in seconds, which benchopt also takes as 10m or 2h; None is none."""
    value = as_number(value)
    return pd.to_timedelta(value).total_seconds() if isinstance(value, str) else value

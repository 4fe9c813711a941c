"""The machine code that numba keeps on disk, dropped once it is of yesterday's source.

Numba compiles a function again when the function's own file changes, but its machine code holds the
functions of other files that it calls, too.
"""

import hashlib
from pathlib import Path


def drop_stale(folder=Path(__file__).parents[2]):
    """Drop what numba has kept of a folder, unless it was made from the present source.

    Parameters
    ----------
    folder : Path
        Of all its Python files, those count that speak of numba.
    """
    sources = [path.read_bytes() for path in sorted(folder.rglob("*.py"))]
    digest = hashlib.sha256(b"\0".join(source for source in sources if b"numba" in source))
    mark = folder / "__pycache__" / "source_of_machine_code"
    if mark.exists() and mark.read_text() == digest.hexdigest():
        return
    for path in folder.rglob("__pycache__/*.nb[ic]"):
        path.unlink(missing_ok=True)
    try:
        mark.parent.mkdir(exist_ok=True)
        mark.write_text(digest.hexdigest())
    except OSError:
        # Where this folder cannot be written, numba keeps nothing in it either.
        pass

"""Machine code on disk, so that the next process need not compile.

Numba's own cache does not know a closure over compiled functions again: it compares ids that each
process draws anew. Here a function is known by all that it is compiled from, see ``sources.py``,
by its arguments' types, and by the versions, the processor and the level of optimisation. A file
that cannot be read, or is not what was written, costs a compilation; so does a folder that cannot
be written.
"""

import hashlib
import itertools
import os
import pickle
import secrets
import sys
import tempfile

import llvmlite
import numba
from numba.core.bytecode import FunctionIdentity
from numba.core.compiler import CompileResult
from numba.core.serialize import dumps

from benchmark_utils.frameworks import machine_code_folder
from benchmark_utils.frameworks.numba.sources import digest_of

MOST_FILES = 500
# Numba tells functions of one name apart by numbers that each process counts from 1: code that two
# processes have left would be one function to a third. So each counts from a number of its own.
FunctionIdentity._unique_ids = itertools.count(secrets.randbits(48))


def cached_on_disk(dispatcher):
    """Let a compiled function find its machine code on disk, and leave it there.

    Parameters
    ----------
    dispatcher : numba dispatcher
        If part of what it is compiled from has no lasting name, it is compiled in each process.
    """
    digest = digest_of(dispatcher)
    if digest is not None:
        dispatcher._cache = DiskCache(machine_code_folder() / "numba", digest)
    return dispatcher


class DiskCache:
    """One function's machine code; the interface is that of ``numba.core.caching._Cache``.

    Parameters
    ----------
    folder : Path
    digest : str
        Of what the function is compiled from.
    """

    def __init__(self, folder, digest):
        self.cache_path, self.digest = folder, digest

    def load_overload(self, sig, target_context):
        target_context.refresh()
        try:
            content = self._path(sig, target_context).read_bytes()
            checksum, data = content[:32], content[32:]
            if hashlib.sha256(data).digest() != checksum:
                return None
            return CompileResult._rebuild(target_context, *pickle.loads(data))
        except Exception:
            # Whatever is wrong with a file, the function can be compiled.
            return None

    def save_overload(self, sig, compiled):
        if compiled.library.has_dynamic_globals:
            return
        data = dumps(compiled._reduce())
        try:
            self.cache_path.mkdir(parents=True, exist_ok=True)
            # Renamed at the end: another process finds the whole file or none.
            with tempfile.NamedTemporaryFile(dir=self.cache_path, delete=False) as file:
                file.write(hashlib.sha256(data).digest() + data)
            os.replace(file.name, self._path(sig, compiled.target_context))
            self._drop_oldest()
        except OSError:
            return

    def _path(self, sig, target_context):
        versions = sys.version, numba.__version__, llvmlite.__version__, numba.config.OPT
        parts = self.digest, str(sig), target_context.codegen().magic_tuple(), versions
        return self.cache_path / hashlib.sha256(repr(parts).encode()).hexdigest()

    def _drop_oldest(self):
        paths = sorted(self.cache_path.iterdir(), key=lambda path: path.stat().st_mtime)
        for path in paths[:-MOST_FILES]:
            path.unlink(missing_ok=True)

    def enable(self):
        pass

    disable = flush = enable

"""How a curve was made, in addition to what benchopt records.

benchopt writes the platform, the processor, the versions of NumPy and SciPy, the base seed and all
parameters, framework and precision among them, into every row of a results file. The rest is here.
"""

import platform
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from threadpoolctl import threadpool_info

# Packages whose versions can change results.
PACKAGES = ("benchopt", "jax", "jaxlib", "libsvmdata", "llvmlite", "numba", "numpy", "optuna",
            "pandas", "scikit-learn", "scipy", "torch")  # fmt: skip


def provenance():
    """Describe a run in this process: versions, threads and devices.

    Returns
    -------
    provenance : dict
        ``python``; ``packages``, the versions of those of ``PACKAGES`` that are installed;
        ``threads``, how many each numerical library that is loaded may start; ``devices`` on which
        JAX computes, if it is loaded.
    """
    threads = {pool["internal_api"]: pool["num_threads"] for pool in threadpool_info()}
    if "numba" in sys.modules:
        threads["numba"] = sys.modules["numba"].get_num_threads()
    devices = (
        [str(device) for device in sys.modules["jax"].devices()] if "jax" in sys.modules else []
    )
    return dict(
        python=platform.python_version(),
        packages=versions(),
        threads=threads,
        devices=devices,
    )


@cache
def versions():
    """The versions of packages that are installed, by name."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found

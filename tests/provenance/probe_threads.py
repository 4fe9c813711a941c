"""A solver that solves nothing: it makes each library compute, and counts its threads."""

import json
import os
from pathlib import Path

import jax
import numba
import numpy as np
from scipy.linalg import cholesky
from threadpoolctl import threadpool_info

from benchmark_utils.algorithms.full_batch import FullBatchSolver


class Solver(FullBatchSolver):
    """Probe: writes what it counted into the folder PROBED."""

    name = "Probe"
    references = ["None, 2026."]
    parameters = {"job": [0, 1]}

    def iterates(self, problem):
        from benchmark_utils.frameworks.jax import jnp

        cholesky(np.eye(300) @ np.eye(300))
        (jnp.ones((300, 300)) @ jnp.ones((300, 300))).block_until_ready()
        tasks = Path("/proc/self/task").glob("*/comm")
        # Before 0.8 JAX gave its threads no names: only the number that it was told can be read.
        named = jax.__version_info__ >= (0, 8)
        counted = dict(
            blas=max(library["num_threads"] for library in threadpool_info()),
            numba=numba.get_num_threads(),
            xla=(
                sum(task.read_text().startswith("tf_XLAEigen") for task in tasks)
                if named
                else int(os.environ["NPROC"])
            ),
            process=os.getpid(),
        )
        Path(os.environ["PROBED"], f"{self.job}.json").write_text(json.dumps(counted))
        while True:
            yield problem.inner_var0, problem.outer_var0

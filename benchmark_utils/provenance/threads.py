"""How many threads a run may start, and whether other runs share the machine with it.

Of j parallel jobs each has its share of the processors: what its backend leaves to it by the
variables below or by its affinity. Libraries that read no such variable, or have read it before it
was set, are told.
"""

import multiprocessing
import os
import threading

import joblib
from threadpoolctl import threadpool_limits

# joblib and dask set the first for their workers, SLURM the second.
VARIABLES = ("OMP_NUM_THREADS", "SLURM_CPUS_PER_TASK")


def share():
    """The number of threads that this run may use, from its process's processors and variables."""
    given = [os.environ.get(name, "") for name in VARIABLES]
    return max(1, min([joblib.cpu_count(), *(int(n) for n in given if n.isdigit())]))


def limit_threads():
    """Keep BLAS, OpenMP, numba and XLA within the share, from here on in this process."""
    # Here, as it takes half a second, which no command should wait for that only lists things.
    import numba

    n_threads = share()
    # XLA makes as many threads as this says, when it first computes.
    os.environ["NPROC"] = str(n_threads)
    numba.set_num_threads(min(n_threads, numba.config.NUMBA_NUM_THREADS))
    # After numba, whose threads may be OpenMP's.
    threadpool_limits(n_threads)


def runs_in_parallel():
    """Whether a parallel back end runs this: joblib or dask in a process or a thread of its own,
    submitit as a job of its own. Timings then tell of the machine's other load too."""
    return (
        multiprocessing.current_process().name != "MainProcess"
        or threading.current_thread() is not threading.main_thread()
        or "SUBMITIT_EXECUTOR" in os.environ
    )

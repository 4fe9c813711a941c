"""Limit the threads of a run, and find out whether other runs share the machine.

Each of j parallel jobs has its share of the processors, which its backend sets by the variables
below or by its affinity. Libraries that do not read these variables, or read them before they were
set, are limited explicitly.
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
    # Imported here: it takes half a second, for which commands that only list things need not wait.
    import numba

    n_threads = share()
    # XLA reads this number when it first computes.
    os.environ["NPROC"] = str(n_threads)
    numba.set_num_threads(min(n_threads, numba.config.NUMBA_NUM_THREADS))
    # After numba, whose threads may be OpenMP's.
    threadpool_limits(n_threads)


def runs_in_parallel():
    """Whether a parallel backend runs this: joblib or dask in its own process or thread, submitit
    in its own job. Timings then depend on the other load of the machine, too."""
    return (
        multiprocessing.current_process().name != "MainProcess"
        or threading.current_thread() is not threading.main_thread()
        or "SUBMITIT_EXECUTOR" in os.environ
    )

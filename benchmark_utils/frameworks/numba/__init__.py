"""The door of the numba framework: its operations, and the kernels that problems are made of."""

import numpy as np  # noqa: F401

from benchmark_utils.frameworks.numba import (  # noqa: F401
    block_kernels,
    kernels,
    promotion,
    sequences,
)
from benchmark_utils.frameworks.numba.operations import (  # noqa: F401
    cond,
    describe_device,
    find_device,
    fold,
    fori_loop,
    iterations,
    jit,
    linear_sgd,
    load,
    penalised_sgd,
    saga_update,
    sgd,
    to_numpy,
    update_mean,
    wait,
)

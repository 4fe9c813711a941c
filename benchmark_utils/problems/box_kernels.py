"""The projection onto the box of lambda as a numba kernel, for all problems that have a box."""

import numpy as np

from benchmark_utils.frameworks.numba import kernels


@kernels.oracle
def project(arrays, outer_var):
    return np.minimum(np.maximum(outer_var, arrays.lower), arrays.upper)

"""Count what a numba kernel reads and writes, by running its source as plain Python.

With NUMBA_DISABLE_JIT=1, this prints, for each oracle and layout of logreg, the
accesses to elements of arrays at a few sizes, as JSON.
"""

import json
from unittest import mock

import numpy as np

from benchmark_utils.frameworks.numba import kernels
from benchmark_utils.problems import logreg_kernels
from benchmark_utils.problems.logreg import LogReg

GRADIENTS = ("inner_grad", "inner_grads", "outer_grad")
# Samples, features, samples a minibatch, non-zeros a sample. Each next one changes one of them.
SIZES = [
    (64, 8, 4, 2),
    (128, 8, 4, 2),
    (64, 16, 4, 2),
    (64, 8, 8, 2),
    (64, 8, 4, 4),
    (96, 40, 6, 5),
]


class Counted:
    """An array that counts how often one of its elements is read or written."""

    total = 0

    def __init__(self, array):
        self.array, self.shape, self.dtype = array, array.shape, array.dtype

    def __getitem__(self, index):
        value = self.array[index]
        if isinstance(value, np.ndarray):
            return Counted(value)
        Counted.total += 1
        return value

    def __setitem__(self, index, value):
        Counted.total += 1
        self.array[index] = value


class OneLane:
    """Vectors and tiles of one float, in plain Python."""

    N_ROWS = 1
    n_lanes = n_columns = staticmethod(lambda array: 1)
    zeros = staticmethod(lambda array: 0.0)
    load = load_for_rows = staticmethod(lambda array, start, whole: array[start])
    load_rows = staticmethod(lambda array, first, start, whole: array[first][start])
    row_sums = staticmethod(lambda sums: sums)

    @staticmethod
    def store(array, start, value, whole):
        array[start] = value


def make_problem(n, p, n_nonzeros, layout):
    from scipy.sparse import csr_array

    rng = np.random.default_rng(0)
    places = np.stack([rng.permutation(p)[:n_nonzeros] for _ in range(n)])
    X = np.zeros((n, p))
    np.put_along_axis(X, places, rng.uniform(1, 2, places.shape), axis=1)
    y = np.tile([-1.0, 1.0], n // 2)
    X = csr_array(X) if layout == "sparse" else X
    return LogReg(X, y, X, y, reg="exp", n_reg="full", seed=0)


def counted_arrays(arrays):
    def wrap(blocks):
        if isinstance(blocks, tuple):
            return type(blocks)(*map(Counted, blocks))
        return Counted(blocks)

    return arrays._replace(inner_rows=wrap(arrays.inner_rows), outer_rows=wrap(arrays.outer_rows))


def accesses(name, n, p, batch_size, n_nonzeros, layout):
    problem = make_problem(n, p, n_nonzeros, layout)
    rng = np.random.default_rng(0)
    arrays = counted_arrays(problem.arrays(batch_size, batch_size, np.dtype(float), rng))
    theta, outer_var, v = (Counted(x) for x in rng.standard_normal((3, p)))
    args = (theta, outer_var) if name in GRADIENTS else (theta, outer_var, v)
    zeros_like = np.zeros_like
    Counted.total = 0
    with (
        mock.patch.object(np, "zeros_like", lambda x: Counted(zeros_like(x.array))),
        mock.patch.object(logreg_kernels, "empty_like", lambda x, n: Counted(np.empty(n))),
        mock.patch.multiple(kernels, vectors=OneLane, tiles=OneLane),
        mock.patch.object(logreg_kernels, "vectors", OneLane),
    ):
        getattr(logreg_kernels, name)(arrays, *args, 1)
    return Counted.total


if __name__ == "__main__":
    names = (*GRADIENTS, "hvp", "cross", "inner_grad_hvp_cross")
    counts = {
        layout: {name: [accesses(name, *sizes, layout) for sizes in SIZES] for name in names}
        for layout in ("sparse", "dense")
    }
    print(json.dumps(dict(sizes=SIZES, counts=counts)))

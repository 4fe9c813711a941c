"""Kernels against NumPy and against each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from scipy.sparse import random_array

from benchmark_utils.frameworks.numba import csr_kernels, indexed_kernels, kernels
from benchmark_utils.minibatches.blocks import make_blocks
from benchmark_utils.minibatches.csr_blocks import make_csr_blocks
from benchmark_utils.minibatches.indexed_rows import make_indexed_rows
from helpers import make_problem


@njit
def exp_all(x, out):
    for i in range(x.shape[0]):
        out[i] = kernels.exp(x[i])


@njit
def sigmoid_all(x, out):
    for i in range(x.shape[0]):
        out[i] = kernels.sigmoid(x[i])


@pytest.mark.parametrize(
    ("dtype", "limit", "error"), [(np.float64, 700, 4e-16), (np.float32, 86, 2e-7)]
)
def test_exp_and_sigmoid_are_exact_to_rounding(dtype, limit, error):
    x = np.linspace(-limit, limit, 20_001).astype(dtype)
    exact = np.exp(x.astype(np.longdouble))
    out = np.empty_like(x)
    exp_all(x, out)
    assert np.abs(out / exact - 1).max() < error
    sigmoid_all(x, out)
    assert np.abs(out / (exact / (1 + exact)) - 1).max() < 2 * error


def test_exp_of_what_overflows_is_the_largest_power_and_of_what_underflows_nearly_zero():
    out = np.empty(4)
    exp_all(np.array([1e4, -1e4, np.inf, -np.inf]), out)
    assert out[0] == out[2] > 1e307
    assert 0 < out[1] == out[3] < 1e-307


@pytest.mark.slow
@settings(deadline=None, max_examples=20)
@given(st.integers(1, 11), st.integers(1, 150), st.sampled_from([np.float64, np.float32]))
def test_products_with_a_block_are_those_of_numpy(p, b, dtype):
    rng = np.random.default_rng(p * 100 + b)
    rows, theta, v, r = (rng.standard_normal(shape).astype(dtype) for shape in ((p, b), p, p, b))
    margins, other, total = np.empty(b, dtype), np.empty(b, dtype), np.empty(p, dtype)
    tolerance = dict(rtol=100 * np.finfo(dtype).eps, atol=1000 * np.finfo(dtype).eps)
    kernels.margins(rows, theta, margins)
    np.testing.assert_allclose(margins, theta @ rows, **tolerance)
    kernels.margins_pair(rows, theta, v, margins, other)
    np.testing.assert_allclose(margins, theta @ rows, **tolerance)
    np.testing.assert_allclose(other, v @ rows, **tolerance)
    kernels.weighted_sum(rows, r, total)
    np.testing.assert_allclose(total, rows @ r, **tolerance)
    other_total = np.empty(p, dtype)
    kernels.weighted_sum_pair(rows, margins, r, total, other_total)
    np.testing.assert_allclose(total, rows @ margins, **tolerance)
    np.testing.assert_allclose(other_total, rows @ r, **tolerance)


class Counted:
    """An array that counts how often each of its entries is read."""

    def __init__(self, array, reads=None):
        self.array, self.shape = array, array.shape
        self.reads = np.zeros(array.shape, int) if reads is None else reads

    def __getitem__(self, index):
        value = self.array[index]
        if isinstance(value, np.ndarray):
            return Counted(value, self.reads[index])
        self.reads[index] += 1
        return value


def dense_minibatch():
    samples = np.random.default_rng(0).standard_normal((7, 210))
    blocks, _ = make_blocks(samples, 70, np.float64, np.random.default_rng(1))
    counted, expected = Counted(blocks), np.zeros(blocks.shape, int)
    expected[1] = 1
    return kernels, (counted[1],), blocks[1], [(counted, expected)]


def sparse_minibatch():
    samples = random_array((210, 7), density=0.3, format="csr", rng=np.random.default_rng(0))
    blocks, _ = make_csr_blocks(samples, 70, np.float64, np.random.default_rng(1))
    values, columns, starts = Counted(blocks.values), Counted(blocks.columns), blocks.starts[1]
    expected = np.zeros(blocks.values.size, int)
    expected[starts[0] : starts[-1]] = 1
    dense = np.zeros((7, 70))
    for i in range(70):
        entries = slice(starts[i], starts[i + 1])
        dense[blocks.columns[entries], i] = blocks.values[entries]
    counted = blocks._replace(values=values, columns=columns)
    return csr_kernels, (counted, 1), dense, [(values, expected), (columns, expected)]


def indexed_minibatch():
    rng = np.random.default_rng(0)
    X, y = rng.standard_normal((200, 7)), rng.choice([-1.0, 1.0], 200)
    blocks, _ = make_indexed_rows(X, y, 70, np.random.default_rng(1))
    # The last of three, which has 60 samples.
    counted, order, expected = Counted(X), blocks.order[2], np.zeros(X.shape, int)
    samples = order[order >= 0]
    expected[samples] = 1
    dense = np.zeros((7, 70))
    dense[:, : samples.size] = (X[samples] * y[samples, None]).T
    return indexed_kernels, (blocks._replace(X=counted), 2), dense, [(counted, expected)]


@pytest.mark.parametrize("make", [dense_minibatch, sparse_minibatch, indexed_minibatch])
@pytest.mark.parametrize("name", ["margins", "weighted_sum"])
@pytest.mark.parametrize("suffix", ["", "_pair"])
def test_kernels_read_each_entry_of_their_minibatch_once_and_no_other(make, name, suffix):
    module, minibatch, dense, reads = make()
    rng = np.random.default_rng(2)
    p, b = dense.shape
    n_weights, n_out = (p, b) if name == "margins" else (b, p)
    weights = rng.standard_normal((2 if suffix else 1, n_weights))
    out = np.full((len(weights), n_out), np.nan)
    getattr(module, name + suffix).py_func(*minibatch, *weights, *out)
    expected = weights @ dense if name == "margins" else weights @ dense.T
    np.testing.assert_allclose(out, expected, rtol=1e-12, atol=1e-13)
    for counted, n_reads in reads:
        np.testing.assert_array_equal(counted.reads, n_reads)


@pytest.mark.slow
@pytest.mark.parametrize("reg", ["exp", "lin"])
@pytest.mark.parametrize("n_reg", ["full", 1])
@pytest.mark.parametrize("batch_size", [1, 7, 64])
def test_numba_and_jax_oracles_are_those_of_numpy(reg, n_reg, batch_size):
    problem = make_problem(reg, n_reg)
    rng = np.random.default_rng(0)
    arrays = problem.arrays(batch_size, batch_size, np.float64, rng)
    point = rng.standard_normal(problem.inner_dim), rng.uniform(size=problem.outer_dim)
    v = rng.standard_normal(problem.inner_dim)
    last = len(arrays.outer_rows) - 1
    reference = problem.oracle("python")
    for framework in ("numba", "jax"):
        oracle = problem.oracle(framework)
        for name in set(reference._fields) - {"project"}:
            args = (*point, v) if "hvp" in name or name == "cross" else point
            values = getattr(oracle, name)(arrays, *args, last)
            exact = getattr(reference, name)(arrays, *args, last)
            if not isinstance(exact, tuple):
                values, exact = (values,), (exact,)
            for value, expected in zip(values, exact, strict=True):
                np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-14)
        outside = np.array([-1.0, 2.0])
        np.testing.assert_array_equal(
            oracle.project(arrays, outside), [0.0, 2.0] if reg == "lin" else outside
        )

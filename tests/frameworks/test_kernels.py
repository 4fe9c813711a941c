"""Kernels against NumPy and against each other."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from benchmark_utils.frameworks.numba import kernels
from benchmark_utils.frameworks.numba.disk_cache import drop_stale
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


def test_machine_code_is_dropped_when_a_file_changes_that_speaks_of_numba(tmp_path):
    (tmp_path / "kernels.py").write_text("import numba")
    (tmp_path / "part").mkdir()
    other = tmp_path / "part" / "other.py"
    other.write_text("")

    def kept_after(change):
        code = tmp_path / "part" / "__pycache__" / "other.f-1.py311.1.nbc"
        code.parent.mkdir(exist_ok=True)
        code.write_text("")
        change()
        drop_stale(tmp_path)
        return code.exists()

    assert not kept_after(lambda: None)  # made nobody knows when
    assert kept_after(lambda: None)
    assert kept_after(lambda: other.write_text("import numpy"))
    assert not kept_after(lambda: other.write_text("from numba import njit"))
    assert kept_after(lambda: None)


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
        for name in reference._fields[:-1]:
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

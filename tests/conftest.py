"""Settings of all tests: no GPU unless asked for, and failures in the helpers explained."""

import os

import pytest

pytest.register_assert_rewrite("helpers")


def pytest_configure(config):
    # Many tests compare to rounding, which differs on a GPU.
    if "gpu" not in config.option.markexpr.replace("not gpu", ""):
        os.environ |= {"JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}

"""Hooks of ``benchopt test``: which of its checks need what this machine may not have."""

import pytest


def check_test_dataset_get_data(benchmark, dataset_class):
    """A data set that must be downloaded is checked only where it can be had."""
    if dataset_class.name != "ijcnn1":
        return
    from benchmark_utils.libsvm import Unavailable, fetch

    try:
        fetch("ijcnn1")
    except Unavailable as reason:
        pytest.skip(str(reason))

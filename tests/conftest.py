"""What pytest does for all tests: it explains failures in the helpers, and marks slow modules."""

import pytest

pytest.register_assert_rewrite("helpers")

# Besides those in cli/, which run commands as a user does, these modules compile much.
SLOW = {
    "test_autodiff", "test_constructs", "test_counts", "test_disk_cache", "test_estimates",
    "test_fixed_points", "test_frameworks", "test_ijcnn1", "test_indexed_rows", "test_memory",
    "test_quadratic_config", "test_softmax", "test_softmax_features", "test_solvers",
    "test_sparse", "test_threads",
}  # fmt: skip


def pytest_collection_modifyitems(items):
    """Mark slow tests, which ``pytest -m "not slow"`` leaves out."""
    for item in items:
        if item.path.stem in SLOW or item.path.parent.name == "cli":
            item.add_marker("slow")

"""What pytest does for all tests: it explains failures in the helpers."""

import pytest

pytest.register_assert_rewrite("helpers")

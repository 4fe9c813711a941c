"""pytest shows the values in a failed assertion of the helpers, as in those of the tests."""

import pytest

pytest.register_assert_rewrite("helpers")

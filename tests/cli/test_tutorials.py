"""The tutorials run from top to bottom, in a copy of the suite, as `make notebooks` runs them."""

import re
import shutil

import pytest

from helpers import MONTHLY, ROOT, command, get_data

pytestmark = pytest.mark.slow

PAGES = sorted((ROOT / "docs").glob("tutorial*.md"))
NOT_COPIED = shutil.ignore_patterns(".git", ".venv", "__cache__", "outputs", ".*_cache")


@pytest.fixture(scope="module")
def suite(tmp_path_factory):
    """A copy, as tutorials write files."""
    for package in ("jupytext", "nbconvert", "ipykernel"):
        pytest.importorskip(package, reason=f"{package} of requirements-dev.txt is not installed.")
    return shutil.copytree(ROOT, tmp_path_factory.mktemp("copy") / "suite", ignore=NOT_COPIED)


def components(suite):
    return {
        path
        for folder in ("benchmark_utils", "datasets", "solvers")
        for path in (suite / folder).rglob("*.py")
    }


# All of them run in CI by `make notebooks`, and as tests once a month; the shortest more often.
@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=page.stem, marks=[] if page.stem == "tutorial_data" else MONTHLY)
        for page in PAGES
    ],
)
def test_a_tutorial_runs_and_leaves_the_suite_as_it_was(suite, page):
    if "ijcnn1" in page.read_text():
        get_data("ijcnn1")
    files = components(suite)
    recipe = (ROOT / "Makefile").read_text()
    [options] = re.findall(r"jupytext (.*) --output", recipe)
    options = options.replace("--run-path .", f"--run-path {suite}").split()
    command("jupytext", *options, "--output", str(suite / f"{page.stem}.ipynb"), str(page))
    assert components(suite) == files
    assert '"output_type": "stream"' in (suite / f"{page.stem}.ipynb").read_text()

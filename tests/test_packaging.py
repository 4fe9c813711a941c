"""What the repository says of itself agrees: requirements, version, and actions of CI."""

import re
from itertools import chain

import pytest
import yaml

from helpers import BENCHMARK, ROOT

# Libraries of solvers that are skipped, with a sentence, where these are not installed.
OPTIONAL = {"torch", "torchopt"}


def requirements(name):
    """The lines of a file of requirements that name a package."""
    lines = (ROOT / name).read_text().splitlines()
    return [line for line in lines if not line.startswith("-r ")]


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_has_a_lower_bound_and_nothing_else(name):
    lines = requirements(name)
    assert lines
    assert [line for line in lines if not re.fullmatch(r"[a-z-]+>=\d+(\.\d+)*", line)] == []


def test_components_require_only_packages_that_are_installed_or_optional():
    components = [
        BENCHMARK.get_benchmark_objective(), *BENCHMARK.get_solvers(), *BENCHMARK.get_datasets()
    ]  # fmt: skip
    named = {
        package.removeprefix("pip::")
        for package in chain.from_iterable(component.requirements for component in components)
    }
    assert {"numba", "libsvmdata"} <= named
    installed = {line.split(">=")[0] for line in requirements("requirements.txt")}
    assert named - installed - OPTIONAL == set()


def test_the_objective_asks_for_the_benchopt_that_is_required():
    objective = BENCHMARK.get_benchmark_objective()
    assert f"benchopt>={objective.min_benchopt_version}" in requirements("requirements.txt")


def test_the_version_to_cite_is_the_latest_of_the_changelog():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    releases = re.findall(
        r"^## \[?(\d+\.\d+\.\d+)\]? - (\S+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE
    )
    assert releases[0] == (citation["version"], citation["date-released"])


@pytest.mark.parametrize(
    "path", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda path: path.stem
)
def test_actions_of_ci_are_pinned_by_commit_with_their_version(path):
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    used = re.findall(r"uses: (.*)", path.read_text())
    assert used
    assert all(re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action) for action in used)

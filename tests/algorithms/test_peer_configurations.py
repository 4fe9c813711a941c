"""The peer's tuned configurations, as docs/fidelity.md writes them, are parameters of ours."""

import re

import pytest
import yaml

from benchmark_utils.validation import refusal
from helpers import ROOT, component


def configurations():
    """Each solver of the last table of docs/fidelity.md, with one of its configurations."""
    page = (ROOT / "docs" / "fidelity.md").read_text()
    table = page[page.index("| solver | `ijcnn1_best_params.yml`") :].split("\n\n")[0]
    for row in table.splitlines()[2:]:
        name, *cells = (cell.strip() for cell in row.strip("| ").split("|"))
        for text in re.findall("`([^`]+)`", " ".join(cells)):
            yield name, yaml.safe_load("{" + text.replace("=", ": ").replace(",", ", ") + "}")


@pytest.mark.parametrize(("name", "parameters"), list(configurations()))
def test_a_configuration_of_the_peer_is_one_of_ours(name, parameters):
    solver = component("solver", name)
    assert set(parameters) <= set(solver.parameters)
    assert refusal(solver.get_instance(**parameters), solver.allowed) is None

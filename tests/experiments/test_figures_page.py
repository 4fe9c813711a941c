"""docs/figures.md has a section for each figure, with its command and a test that exists."""

import re

import numpy as np
from figures import figure_names

from benchmark_utils.numerics.value_function import value_function
from helpers import ROOT, make_full_batch, make_solver, run

SECTIONS = re.split(r"^## ", (ROOT / "docs" / "figures.md").read_text(), flags=re.MULTILINE)[1:]


def test_every_figure_has_its_section():
    shown = [re.search(r"make figures NAMES=(\w+)", section)[1] for section in SECTIONS]
    assert sorted(shown) == sorted(figure_names())
    for name, section in zip(shown, SECTIONS, strict=True):
        assert f"](figures/{name}.png)" in section
        assert (ROOT / "docs" / "figures" / f"{name}.png").exists()


def test_every_section_has_its_slide_a_claim_a_source_a_measurement_and_a_test():
    words = "Slide", "Claim", "Source", "Command", "Measured", "Test"
    for section in SECTIONS:
        assert all(f"**{word}" in section for word in words), section
        paths = re.findall(r"`(tests/\w+/\w+\.py)`", section)
        assert paths
        assert all((ROOT / path).exists() for path in paths), section


def test_gradient_descent_on_h_ends_below_a_grid_of_the_penalty():
    problem = make_full_batch(
        "ridge", data=dict(n_samples=80, n_features=30), n_reg=1, reg="exp", outer="validation"
    )

    def found(name, n_iterations, **parameters):
        result = run(make_solver(name, problem, inner_solver="exact", **parameters), n_iterations)
        return value_function(problem, result["outer_var"], problem.inner_var0)[0]

    grid = found("GridSearch", 60, n_values=50, refine=False)
    descent = found("Implicit", 60, linear_solver="exact", outer_step_size=1.0)
    np.testing.assert_allclose(descent, grid, rtol=5e-3)
    assert descent < grid

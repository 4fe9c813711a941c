"""Each method has its own colour, dash and mark, which can be seen by all."""

from itertools import combinations

import numpy as np
import pytest

from benchmark_utils.results.styles import COLORS, STYLES, rgb, style_of
from helpers import BENCHMARK

WHITE, DARK = (1.0, 1.0, 1.0), (0x16 / 255, 0x1B / 255, 0x22 / 255)
# LMS from linear RGB, and what remains without one kind of cones: F. Vienot, H. Brettel, J. D.
# Mollon, Digital video colourmaps for checking the legibility of displays by dichromats, Color
# Research and Application 1999.
LMS = np.array(
    [[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]]
)
BLIND = {
    "protan": np.array([[0, 2.02344, -2.52581], [0, 1, 0], [0, 0, 1]]),
    "deutan": np.array([[1, 0, 0], [0.494207, 0, 1.24827], [0, 0, 1]]),
}


def linear(color):
    color = np.array(color)
    return np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)


def contrast(a, b):
    """The contrast ratio of WCAG 2."""
    dark, light = sorted(0.05 + linear(color) @ [0.2126, 0.7152, 0.0722] for color in (a, b))
    return light / dark


def seen(color, blindness):
    """A colour, gamma-corrected, as one without a kind of cones sees it."""
    found = np.linalg.inv(LMS) @ BLIND[blindness] @ LMS @ linear(color)
    return np.clip(found, 0, 1) ** (1 / 2.4)


def test_no_two_methods_look_the_same():
    assert len(set(STYLES.values())) == len(STYLES)


def test_every_solver_of_the_suite_has_a_style():
    assert {solver.name for solver in BENCHMARK.get_solvers()} <= set(STYLES)


def test_the_style_of_another_method_depends_on_its_name_only_and_is_of_no_method_here():
    assert style_of("Mine") == style_of("Mine")
    assert all(style_of(f"Mine{k}") not in STYLES.values() for k in range(50))


def test_variants_of_a_method_differ_in_dash_and_mark_and_share_the_colour():
    several = [style_of("SOBA", variant) for variant in range(4)]
    assert len({style.dash for style in several}) == len({style.mark for style in several}) == 4
    assert len({style.color for style in several}) == 1


@pytest.mark.parametrize("name", COLORS)
def test_a_line_stands_out_from_light_and_dark_pages(name):
    [color] = {rgb(style) for style in STYLES.values() if style.color == name}
    # WCAG 2.1, 1.4.11.
    assert contrast(color, WHITE) > 3
    assert contrast(color, DARK) > 3


@pytest.mark.parametrize("blindness", BLIND)
def test_colours_differ_to_those_who_lack_a_kind_of_cones(blindness):
    colors = {style.color: seen(rgb(style), blindness) for style in STYLES.values()}
    distances = {pair: np.linalg.norm(colors[pair[0]] - colors[pair[1]])
                 for pair in combinations(colors, 2)}  # fmt: skip
    assert min(distances.values()) > 0.14, min(distances, key=distances.get)
    # Red and green of the same lightness would be one.
    red, green = seen((0.8, 0.2, 0.2), blindness), seen((0.42, 0.42, 0.2), blindness)
    assert np.linalg.norm(red - green) < np.linalg.norm(
        np.subtract((0.8, 0.2, 0.2), (0.42, 0.42, 0.2))
    )

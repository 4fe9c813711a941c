"""One colour, dash and mark per method, the same on the page and in every figure.

The dash says of which kind a method is, the colour which of them. Colours are those of M. Okabe and
K. Ito, Color Universal Design (2008), without yellow, which cannot be read on white, and black,
which cannot on a dark page. Orange and sky blue are darker than theirs, whose contrast to white is
2.3, and vermillion is redder, so that it is still far from orange. Violet is far from the others
for those who lack a kind of cones.
"""

from typing import NamedTuple
from zlib import crc32

COLORS = {
    "blue": "#0072B2",
    "vermillion": "#CC4125",
    "green": "#009E73",
    "purple": "#CC79A7",
    "sky": "#3A99D6",
    "orange": "#BA8A00",
    "violet": "#7340FF",
}
# As Plotly names dashes, and as Matplotlib does.
DASHES = {"solid": "-", "dash": (0, (5, 2)), "dot": (0, (1, 1.2)), "dashdot": (0, (5, 1.5, 1, 1.5))}
MARKS = {
    "circle": "o",
    "square": "s",
    "diamond": "D",
    "triangle-up": "^",
    "cross": "P",
    "x": "X",
    "triangle-down": "v",
}
# The methods of each kind in the order of colours and marks, and at which colour they begin.
KINDS = {
    # Stochastic, all variables at a time.
    "solid": (
        0,
        "SOBA SABA SRBA MRBO FSLA TTSA SUSTAIN MA-SOBA SPABA S-TFBO SubBiO LancBiO",
    ),
    # Stochastic, with inner loops or a penalty.
    "dash": (
        3,
        "AmIGO StocBiO F2SA BSA PZOBO VRBO BOME F2SA-p MEHA V-PBGD NBO BO-REP AccBO AccF2BA",
    ),
    # Full batch.
    "dot": (6, "QuasiNewton HOAG Implicit Unrolled TorchOpt Analytic D-TFBO MAID"),
    # Search without derivatives.
    "dashdot": (2, "GridSearch Optuna RandomSearch"),
}


class Style(NamedTuple):
    """How a method is drawn: keys of ``COLORS``, ``DASHES`` and ``MARKS``."""

    color: str
    dash: str
    mark: str


def style_at(place, dash):
    """The style at a place: after the last colour the same ones have other marks."""
    turn, color = divmod(place, len(COLORS))
    return Style(list(COLORS)[color], dash, list(MARKS)[(color + turn) % len(MARKS)])


STYLES = {
    method: style_at(place, dash)
    for dash, (first, methods) in KINDS.items()
    for place, method in enumerate(methods.split(), start=first)
}
# For methods that are not of this suite.
OTHERS = [
    style_at(3 * len(COLORS) + color, dash) for color in range(len(COLORS)) for dash in DASHES
]


def style_of(method, variant=0):
    """The style of a method by its name, without parameters.

    Parameters
    ----------
    method : str
        Any other name than those of ``KINDS`` has a style that depends on the name only.
    variant : int, default=0
        Of several curves of the same method each has a dash and a mark of its own.

    Returns
    -------
    style : Style
    """
    style = STYLES.get(method) or OTHERS[crc32(method.encode()) % len(OTHERS)]
    return style._replace(
        dash=shifted(DASHES, style.dash, variant), mark=shifted(MARKS, style.mark, variant)
    )


def shifted(names, name, places):
    names = list(names)
    return names[(names.index(name) + places) % len(names)]


def in_order(place):
    """The style of the curve at this place among curves that are of no method."""
    return style_at(place, list(DASHES)[place // len(COLORS) % len(DASHES)])


def for_matplotlib(style):
    """A style as keywords of Matplotlib's ``plot``, with some ten marks along a curve."""
    return {
        "color": COLORS[style.color],
        "linestyle": DASHES[style.dash],
        "marker": MARKS[style.mark],
        "markevery": 0.1,
        "markersize": 4,
    }


def rgb(style):
    """The colour as three numbers within [0, 1]."""
    return tuple(number / 255 for number in bytes.fromhex(COLORS[style.color].lstrip("#")))

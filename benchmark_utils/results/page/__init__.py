"""The suite's page of results: one file that opens from the disk, beside Plotly's.

benchopt's own page loads its libraries from the network. This page shows the same plots, those of
the folder ``plots``, and besides the references of the methods and how the curves were made.
"""

import html
import json
import math
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from string import Template

import matplotlib.pyplot as plt
import numpy as np
from plotly.offline import get_plotlyjs

from benchmark_utils.results.files import write_text
from benchmark_utils.results.styles import COLORS, style_of

FOLDER = Path(__file__).parent
PLOTLY = "plotly.min.js"
# Of the numbers that are drawn.
DIGITS = 5


def write_page(path, title, subtitle, views, methods, made, failed, home=""):
    """Write a page, and Plotly's library beside it.

    Parameters
    ----------
    path : pathlib.Path
    title, subtitle : str
    views : dict
        As :func:`views_of` returns them.
    methods : list of dict
        For each method ``name``, ``family``, ``about``, a sentence, and ``references``, a list of
        str; those of a family one after the other.
    made : list of str
        How the curves were made.
    failed : list of str
        Which curves did not end well, and which solvers have none.
    home : str, default=""
        The address of an index of pages, if there is one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    for method in methods:
        style = style_of(method["name"])
        method |= dict(color=COLORS[style.color], dash=style.dash, symbol=style.mark)
    data = json.dumps(dict(views=views, methods=methods, made=made), allow_nan=False)
    link = f'<p><a href="{html.escape(home)}">All tasks</a></p>\n' if home else ""
    text = template("page.html").substitute(
        title=html.escape(title),
        subtitle=html.escape(subtitle),
        home=link,
        failed="".join(f"<li>{html.escape(sentence)}</li>" for sentence in failed),
        hidden="" if failed else " hidden",
        css=(FOLDER / "page.css").read_text(),
        js=(FOLDER / "page.js").read_text(),
        # No text may end the script that holds it.
        data=data.replace("<", "\\u003c"),
    )
    write_text(path, text)
    write_text(path.parent / PLOTLY, get_plotlyjs())


def write_index(path, title, subtitle, columns, rows):
    """Write an index of pages.

    Parameters
    ----------
    path : pathlib.Path
    title, subtitle : str
    columns : list of str
    rows : list of (str, list of str)
        The address of each page, and its cells, of which the first is the link.
    """
    cells = []
    for address, (first, *others) in rows:
        link = f'<a href="{html.escape(address)}">{html.escape(first)}</a>'
        # Long names of data may break after a comma, so that the table fits.
        more = "".join(f"<td>{html.escape(cell).replace(',', ',<wbr>')}</td>" for cell in others)
        cells.append(f'<tr><th scope="row">{link}</th>{more}</tr>')
    text = template("index.html").substitute(
        title=html.escape(title),
        subtitle=html.escape(subtitle),
        css=(FOLDER / "page.css").read_text(),
        head="".join(f'<th scope="col">{html.escape(name)}</th>' for name in columns),
        rows="\n".join(cells),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, text)


def template(name):
    return Template((FOLDER / name).read_text())


def views_of(data, options, plots):
    """The plots that show something, with the choices that show something.

    Parameters
    ----------
    data, options : dict
        As benchopt's ``get_plot_data`` returns them.
    plots : dict of str to object
        The plots by name, whose docstrings say what they show.

    Returns
    -------
    views : dict of str to dict
        By plot ``about``, ``options``, and ``panels`` by key, which can be written as JSON.
    """
    views = {}
    for kind, panels in data.items():
        shown = {str(key): written(panel) for key, panel in panels.items() if len(panel["data"])}
        if shown:
            about = " ".join((plots[kind].__doc__ or "").split("\n\n")[0].split())
            chosen = useful(kind, options[kind], shown)
            views[kind] = dict(about=about, options=chosen, panels=shown)
    return views


def useful(kind, options, shown):
    """Of each option, the values with which a panel shows something."""
    keys = {key: [] for key in shown}
    found = {name: [] for name in options}

    def visit(names, chosen):
        if names:
            for value in options[names[0]]:
                visit(names[1:], [*chosen, value])
        elif "_".join(map(str, [kind, *chosen])) in keys:
            for name, value in zip(options, chosen, strict=True):
                if str(value) not in found[name]:
                    found[name].append(str(value))

    visit(list(options), [])
    return found


def written(value):
    """A panel as JSON can hold it: numbers of few digits, images as PNG, colours as text."""
    if isinstance(value, dict):
        return {name: written_entry(name, entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [written(entry) for entry in value]
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.{DIGITS}g}") if math.isfinite(value) else None
    return value


def written_entry(name, entry):
    if name == "color":
        return "#" + "".join(f"{round(255 * part):02x}" for part in entry[:3])
    if name == "image":
        return png(entry)
    return written(entry)


def png(image):
    """An image, (height, width), of values from 0 to 1, as an address that holds it."""
    file = BytesIO()
    plt.imsave(file, image, cmap="gray", vmin=0, vmax=1, format="png")
    return "data:image/png;base64," + b64encode(file.getvalue()).decode()

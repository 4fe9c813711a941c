"""What the suite changes in what benchopt makes of results: its pages and its PDF files.

Texts of others are escaped, and plots that show nothing of the results are left out.
"""

import json
from functools import wraps

from benchopt.plotting import generate_html, generate_matplotlib

from benchmark_utils.results.escaping import escaped_result


def mend_benchopt():
    """Make benchopt render what is escaped, and only plots that show something."""
    for name in ("render_all_results", "render_benchmark"):
        replace(generate_html, name, rendering)
    replace(generate_matplotlib, "get_plot_figure", drawing)


def replace(module, name, changed):
    """Replace a function of a module by a changed one, once."""
    function = getattr(module, name)
    if not hasattr(function, "__wrapped__"):
        setattr(module, name, wraps(function)(changed(function)))


def rendering(render):
    def render_mended(results, *arguments, **options):
        mended = [escaped_result(offered(dict(result))) for result in results]
        return render(mended, *arguments, **options)

    return render_mended


def drawing(draw):
    def draw_shown(panels, *arguments, **options):
        shown = {key: panel for key, panel in panels.items() if panel["data"]}
        return draw(shown, *arguments, **options)

    return draw_shown


def offered(result):
    """What benchopt renders of a results file, without plots that have no data at any choice, and
    without saved views of these. If no plot has data, the first one stays: a page needs one."""
    if "json_plots" not in result:
        return result
    plots = json.loads(result["json_plots"])
    shown = [name for name in plots if any(panel["data"] for panel in plots[name].values())]
    kinds = [kind for kind in result["kinds"] if kind in shown] or result["kinds"][:1]
    views = result["metadata"]["plot_configs"]
    return result | {
        "kinds": kinds,
        "json_plots": json.dumps({kind: plots[kind] for kind in kinds}),
        "plot_options": {kind: result["plot_options"][kind] for kind in kinds},
        "metadata": result["metadata"]
        | {
            "plot_configs": {
                name: view for name, view in views.items() if view.get("plot_kind") in kinds
            }
        },
    }

"""Names, docstrings and files of others run nothing in benchopt's pages."""

import re

import pandas as pd
import pytest
import suite
from benchopt.plotting import generate_html

from benchmark_utils.results.escaping import escaped, plain
from results.test_hard_results import curve

EVIL = """</script><script>alert("x")</script><img src=x onerror='alert(1)'>`${alert(2)}`\\"""


def test_markup_and_quotes_are_replaced_and_other_signs_stay():
    assert not set(plain(EVIL)) & set("""<&"'`\\""")
    for text in ("theta <- theta - rho", "a < b & c > d", "bilevel[problem=logreg,reg=exp]", "|λ|"):
        assert plain(text) == text
    assert plain("<b>&lt;&#60;") == plain(plain("<b>&lt;&#60;")) != "<b>&lt;&#60;"
    assert plain("it's <b>", quoted=False) == plain("<b>").join(["it's ", ""])


def test_every_text_of_a_nested_value_is_escaped_alike():
    value = {EVIL: [EVIL, {"n": 1.5, "obj_description": EVIL}], "names": pd.Series([EVIL]).unique()}
    [(key, (name, inner)), (_, names)] = escaped(value).items()
    assert key == name == names[0] == plain(EVIL)
    assert inner == {"n": 1.5, "obj_description": plain(EVIL, quoted=False)}


@pytest.fixture
def pages(tmp_path, monkeypatch):
    """The pages of a run with such names everywhere."""
    rows = [
        row
        | dict(
            dataset_name=f"data[{EVIL}]", objective_name=f"bilevel[{EVIL}]",
            solver_description=EVIL, obj_description=EVIL, platform=EVIL,
            **{"platform-release": "", "platform-architecture": "", "version-numpy": EVIL},
        )
        for row in curve(f"Good{EVIL}", [2.0, 1.5, 1.1])
    ]  # fmt: skip
    file = tmp_path / "<img src=x onerror=alert(3)>.parquet"
    pd.DataFrame(rows).to_parquet(file)
    monkeypatch.setattr(suite.BENCHMARK, "get_output_folder", lambda: tmp_path)
    # As benchopt does, which loads them before it writes a page.
    kinds = [plot._get_name() for plot in suite.BENCHMARK.get_plots()][:3]
    config = {"plots": kinds, "plot_configs": {EVIL: {"plot_kind": kinds[0]}}}
    generate_html.plot_benchmark_html(file, suite.BENCHMARK, config, display=False)
    return [path.read_text() for path in tmp_path.glob("*.html")]


def test_benchopts_pages_have_no_markup_of_others(pages):
    assert len(pages) == 2
    for page in pages:
        assert plain(EVIL)[:20] in page or plain("<img src=x onerror") in page
        for markup in ("<script>alert", "<img src=x"):
            assert markup not in page
        assert len(re.findall("<script", page)) == len(re.findall("</script", page))

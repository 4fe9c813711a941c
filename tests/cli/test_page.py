"""benchopt's page in a real browser: what a user sees and clicks."""

import re
import shutil
import subprocess
import tarfile

import pytest
import yaml
from benchopt.plotting.generate_html import plot_benchmark_html

from helpers import BENCHMARK, ROOT, benchopt_run

pytestmark = pytest.mark.slow

CONFIG = yaml.safe_load((ROOT / "config.yml").read_text())
# Those that show curves of these results: h* of their tasks is not known.
WITH_CURVES = ["convergence", "hyperparameters", "step_size_sensitivity"]
OFFERED = [kind for kind in CONFIG["plots"] if kind in (*WITH_CURVES, "final_values")]
VIEWS = {
    name: view for name, view in CONFIG["plot_configs"].items() if view["plot_kind"] in OFFERED
}

# Where the page's libraries lie in npm's packages: from their addresses, which benchopt chooses.
LIBRARIES = (
    (r"cdn\.plot\.ly/plotly-([\d.]+)\.min\.js", r"plotly.js-dist-min@\1", "plotly.min.js"),
    (r"cdn\.jsdelivr\.net/npm/([^/]+@[\d.]+)/(.+)", r"\1", r"\2"),
    (r"cdnjs\.cloudflare\.com/ajax/libs/([^/]+)/([\d.]+)/(.+)", r"\1@\2", r"\3"),
)


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    """The page of a run with two step sizes, on two datasets, with two repetitions."""
    folder = tmp_path_factory.mktemp("page")
    results = folder / "results.parquet"
    benchopt_run(
        results, "-d", "simulated[n_samples=200,n_features=[3,4]]", "-n", "6", "-r", "2",
        "-s", "SOBA[framework=python,batch_size=16,eval_freq=16,outer_step_size=[0.1,1]]",
        "-s", "HOAG", "--no-plot",
    )  # fmt: skip
    (folder / "outputs").mkdir()
    plot_benchmark_html(
        results, BENCHMARK, BENCHMARK.get_plot_config(), False, folder / "index.html"
    )
    [page_file] = folder.glob("*_results.html")
    return page_file


def from_npm(package, cache):
    """The folder of a package of npm's registry, ``name@version``; fetched once."""
    folder = cache / package.replace("@", "-")
    if not folder.exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip(f"The page's library {package} is fetched by npm, which is not installed.")
        done = subprocess.run(
            [npm, "pack", package, "--silent", "--pack-destination", str(cache)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            pytest.skip(f"npm could not fetch the page's library {package}: {done.stderr}")
        with tarfile.open(cache / done.stdout.split()[-1]) as archive:
            # As extractall(filter="data"), which Python has from 3.11.4 on.
            archive.extraction_filter = getattr(tarfile, "data_filter", None)
            archive.extractall(folder)
    return folder / "package"


def library(url, cache):
    """The file that the page asks for at an address; None if it is none of its libraries."""
    for pattern, package, file in LIBRARIES:
        found = re.search(pattern, url)
        if found:
            return from_npm(found.expand(package), cache) / found.expand(file)
    return None


@pytest.fixture
def page(browser, page_file, request):
    """The page, opened; a script error in it fails the test."""
    cache = request.config.cache.mkdir("npm")
    urls = re.findall(r'(?:src|href)="(https://[^"]+)"', page_file.read_text())
    files = {url: library(url, cache) for url in urls}

    def answer(route):
        path = files.get(route.request.url)
        route.fulfill(path=path) if path else route.fulfill(body="")

    errors = []
    with browser.new_context(viewport={"width": 1600, "height": 1000}) as context:
        page = context.new_page()
        page.set_default_timeout(120_000)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.route(re.compile("^https://"), answer)
        page.goto(page_file.as_uri())
        page.wait_for_function("window._state !== undefined")
        yield page
        assert errors == []


def traces(page):
    """The names of the curves, without their bands, that are drawn and not hidden."""
    return page.evaluate(
        """() => getPlotDiv()._fullData.filter(
            trace => trace.visible === true && trace.mode === "lines+markers" && trace.x.length > 0
        ).map(trace => trace.name)"""
    )


def test_the_page_opens_on_the_first_saved_view(page):
    kind = next(iter(CONFIG["plot_configs"].values()))["plot_kind"]
    assert page.evaluate("state().plot_kind") == kind
    assert len(traces(page)) == 3


def test_the_page_offers_what_shows_something(page):
    kinds = page.locator("#plot_kind:visible option").all()
    assert [kind.get_attribute("value") for kind in kinds] == OFFERED
    # The first one is their heading.
    assert page.locator("#view-tabs .view").all_text_contents()[1:] == list(VIEWS)


def test_the_saved_views_can_be_downloaded_and_loaded(page):
    text = page.evaluate(
        """async () => {
            let saved;
            URL.createObjectURL = (blob) => { saved = blob; return "data:,"; };
            exportConfigs();
            return await saved.text();
        }"""
    )
    assert yaml.safe_load(text) == {"plot_configs": VIEWS}


@pytest.mark.parametrize("kind", WITH_CURVES)
def test_a_plot_draws_curves_at_every_choice_of_its_options(page, kind):
    page.locator("#plot_kind:visible").select_option(kind)
    assert page.evaluate("state().plot_kind") == kind
    # Those that leave a choice; benchopt hides the others.
    options = page.locator(f"[id^=change_{kind}_]:visible").all()
    assert options
    for option in options:
        for value in option.locator("option").all():
            option.select_option(value.get_attribute("value"))
            assert len(traces(page)) >= 1
    # With the edges of bands.
    shown = page.evaluate(
        "() => getPlotDiv()._fullData.filter(t => t.visible === true && t.x.length > 0).length"
    )
    assert page.locator(".js-plotly-plot:visible .scatterlayer .trace").count() == shown


@pytest.mark.parametrize("name", VIEWS)
def test_a_saved_view_shows_what_it_says(page, name):
    view = VIEWS[name]
    page.locator("#view-tabs .view").get_by_text(name, exact=True).click()
    state = page.evaluate("state()")
    assert {key: state[key] for key in view} == view
    assert len(traces(page)) >= 1


def test_a_click_in_the_legend_hides_a_solver_and_another_shows_it(page):
    everything = traces(page)
    item = page.locator("#plot_legend").get_by_text("HOAG", exact=True)
    item.click()
    page.wait_for_function("state().hidden_curves.length === 1")
    assert sorted(traces(page)) == sorted(set(everything) - {"HOAG"})
    page.locator("#plot_legend").get_by_text("HOAG", exact=True).click()
    page.wait_for_function("state().hidden_curves.length === 0")
    assert traces(page) == everything

"""The suite's page and site in a real browser, at two sizes, without a network."""

import numpy as np
import pandas as pd
import publish
import pytest
import result_page
from benchopt.results import save_results

from benchmark_utils.results.archive import PRECISION, write_curves, write_manifest
from benchmark_utils.results.page import write_index

pytestmark = pytest.mark.slow

WIDE, NARROW = 1280, 390
CALLS = ("inner_grad", "hvp", "cross", "outer_grad")
N_POINTS = 12
# What a hostile name would do.
ATTACK = "<script>document.title='lost'</script>"
VIEWS = [
    "convergence", "time to target", "performance profile", "leaderboard", "final values",
    "hyperparameters", "pictures", "step size sensitivity",
]  # fmt: skip


def curve(solver, rate, repetition, **columns):
    """A curve whose gap falls from 1 at this rate, with an image at its end."""
    steps = np.arange(N_POINTS)
    gap = np.exp(-rate * steps * (1 + 0.1 * repetition))
    picture = dict(image=np.linspace(0, 1, 6), shape=np.array([2, 3]), caption=f"{solver}'s")
    final = dict(outer_var=np.linspace(0, 1, 6), pictures=[picture], commit="1" * 40, dirty=[],
                 no_commit="", python="3", packages={"numpy": "2"})  # fmt: skip
    return pd.DataFrame({
        "dataset_name": "data[noise=0.5]",
        "objective_name": "bilevel[problem=logreg]",
        "solver_name": solver,
        "solver_description": "A method.\n\nMore on it.",
        "file_solver": f"{solver.split('[')[0]}.py",
        "idx_rep": repetition,
        "stop_val": steps,
        "time": 0.01 * steps,
        "run_date": "2026-01-02T03:04:05",
        "objective_value": 1 + gap,
        "objective_gap": gap,
        "objective_grad_norm": np.sqrt(gap),
        "objective_inner_distance": gap / 2,
        "objective_test_accuracy": 0.9 - 0.4 * gap,
        "objective_samples": 50,
        "objective_parallel": 0,
        "final_results": [None] * (N_POINTS - 1) + [final],
        "system-processor": "a chip",
        "system-cpus": 2,
        "system-ram (GB)": 4,
        "platform": "Linux",
        "objective_iterations": steps,
        **{f"objective_{name}_calls": 100 * steps for name in CALLS},
        **columns,
    })  # fmt: skip


@pytest.fixture(scope="module")
def results():
    return pd.concat([
        curve(f"SOBA[step_size={step},decay=0]", rate, repetition, p_solver_step_size=step)
        for step, rate in ((0.1, 0.5), (0.2, 1.0), (0.3, 2.0)) for repetition in range(3)
    ] + [curve("QuasiNewton", 3, 0), curve(f"Mine{ATTACK}", 0.1, 0)])  # fmt: skip


@pytest.fixture(scope="module")
def page_file(results, tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    save_results(results, folder / "results.parquet")
    return result_page.make(folder / "results.parquet")


@pytest.fixture(scope="module")
def site(results, tmp_path_factory):
    """The site of an archive with two tasks."""
    root = tmp_path_factory.mktemp("archive")
    environment = dict(commit="1" * 40, dirty=[], python="3", packages={"numpy": "2"},
                       processor="a chip", parallel=False)  # fmt: skip
    about = dict(tuned=True, parameters={"step_size": 0.1}, made="2026-01-02", environment=0)
    for task in ("first", "second"):
        curves = {}
        for solver, points in results.groupby("solver_name"):
            method = solver.split("[")[0]
            if method in ("SOBA", "QuasiNewton"):
                points = points.rename(columns=lambda name: name.removeprefix("objective_"))
                points = points.rename(columns={"idx_rep": "repetition"}).assign(status="ok")
                write_curves(points[list(PRECISION)], root / task / f"{method}.parquet")
                curves[method] = about
        write_manifest(
            dict(
                task=task, dataset="data", problem="logreg[box=default]", samples=50, start=2.0,
                optimum=1.0, budget=dict(max_calls=1000, timeout=5), command="make archive",
                read_floor={}, refused={"VRBO": ATTACK}, environments=[environment], curves=curves,
            ),
            root / task,
        )  # fmt: skip
    return publish.make(root, tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def pages(browser):
    """Pages by what was opened, and what their consoles said or asked for."""
    found, said = {}, []
    yield found, said
    for page in found.values():
        page.context.close()


@pytest.fixture
def opened(browser, pages):
    """Open a file at a width; a request, or a word in the console, fails the test.

    A page stays as the test before left it, since opening one takes long.
    """
    found, said = pages

    def open_file(path, width=WIDE, scheme="light"):
        if (path, width, scheme) not in found:
            context = browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
            )
            page = found[path, width, scheme] = context.new_page()
            page.set_default_timeout(120_000)
            page.on("console", lambda message: said.append(message.text))
            page.on("pageerror", lambda error: said.append(str(error)))
            page.on("request", lambda request: ask(request.url))
            page.goto(path.as_uri())
        return found[path, width, scheme]

    def ask(url):
        if not url.startswith(("file:", "data:", "blob:")):
            said.append(url)

    yield open_file
    assert said == []


def show(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def labels(page):
    return page.locator("#legend span").all_inner_texts()


def drawn(page):
    """The names of the curves that Plotly has drawn."""
    return page.evaluate(
        "() => document.getElementById('panel').data.map((one) => one.name).filter(Boolean)"
    )


def no_wider_than_the_window(page):
    return page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def cut_off(page):
    """The texts of the plot that stick out of it."""
    return page.evaluate(
        """() => {
            const frame = document.getElementById("panel").getBoundingClientRect();
            return [...document.querySelectorAll("#panel svg text")].filter((text) => {
                const box = text.getBoundingClientRect();
                return box.width && (box.left < frame.left - 1 || box.right > frame.right + 1);
            }).map((text) => text.textContent);
        }"""
    )


def test_the_page_opens_on_the_gap_against_time(opened, page_file):
    page = opened(page_file)
    assert page.get_by_role("radio", name="h - h*").is_checked()
    assert page.get_by_label("time", exact=True).is_checked()
    assert labels(page) == [
        f"Mine{ATTACK}", "QuasiNewton",
        *(f"SOBA[step_size={step}]" for step in (0.1, 0.2, 0.3)),
    ]  # fmt: skip
    levels = page.evaluate("() => document.getElementById('panel').data.filter((one) => "
                           "one.mode === 'lines+text').map((one) => one.text[0])")  # fmt: skip
    assert levels == ["1e-1", "1e-2", "1e-3", "1e-4", "1e-5", "1e-6"]


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_every_view_is_drawn_and_fits(opened, page_file, width):
    page = opened(page_file, width)
    assert page.locator("#views button").all_inner_texts() == VIEWS
    for name in VIEWS:
        show(page, name)
        assert page.locator("#view h2").inner_text() == name
        if page.locator("#panel.chart").count():
            assert page.locator("#panel .scatterlayer .trace").count() >= len(labels(page)) > 0
            assert cut_off(page) == []
            assert min(page.locator(f"#panel .{axis}tick").count() for axis in "xy") >= 2
        else:
            assert page.locator("#panel td, #panel img").count() > 0
        assert no_wider_than_the_window(page)


@pytest.mark.parametrize(
    ("ends", "labels"),
    [([0.02, 0.3], ["0.05", "0.1", "0.2"]), ([0.5, 0.51], None), ([1e-3, 1], None)],
)
def test_ticks_of_a_cost_are_whole_numbers_and_never_too_few(opened, tmp_path, ends, labels):
    rows = curve("SOBA", 1, 0, time=np.geomspace(*ends, N_POINTS))
    save_results(rows, tmp_path / "results.parquet")
    page = opened(result_page.make(tmp_path / "results.parquet"))
    found = page.locator("#panel .xtick text").all_text_contents()
    assert set(labels or []) <= set(found)
    assert len(found) >= 3
    # None is the digit of a number only, such as the 2 of 0.2.
    assert labels is None or "2" not in found


def test_one_switch_changes_the_cost_for_all_views(opened, page_file):
    page = opened(page_file)
    show(page, "convergence")
    page.get_by_label("passes", exact=True).check()
    [last] = page.evaluate("() => document.getElementById('panel').data.filter((one) => "
                           "one.name === 'QuasiNewton').map((one) => one.x.at(-1))")  # fmt: skip
    assert last == 4 * 100 * (N_POINTS - 1) / 50
    page.get_by_label("oracle calls", exact=True).check()
    show(page, "time to target")
    assert page.get_by_label("oracle calls", exact=True).is_checked()


def test_the_legend_hides_and_shows_by_the_keyboard(opened, page_file):
    page = opened(page_file)
    show(page, "convergence")
    page.get_by_role("checkbox", name="QuasiNewton").focus()
    page.keyboard.press("Space")
    assert "QuasiNewton" not in drawn(page)
    # The focus stays, so that the key shows it again.
    page.keyboard.press("Space")
    assert "QuasiNewton" in drawn(page)


def test_names_are_text_and_no_markup(opened, page_file):
    page = opened(page_file)
    assert page.title() == result_page.TITLE
    assert f"Mine{ATTACK}" in page.locator("#methods").inner_text()


def test_a_table_is_sorted_by_the_column_that_is_chosen(opened, page_file):
    page = opened(page_file)
    show(page, "final values")
    page.get_by_role("button", name="h - h*").click()
    gaps = [float(text) for text in page.locator("#panel td:nth-child(2)").all_inner_texts()]
    assert gaps == sorted(gaps, reverse=True)
    assert page.locator("#panel th:nth-child(2)").get_attribute("aria-sort") == "descending"


def test_references_versions_and_the_machine_are_given(opened, page_file):
    page = opened(page_file)
    assert "A framework for bilevel optimization" in page.locator("#methods").inner_text()
    made = page.locator("#made").inner_text()
    assert "a chip, 2 CPUs, 4 GB" in made
    assert "numpy 2" in made


def test_a_picture_has_its_caption_as_text(opened, page_file):
    page = opened(page_file)
    show(page, "pictures")
    page.locator("select[name=solver]").select_option("QuasiNewton")
    image = page.get_by_role("img", name="QuasiNewton's")
    assert image.evaluate("(image) => [image.naturalWidth, image.naturalHeight]") == [3, 2]


def test_estimates_open_on_their_errors(opened, tmp_path):
    rows = curve("Unrolled", 1, 0, p_obj_question="estimate", objective_relative_error=0.5,
                 objective_iterations=np.arange(N_POINTS))  # fmt: skip
    rows = rows.drop(columns=["objective_gap", "final_results"])
    save_results(rows, tmp_path / "results.parquet")
    page = opened(result_page.make(tmp_path / "results.parquet"))
    assert page.locator("#views button").all_inner_texts() == ["estimate errors"]
    assert labels(page) == ["Unrolled"]


@pytest.mark.parametrize(("width", "scheme"), [(NARROW, "light"), (WIDE, "dark")])
def test_axe_finds_no_fault_in_any_view(opened, page_file, width, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = opened(page_file, width, scheme)
    for name in VIEWS:
        show(page, name)
        found = axe.run(page).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []


def test_dark_pages_are_drawn_on_dark(opened, page_file):
    page = opened(page_file, scheme="dark")
    show(page, "convergence")
    back = page.evaluate("() => document.getElementById('panel').layout.paper_bgcolor")
    assert back == "#161b22"
    page.emulate_media(color_scheme="light")
    page.wait_for_function(
        "() => document.getElementById('panel').layout.paper_bgcolor==='#ffffff'"
    )


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_the_site_lists_each_task_and_its_page_shows_the_archive(opened, site, width):
    page = opened(site, width)
    assert page.locator("tbody th").all_inner_texts() == ["first", "second"]
    assert no_wider_than_the_window(page)
    page.get_by_role("link", name="second", exact=True).click()
    page.locator("#legend li").first.wait_for()
    assert labels(page) == ["QuasiNewton", "SOBA"]
    assert set(drawn(page)) == {"QuasiNewton", "SOBA"}
    assert f"VRBO was not run: {ATTACK}" in page.locator("#made").inner_text()
    assert no_wider_than_the_window(page)
    page.get_by_role("link", name="All tasks").click()
    assert page.locator("tbody tr").count() == 2


def test_the_table_of_tasks_fits_a_wide_window(browser, tmp_path):
    data = "quadratic[inner_conditioning=100,outer_conditioning=100,noise=0.01]"
    cells = ["quadratic_badly_noisy", "multinomial_logreg", data, "22", "QuasiNewton", "SABA",
             "2026-01-02"]  # fmt: skip
    write_index(tmp_path / "index.html", "Title", "", publish.COLUMNS, [("one.html", cells)])
    page = browser.new_page(viewport={"width": WIDE, "height": 900})
    page.goto((tmp_path / "index.html").as_uri())
    assert page.locator(".table").evaluate("(box) => box.scrollWidth <= box.clientWidth")
    assert data in page.locator("tbody").inner_text()
    page.close()


def test_an_archive_without_curves_has_no_site(tmp_path):
    with pytest.raises(SystemExit, match="has no curves; run `make archive` first"):
        publish.make(tmp_path, tmp_path / "site")

"""The documentation: every solver has its entry, every command in it works, every link leads on."""

import re
import shlex
import sys
from functools import cache

import pytest
import yaml
from benchopt.cli.main import run as run_command
from benchopt.cli.process_results import merge, plot
from benchopt.results import read_results

from helpers import BENCHMARK, MONTHLY, ROOT, command, documented_code

pytestmark = pytest.mark.slow

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands():
    """All command lines of the pages, without their comments, each once; tutorials are run."""
    blocks = [
        block
        for page in PAGES
        if not page.name.startswith("tutorial")
        for block in re.findall(r"```bash\n(.*?)```", page.read_text(), re.DOTALL)
    ]
    lines = [line.split(" #")[0].strip() for block in blocks for line in block.splitlines()]
    return sorted({line for line in lines if line})


def check_components(kind, patterns):
    """benchopt raises if it knows no component of such a name and parameters."""
    check = {
        "solver": BENCHMARK.check_solver_patterns,
        "dataset": BENCHMARK.check_dataset_patterns,
        "objective": BENCHMARK.check_objective_filters,
    }[kind]
    assert not patterns or check([*patterns])


def check_run(*arguments):
    given = run_command.make_context("run", [*arguments]).params
    chosen = [{kind: given[kind] for kind in ("solver", "dataset", "objective")}]
    if given["config_file"]:
        chosen.append(yaml.safe_load((ROOT / given["config_file"]).read_text()))
    if given["parallel_config"]:
        assert "backend" in yaml.safe_load((ROOT / given["parallel_config"]).read_text())
    for components in chosen:
        for kind in ("solver", "dataset", "objective"):
            check_components(kind, components[kind])


def check_test(folder, *options):
    assert "test_solver_run" in command("benchopt", "test", folder, *options, "--collect-only")


def check_make(*arguments):
    command("make", "--dry-run", *arguments)
    for argument in arguments:
        assert "CONFIG=" not in argument or (ROOT / argument.removeprefix("CONFIG=")).exists()


@cache
def help_of(*program):
    return command(*program, "--help")


def check_options(*program):
    def check(name, *arguments):
        text = help_of(*program, name)
        options = [argument for argument in arguments if argument.startswith("--")]
        # In the list of options; a script's docstring may name others.
        assert all(re.search(rf"^ +(-\w, )?{option}\b", text, re.MULTILINE) for option in options)

    return check


# How each kind of command is checked without the work that it does, which other tests look at.
CHECKS = {
    "benchopt run": check_run,
    "benchopt merge": lambda *arguments: merge.make_context("merge", [*arguments]),
    "benchopt plot": lambda *arguments: plot.make_context("plot", [*arguments]),
    "benchopt test": check_test,
    "dask": check_options("dask"),
    "make": check_make,
    "pytest": lambda *arguments: command("pytest", *arguments, "--collect-only"),
    "python": check_options(sys.executable),
}


@pytest.mark.parametrize(
    "line",
    [
        # pytest collects all tests.
        pytest.param(line, marks=MONTHLY if "pytest " in line else [])
        for line in commands()
    ],
)
def test_names_and_options_in_commands_of_the_documentation_exist(line, monkeypatch, tmp_path):
    monkeypatch.chdir(ROOT)
    example = tmp_path / "my_solver.py"
    example.write_text(documented_code('name = "MA-SOBA"'))
    line = line.replace("path/to/my_solver.py", str(example))
    line = re.sub(r"^(\w+=\S+ )+", "", line)  # variables of the environment
    [kind] = [kind for kind in CHECKS if f"{line} ".startswith(f"{kind} ")]
    if kind == "dask":
        pytest.importorskip("distributed", reason="dask is not installed.")
    CHECKS[kind](*shlex.split(line.removeprefix(kind)))


def test_runs_apart_are_merged_by_the_commands_of_the_documentation():
    lines = [
        line
        for line in commands()
        if re.search(r"soba|saba|merged", line) and "compare" not in line.lower()
    ]
    assert len(lines) == 5
    outputs = [
        ROOT / "outputs" / f"test_docs_{name}.parquet" for name in ("soba", "saba", "merged")
    ]
    quick = " -d simulated -n 2 --no-plot --no-cache"
    for line in sorted(lines, key=lambda line: ("run" not in line, "merge ." not in line)):
        if "plot" not in line:
            own = re.sub(r"\b(soba|saba|merged)\b", r"test_docs_\1", line)
            command(*shlex.split(own + quick * own.startswith("benchopt run")))
    solvers = [set(read_results(path)["solver_name"].str.split("[").str[0]) for path in outputs]
    for path in outputs:
        path.unlink()
    assert solvers == [{"SOBA"}, {"SABA"}, {"SOBA", "SABA"}]


def test_every_solver_has_its_entry_of_at_most_three_formulas():
    page = (ROOT / "docs" / "solvers.md").read_text()
    _, *entries = re.split(r"^### ", page, flags=re.MULTILINE)
    formulas = {entry.split("\n")[0]: entry.count("$$") / 2 for entry in entries}
    assert set(formulas) == {solver.name for solver in BENCHMARK.get_solvers()}
    assert all(1 <= n_formulas <= 3 for n_formulas in formulas.values())


def first_words_of_rows(page):
    rows = [line for line in (ROOT / page).read_text().splitlines() if line.startswith("| `")]
    return [row.split("`")[1] for row in rows]


def test_the_table_of_solvers_has_all_of_them():
    names = {solver.name for solver in BENCHMARK.get_solvers()}
    assert names <= set(first_words_of_rows("docs/solvers.md"))


def test_the_table_of_datasets_has_all_of_them():
    names = {dataset.name for dataset in BENCHMARK.get_datasets()}
    assert names == set(first_words_of_rows("docs/datasets.md"))


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().split()) <= 1200


def test_the_index_has_all_documents():
    index = (ROOT / "docs" / "README.md").read_text()
    linked = set(re.findall(r"\]\(([\w-]+\.md)\)", index))
    assert linked == {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"}


def test_every_link_of_the_documentation_leads_to_a_file():
    for page in PAGES:
        for target in re.findall(r"\]\(([^)]*)\)", page.read_text()):
            path, _, _ = target.partition("#")
            assert target.startswith("http") or (page.parent / path).exists(), (page.name, target)


def test_every_picture_has_a_text_that_says_what_it_shows():
    pictures = [
        (alt, path)
        for page in PAGES
        for alt, path in re.findall(r"!\[([^\]]*)\]\(([^)]*)\)", page.read_text())
    ]
    assert len(pictures) > 20
    short = [path for alt, path in pictures if len(alt.split()) < 8]
    assert not short


def test_the_problems_figure_is_drawn(tmp_path):
    figure = tmp_path / "problem.png"
    command(sys.executable, "scripts/readme_figures.py", "problem", "--output", str(figure))
    assert figure.read_bytes()[1:4] == b"PNG"
    assert figure.stat().st_size > 20_000

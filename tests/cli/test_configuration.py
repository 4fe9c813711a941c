"""Configurations with numbers as people write them, and with mistakes."""

import pytest
from configuration import read_configuration, seconds


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "config.yml"
        path.write_text(text)
        return path

    return write


def test_texts_that_are_numbers_are_read_as_numbers(file):
    path = file(
        "max-runs: 1e6\nn_repetitions: '3'\nn-jobs: 2e0\nseed: 7\ntimeout: 1e1\nplot: false"
    )
    found = read_configuration(path)
    assert found == {
        "max-runs": 1_000_000, "n_repetitions": 3, "n-jobs": 2, "seed": 7, "timeout": 10,
        "plot": False,
    }  # fmt: skip
    assert {type(found[name]) for name in ("max-runs", "n_repetitions", "n-jobs")} == {int}
    assert read_configuration(file("")) == {}


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("HOAG", ["HOAG"]),
        ("[HOAG, SOBA]", ["HOAG", "SOBA"]),
        ("{HOAG: , SOBA: {step_size: 0.1}}", ["HOAG", {"SOBA": {"step_size": 0.1}}]),
        ("[HOAG: , 'SOBA[step_size=1e-1]': ]", ["HOAG", "SOBA[step_size=1e-1]"]),
        ("", []),
    ],
)
def test_names_may_be_written_with_a_colon_or_alone(file, written, meant):
    assert read_configuration(file(f"solver: {written}")) == {"solver": meant}


@pytest.mark.parametrize(
    ("written", "meant"),
    [("1e1", 10), (2.5, 2.5), ("10m", 600), ("2h", 7200), ("30s", 30), (None, None)],
)
def test_a_timeout_is_in_seconds(written, meant):
    assert seconds(written) == meant


@pytest.mark.parametrize(
    ("written", "kept"), [("0.5", "500ms"), ("1.25s", "1250ms"), ("90s", 90), ("2.0", 2)]
)
def test_benchopt_reads_the_whole_timeout(file, written, kept):
    found = read_configuration(file(f"timeout: {written}"))["timeout"]
    assert found == kept
    assert seconds(found) == seconds(written)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("max-runs: many", "max-runs='many' is not allowed; give an integer of at least 0 and"),
        ("max_runs: -3", "max_runs=-3 is not allowed; give an integer of at least 0 and"),
        ("n-repetitions: 0", "n-repetitions=0 is not allowed; give an integer of at least 1 and"),
        ("n-repetitions: 1.5", "n-repetitions=1.5 is not allowed; give an integer"),
        ("n-jobs: all", "n-jobs='all' is not allowed; give an integer of at least -1 and"),
        (
            "timeout: soon",
            "timeout='soon' is not allowed; give seconds, such as 0.5, or a text such as 10m",
        ),
        ("timeout: [1, 2]", "timeout=[1, 2] is not allowed; give seconds"),
        ("timeout: -1", "timeout=-1 is not allowed; give seconds"),
        ("timeout: 0", "timeout=0 is not allowed; give seconds"),
        ("timeout: 0.0001", "timeout=0.0001 is not allowed; give seconds"),
        ("timeout: .inf", "timeout=inf is not allowed; give seconds"),
        ("solver: [SOBA, 3]", "solver has the entry 3; give a name or a file."),
        ("- SOBA", "has no options; write one a line"),
        ("solver: [SOBA", "cannot be read"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(file, text, sentence):
    with pytest.raises(SystemExit) as refused:
        read_configuration(file(text))
    message = str(refused.value)
    assert sentence in message
    assert "config.yml" in message
    assert message.endswith(".")

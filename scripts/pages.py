"""Tables that commands write into pages of the documentation."""

from benchmark_utils.results.files import write_text


def put_between_marks(page, marks, text):
    """Replace what stands between two marks of a page.

    Parameters
    ----------
    page : Path
    marks : pair of str
        Comments of Markdown; each stands once in the page.
    text : str
    """
    begin, end = marks
    before, rest = page.read_text().split(begin)
    _, after = rest.split(end)
    write_text(page, f"{before}{begin}\n{text}\n{end}{after}")

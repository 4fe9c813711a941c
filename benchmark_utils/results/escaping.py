"""Text of others on benchopt's pages: names, docstrings and files that may contain markup.

benchopt writes them into its pages as they are, so that ``<script>`` in a solver's name would run.
Its templates, scripts and JSON need different ways of escaping, so here what could begin a tag or
end a quoted text is replaced by a character that looks like it, the same everywhere.
"""

import json
import re

# What begins a tag, a comment or an entity. That of "theta <- theta" does not.
MARKUP = re.compile(r"[<](?=[A-Za-z/!?])|[&](?=#|[A-Za-z]+;)")
ALIKE = {"<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}", "&": "\N{FULLWIDTH AMPERSAND}"}
QUOTES = str.maketrans({
    '"': "\N{RIGHT DOUBLE QUOTATION MARK}",
    "'": "\N{RIGHT SINGLE QUOTATION MARK}",
    "`": "\N{MODIFIER LETTER GRAVE ACCENT}",
    "\\": "\N{SET MINUS}",
})  # fmt: skip
# Docstrings, which stand in no quotes.
TEXTS = ("solvers_description", "obj_description")


def plain(text, quoted=True):
    """A text without markup, and without quotes if it will stand between some."""
    text = MARKUP.sub(lambda found: ALIKE[found[0]], text)
    return text.translate(QUOTES) if quoted else text


def escaped(value, quoted=True):
    """The same with every text in it plain, those of keys too."""
    if isinstance(value, str):
        return plain(value, quoted)
    if isinstance(value, dict):
        return {escaped(key): escaped(entry, quoted and key not in TEXTS)
                for key, entry in value.items()}  # fmt: skip
    if isinstance(value, (list, tuple)) or type(value).__module__.startswith(("numpy", "pandas")):
        return [escaped(entry, quoted) for entry in value]
    return value


def escaped_result(result):
    """What benchopt renders of a results file, escaped; its plots are a text of JSON."""
    plots = result.pop("json_plots", None)
    result = escaped(result)
    return (
        result
        if plots is None
        else result | dict(json_plots=json.dumps(escaped(json.loads(plots))))
    )

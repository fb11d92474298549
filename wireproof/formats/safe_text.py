"""Text of a server, escaped for the place that shows it; the content stays readable."""

from __future__ import annotations

import re

# Characters that XML 1.0 excludes, even escaped.
NOT_XML_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
MAX_SHORT_LENGTH = 400


def printable(text: str) -> str:
    """Replaces control characters by escapes, so that text of a server cannot steer the terminal."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def shorten(text: str, limit: int = MAX_SHORT_LENGTH) -> str:
    """The text with its middle left out if it exceeds the limit."""
    half = (limit - 1) // 2
    return text if len(text) <= limit else f"{text[:half]}…{text[-half:]}"


def code_span(text: str) -> str:
    """A Markdown code span, in which markup, links, mentions and references have no effect."""
    line = shorten(printable(text)).replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    space = " " if not line or line[0] in "` " or line[-1] in "` " else ""
    return f"{fence}{space}{line}{space}{fence}"


def xml_text(text: str) -> str:
    """Text that is valid in any XML document; other characters become escapes."""
    return NOT_XML_CHARACTER.sub(lambda match: repr(match[0])[1:-1], text)


def spreadsheet_cell(text: str) -> str:
    """A table cell that spreadsheets read as text, never as a formula."""
    line = printable(text)
    return f"'{line}" if line.startswith(FORMULA_STARTS) else line

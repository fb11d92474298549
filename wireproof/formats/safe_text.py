"""Text of a server made harmless for each place it is shown in; what it says stays readable."""

from __future__ import annotations

import re

# Characters that XML 1.0 cannot say at all, even escaped.
NOT_XML_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
MAX_SHORT_LENGTH = 400


def printable(text: str) -> str:
    """Text of a server without control characters: it must not steer the reader's terminal."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def shorten(text: str, most: int = MAX_SHORT_LENGTH) -> str:
    """The text, its middle left out where it is long."""
    half = (most - 1) // 2
    return text if len(text) <= most else f"{text[:half]}…{text[-half:]}"


def code_span(text: str) -> str:
    """A Markdown code span: no markup, link, mention or reference inside it counts."""
    line = shorten(printable(text)).replace("|", "\\|")
    longest = max((len(run) for run in re.findall("`+", line)), default=0)
    fence = "`" * (longest + 1)
    space = " " if not line or line[0] in "` " or line[-1] in "` " else ""
    return f"{fence}{space}{line}{space}{fence}"


def xml_text(text: str) -> str:
    """Text that any XML document can hold; a character that XML has no way to say shows as its escape."""
    return NOT_XML_CHARACTER.sub(lambda found: repr(found[0])[1:-1], text)


def spreadsheet_cell(text: str) -> str:
    """A cell of a table that a spreadsheet takes for text, never for a formula."""
    line = printable(text)
    return f"'{line}" if line.startswith(FORMULA_STARTS) else line

"""Text of a server, escaped for the place that shows it; the content stays readable."""

from __future__ import annotations

import re

# Characters that XML 1.0 excludes, even escaped.
NOT_XML_CHARACTER = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
MAX_SHORT_LENGTH = 400
# The starts of commands to a CI runner: `##[…]` and `##vso[…]` count anywhere in a line, `::name` where a line begins,
# which a line may do anywhere once it is wrapped.
CI_COMMAND = re.compile(r"#(?=#\w*\[)|:(?=:[A-Za-z])")


def printable(text: str) -> str:
    """Replaces control characters and CI commands by escapes: text of a server steers neither terminal nor runner."""
    if "##" in text or "::" in text:
        text = CI_COMMAND.sub(lambda match: f"\\x{ord(match[0]):02x}", text)
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

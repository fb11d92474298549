"""JUnit XML, written as text: a document of tens of thousands of test cases takes a fraction of a second."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from xml.sax.saxutils import escape, quoteattr

from wireproof.formats.safe_text import printable, xml_text

COUNTED = ("tests", "failures", "errors", "skipped")


def document(suites: Iterable[str]) -> str:
    """The whole file, around its suites."""
    return element("testsuites", "\n".join(("", *suites, "")), name="wireproof") + "\n"


def counts(numbers: Mapping[str, int]) -> dict[str, str]:
    """The attributes of a suite that count its test cases."""
    return {name: str(numbers.get(name, 0)) for name in COUNTED}


def lines(elements: Iterable[str]) -> str:
    """Elements inside another one, a line each."""
    return "\n".join(("", *(f" {one}" for one in elements), ""))


def element(tag: str, inner: str = "", **values: str) -> str:
    """An element around what is XML already; the values of its attributes are texts."""
    attributes = "".join(f" {name}={_quoted(value)}" for name, value in values.items())
    return f"<{tag}{attributes}>{inner}</{tag}>" if inner else f"<{tag}{attributes}/>"


def text(plain: str) -> str:
    """Text inside an element."""
    return escape(_harmless(plain))


# Most attributes of a test case stand at many of them.
@lru_cache(maxsize=1 << 14)
def _quoted(plain: str) -> str:
    return quoteattr(_harmless(plain))


def _harmless(plain: str) -> str:
    return xml_text(printable(plain))

"""JUnit XML, written as text for speed: a report may hold tens of thousands of test cases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from xml.sax.saxutils import escape, quoteattr

from wireproof.formats.safe_text import printable, xml_text

COUNT_ATTRIBUTES = ("tests", "failures", "errors", "skipped")


def document(suites: Iterable[str]) -> str:
    """The whole file around its suites."""
    return element("testsuites", "\n".join(("", *suites, "")), name="wireproof") + "\n"


def counts(numbers: Mapping[str, int]) -> dict[str, str]:
    """Attributes of a suite that count its test cases."""
    return {name: str(numbers.get(name, 0)) for name in COUNT_ATTRIBUTES}


def lines(elements: Iterable[str]) -> str:
    """Child elements, one a line."""
    return "\n".join(("", *(f" {child}" for child in elements), ""))


def element(tag: str, inner: str = "", **values: str) -> str:
    """An element; `inner` is XML already, the attribute values are plain text."""
    attributes = "".join(f" {name}={_quote_attribute(value)}" for name, value in values.items())
    return f"<{tag}{attributes}>{inner}</{tag}>" if inner else f"<{tag}{attributes}/>"


def text(plain: str) -> str:
    """Escaped text for the inside of an element."""
    return escape(_sanitize(plain))


# Most attribute values repeat in many test cases.
@lru_cache(maxsize=1 << 14)
def _quote_attribute(plain: str) -> str:
    return quoteattr(_sanitize(plain))


def _sanitize(plain: str) -> str:
    return xml_text(printable(plain))

"""Keeping keys out of everything that is shown or stored.

What hides a secret is as long as the secret, so that offsets into the bytes hold. What is judged is what is stored:
an exchange is redacted before any check sees it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate, pairwise
from typing import Any

from wireproof.evidence.exchange import BodyRead, Exchange, TransportFailure
from wireproof.evidence.secret_forms import MIN_SECRET_LENGTH, cookie_values, encoded_forms

MASK = "•"
# A cookie of this length is a secret wherever it shows up; a shorter one only where it is set.
MIN_COOKIE_LENGTH = 16
# As many characters at the cut edge of a text are taken for a part of a secret.
MIN_EDGE_LENGTH = 5
NEEDLE_LENGTH = 6
MAX_CLEAN_TEXTS = 100_000
JSON_STRING = re.compile(rb'"((?:[^"\\]|\\.)*)"(\s*:)?')
INDEX_MEMBER = re.compile(rb'"\w*index"\s*:\s*(\d+)')
# What the chunked coding puts between two parts of a body.
CHUNK_LINE = re.compile(rb"\r\n[0-9A-Fa-f]{1,8}[^\r\n]*\r\n")
Span = tuple[int, int]


@dataclass(slots=True)
class Redactor:
    """Replaces every secret, in each of its forms, by a mask of the same length."""

    _texts: tuple[str, ...] = ()
    _bytes: tuple[bytes, ...] = ()
    _needles: tuple[str, ...] = ()
    _starts: tuple[bytes, ...] = ()
    _clean: set[str] = field(default_factory=set)

    @classmethod
    def from_secrets(cls, secrets: Iterable[str]) -> Redactor:
        """A redactor of these secrets; values too short to be secrets are left out."""
        made = cls()
        made.add_secrets(secrets)
        return made

    def add_secrets(self, secrets: Iterable[str]) -> None:
        """Hide these as well from now on; the longest forms go first."""
        found = {
            form for secret in secrets if len(secret) >= MIN_SECRET_LENGTH for form in encoded_forms(secret)
        } - set(self._texts)
        if found:
            self._texts = tuple(sorted({*self._texts, *found}, key=lambda form: (-len(form), form)))
            coded = {form.encode() for form in self._texts} | set(_latin1_bytes(self._texts))
            self._bytes = tuple(sorted(coded, key=lambda form: (-len(form), form)))
            self._needles = tuple({form[:NEEDLE_LENGTH] for form in self._texts})
            self._starts = tuple({form[:NEEDLE_LENGTH] for form in self._bytes})
            self._clean.clear()

    def mask_text(self, text: str) -> str:
        """The text without secrets."""
        if text in self._clean:
            return text
        masked = text
        # Most forms begin alike, and most texts hold none of the beginnings.
        if any(needle in text for needle in self._needles):
            for form in self._texts:
                masked = masked.replace(form, MASK * len(form))
        if masked == text and len(self._clean) < MAX_CLEAN_TEXTS:
            self._clean.add(text)
        return masked

    def mask_bytes(self, data: bytes) -> bytes:
        """The bytes without secrets."""
        if any(start in data for start in self._starts):
            for form in self._bytes:
                data = data.replace(form, b"*" * len(form))
        return data

    def mask_facts(self, fact: Any) -> Any:
        """JSON data with every text masked; names and numbers stay, so that it is JSON still."""
        if isinstance(fact, str):
            return self.mask_text(fact)
        if isinstance(fact, dict):
            return {name: self.mask_facts(value) for name, value in fact.items()}
        return [self.mask_facts(value) for value in fact] if isinstance(fact, list | tuple) else fact

    def mask_parts(self, parts: Iterable[bytes], *, cut: bool = False) -> tuple[bytes, ...]:
        """The parts of one body without secrets, those that two parts or two events of a stream share included.

        Args:
            cut: the body is not whole: the beginning of a secret at its end is hidden too.
        """
        given = tuple(parts)
        whole = b"".join(given)
        masked = (
            self._mask_spans(self.mask_bytes(whole), _string_spans(whole))
            if b"data:" in whole
            else self.mask_bytes(whole)
        )
        if cut:
            masked = self._mask_edge(masked)
        return tuple(masked[start:end] for start, end in pairwise(accumulate(map(len, given), initial=0)))

    def mask_exchange(self, exchange: Exchange) -> Exchange:
        """The exchange as it may be stored and judged."""
        self.add_secrets(
            value.decode("latin-1") for value in cookie_values(exchange.headers) if len(value) >= MIN_COOKIE_LENGTH
        )
        request, broken = exchange.request, exchange.broken
        shown = replace(
            request,
            url=self.mask_text(request.url),
            headers=tuple((name, self.mask_text(value)) for name, value in request.headers),
            body=self.mask_bytes(request.body),
        )
        kept = replace(exchange, request=shown, headers=tuple(self._mask_header(*line) for line in exchange.headers))
        if broken is not None:
            kept = replace(
                kept,
                broken=TransportFailure(
                    broken.kind, self.mask_text(broken.detail), self._mask_raw_tail(broken.evidence)
                ),
            )
        return self._mask_body(kept)

    def _mask_header(self, name: bytes, value: bytes) -> tuple[bytes, bytes]:
        if name.lower() == b"set-cookie":
            set_to = next(cookie_values([(name, value)]))
            value = value.replace(set_to, b"*" * len(set_to), 1) if set_to else value
        return self.mask_bytes(name), self.mask_bytes(value)

    def _mask_body(self, exchange: Exchange) -> Exchange:
        cut = exchange.broken is not None or exchange.truncated
        raw = tuple(read.data for read in exchange.reads)
        plain, coding = exchange.decoded_reads, exchange.coding
        masked = self.mask_parts(plain, cut=cut)
        if coding is None or plain == raw or masked == plain:
            masked = self.mask_parts(raw, cut=cut) if plain != raw else masked
            return exchange if masked == raw else replace(exchange, reads=_reads_with_data(exchange.reads, masked))
        coded = coding.store(masked)
        # Coded anew it has another length, and a header that told the old one tells the new one.
        old, new = (str(sum(map(len, parts))).encode() for parts in (raw, coded))
        headers = tuple(
            (name, new if name.lower() == b"content-length" and value == old else value)
            for name, value in exchange.headers
        )
        return replace(exchange, headers=headers, reads=_reads_with_data(exchange.reads, coded))

    def _mask_raw_tail(self, data: bytes) -> bytes:
        """The last bytes of a connection: cut at the start, with the lines of the chunked coding in between."""
        ends = [0, *(at for found in CHUNK_LINE.finditer(data) for at in found.span()), len(data)]
        pieces = tuple(zip(ends[::2], ends[1::2], strict=True))
        masked = self._mask_spans(self._mask_spans(self.mask_bytes(data), [pieces]), _string_spans(data))
        return self._mask_edge(self._mask_edge(masked)[::-1], [form[::-1] for form in self._bytes])[::-1]

    def _mask_spans(self, data: bytes, groups: Iterable[Sequence[Span]]) -> bytes:
        """The bytes with secrets masked that the spans of a group make together."""
        made = bytearray(data)
        for spans in groups:
            masked = self.mask_bytes(b"".join(data[start:end] for start, end in spans))
            for start, end in spans:
                made[start:end], masked = masked[: end - start], masked[end - start :]
        return bytes(made)

    def _mask_edge(self, data: bytes, known: Sequence[bytes] | None = None) -> bytes:
        for form in self._bytes if known is None else known:
            for length in range(len(form) - 1, MIN_EDGE_LENGTH - 1, -1):
                if data.endswith(form[:length]):
                    return data[:-length] + b"*" * length
        return data


def _latin1_bytes(texts: Iterable[str]) -> Iterator[bytes]:
    for text in texts:
        try:
            yield text.encode("latin-1")
        except UnicodeEncodeError:
            continue


def _string_spans(body: bytes) -> list[list[Span]]:
    """The string values of the events of a stream, those of the same name and place of each event together."""
    groups: dict[tuple[object, ...], list[Span]] = {}
    start = 0
    for line in body.splitlines(keepends=True):
        if line.startswith(b"data:"):
            indexes, name, seen = tuple(INDEX_MEMBER.findall(line)), b"", dict[bytes, int]()
            for found in JSON_STRING.finditer(line):
                if found[2]:
                    name = found[1]
                    continue
                seen[name] = seen.get(name, 0) + 1
                groups.setdefault((name, seen[name], indexes), []).append(
                    (start + found.start(1), start + found.end(1))
                )
        start += len(line)
    return [spans for spans in groups.values() if len(spans) > 1]


def _reads_with_data(reads: Sequence[BodyRead], bodies: Sequence[bytes]) -> tuple[BodyRead, ...]:
    return tuple(BodyRead(read.at_ns, data) for read, data in zip(reads, bodies, strict=True))

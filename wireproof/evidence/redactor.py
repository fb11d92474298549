"""Masks secrets in everything that is shown or stored.

A mask is as long as its secret, so that byte offsets stay valid. Exchanges are masked before any check reads them, so
that the stored exchange is the one that was judged.
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
# Longer cookie values are masked everywhere; shorter ones only in Set-Cookie.
MIN_COOKIE_LENGTH = 16
# Minimum length of a partial secret that is masked at the cut end of a text.
MIN_EDGE_LENGTH = 5
NEEDLE_LENGTH = 6
MAX_CLEAN_TEXTS = 100_000
# A string without an end reaches to the end of its line: if it were no match, each quote inside it would be tried.
JSON_STRING = re.compile(rb'"((?:[^"\\]|\\.)*+)(?:"(\s*:)?)?')
INDEX_MEMBER = re.compile(rb'"\w*index"\s*:\s*(\d+)')
# Bytes between two chunks of the chunked coding.
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
        """A redactor of these secrets; values that are too short are left out."""
        redactor = cls()
        redactor.add_secrets(secrets)
        return redactor

    def add_secrets(self, secrets: Iterable[str]) -> None:
        """Adds secrets to mask from now on; longer forms are masked first."""
        new_forms = {
            form for secret in secrets if len(secret) >= MIN_SECRET_LENGTH for form in encoded_forms(secret)
        } - set(self._texts)
        if new_forms:
            self._texts = tuple(sorted({*self._texts, *new_forms}, key=lambda form: (-len(form), form)))
            coded = {form.encode() for form in self._texts} | set(_latin1_bytes(self._texts))
            self._bytes = tuple(sorted(coded, key=lambda form: (-len(form), form)))
            self._needles = tuple({form[:NEEDLE_LENGTH] for form in self._texts})
            self._starts = tuple({form[:NEEDLE_LENGTH] for form in self._bytes})
            self._clean.clear()

    def mask_text(self, text: str) -> str:
        """Masks secrets in a text."""
        if text in self._clean:
            return text
        masked = text
        # Most texts contain none of the few beginnings, which is quick to find out.
        if any(needle in text for needle in self._needles):
            for form in self._texts:
                masked = masked.replace(form, MASK * len(form))
        if masked == text and len(self._clean) < MAX_CLEAN_TEXTS:
            self._clean.add(text)
        return masked

    def mask_bytes(self, data: bytes) -> bytes:
        """Masks secrets in bytes."""
        if any(start in data for start in self._starts):
            for form in self._bytes:
                data = data.replace(form, b"*" * len(form))
        return data

    def mask_facts(self, fact: Any) -> Any:
        """Masks every string value of JSON data; member names and numbers stay."""
        if isinstance(fact, str):
            return self.mask_text(fact)
        if isinstance(fact, dict):
            return {name: self.mask_facts(value) for name, value in fact.items()}
        return [self.mask_facts(value) for value in fact] if isinstance(fact, list | tuple) else fact

    def mask_parts(self, parts: Iterable[bytes], *, cut: bool = False) -> tuple[bytes, ...]:
        """Masks secrets in the parts of one body, also those split over parts or over events of a stream.

        Args:
            cut: true if the body is incomplete; a partial secret at its end is then masked too.
        """
        pieces = tuple(parts)
        whole = b"".join(pieces)
        masked = (
            self._mask_spans(self.mask_bytes(whole), _string_spans(whole))
            if b"data:" in whole
            else self.mask_bytes(whole)
        )
        if cut:
            masked = self._mask_edge(masked)
        return tuple(masked[start:end] for start, end in pairwise(accumulate(map(len, pieces), initial=0)))

    def mask_exchange(self, exchange: Exchange) -> Exchange:
        """Masks an exchange for storage and judging."""
        self.add_secrets(
            value.decode("latin-1") for value in cookie_values(exchange.headers) if len(value) >= MIN_COOKIE_LENGTH
        )
        request, broken = exchange.request, exchange.broken
        masked_request = replace(
            request,
            url=self.mask_text(request.url),
            headers=tuple((name, self.mask_text(value)) for name, value in request.headers),
            body=self.mask_bytes(request.body),
        )
        masked = replace(
            exchange, request=masked_request, headers=tuple(self._mask_header(*line) for line in exchange.headers)
        )
        if broken is not None:
            masked = replace(
                masked,
                broken=TransportFailure(
                    broken.kind, self.mask_text(broken.detail), self._mask_raw_tail(broken.evidence)
                ),
            )
        masked = replace(masked, attempts=tuple(self.mask_exchange(attempt) for attempt in exchange.attempts))
        return self._mask_body(masked)

    def _mask_header(self, name: bytes, value: bytes) -> tuple[bytes, bytes]:
        if name.lower() == b"set-cookie":
            cookie = next(cookie_values([(name, value)]))
            value = value.replace(cookie, b"*" * len(cookie), 1) if cookie else value
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
        # The new encoding has another length, which a matching Content-Length has to state.
        old, new = (str(sum(map(len, parts))).encode() for parts in (raw, coded))
        headers = tuple(
            (name, new if name.lower() == b"content-length" and value == old else value)
            for name, value in exchange.headers
        )
        return replace(exchange, headers=headers, reads=_reads_with_data(exchange.reads, coded))

    def _mask_raw_tail(self, data: bytes) -> bytes:
        """Masks the last bytes of a connection, whose start is cut and which may contain chunk lines."""
        ends = [0, *(at for match in CHUNK_LINE.finditer(data) for at in match.span()), len(data)]
        pieces = tuple(zip(ends[::2], ends[1::2], strict=True))
        masked = self._mask_spans(self._mask_spans(self.mask_bytes(data), [pieces]), _string_spans(data))
        return self._mask_edge(self._mask_edge(masked)[::-1], [form[::-1] for form in self._bytes])[::-1]

    def _mask_spans(self, data: bytes, groups: Iterable[Sequence[Span]]) -> bytes:
        """Masks secrets in the concatenated spans of each group."""
        result = bytearray(data)
        for spans in groups:
            masked = self.mask_bytes(b"".join(data[start:end] for start, end in spans))
            for start, end in spans:
                result[start:end], masked = masked[: end - start], masked[end - start :]
        return bytes(result)

    def _mask_edge(self, data: bytes, forms: Sequence[bytes] | None = None) -> bytes:
        for form in self._bytes if forms is None else forms:
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
    """Groups the string values of stream events by member name and position."""
    groups: dict[tuple[object, ...], list[Span]] = {}
    start = 0
    for line in body.splitlines(keepends=True):
        if line.startswith(b"data:"):
            indexes, name, counts = tuple(INDEX_MEMBER.findall(line)), b"", dict[bytes, int]()
            for match in JSON_STRING.finditer(line):
                if match[2]:
                    name = match[1]
                    continue
                counts[name] = counts.get(name, 0) + 1
                groups.setdefault((name, counts[name], indexes), []).append(
                    (start + match.start(1), start + match.end(1))
                )
        start += len(line)
    return [spans for spans in groups.values() if len(spans) > 1]


def _reads_with_data(reads: Sequence[BodyRead], bodies: Sequence[bytes]) -> tuple[BodyRead, ...]:
    return tuple(BodyRead(read.at_ns, data) for read, data in zip(reads, bodies, strict=True))

"""Transcripts: the spoken words, in the spoken language, in every requested form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from typing import Any

from wireproof import expect
from wireproof.check import Case, Exchange, Noted, Violation, check

# The words of the clip (README.md), and its length.
SPOKEN_WORDS = ("ask", "what", "you", "can", "do", "for", "your", "country")
CLIP_S = 2.75
# Those words of the French clip that recognisers agree on, without accents. Its English has none of them.
FRENCH_WORDS = ("la", "dictee", "numero")
# Recognition errs; another text or a translation shares far fewer than six words of ten.
LEAST_SHARE_OF_WORDS = 0.6
# Servers round times, and the last word may end after the end of the clip.
ROUNDING_S = 0.5
# Hours are looked for at the first digit of a number alone, so that a long number is read once.
TIME = re.compile(r"(?:(?<!\d)(\d{1,9}):)?(\d{2}):(\d{2})[.,](\d{3})")
CUE = re.compile(rf"({TIME.pattern})\s*-->\s*({TIME.pattern})")


def transcript_text(exchange: Exchange) -> str:
    """The text of an answer in JSON. Raises Violation if it has no word."""
    body = expect.answer(exchange)
    try:
        text: str = expect.member(body, "/text", str)
        expect.condition(bool(lower_case_words(text)), "at least one word", text, at="/text")
    except Violation as violation:
        violation.judged_by = "transcriptions.text"
        raise
    return text


def lower_case_words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"\w+", text.lower()))


def has_spoken_words(text: str, at: str | None = None) -> None:
    """Raises Violation unless a text has enough of the words of the clip."""
    heard = sum(word in lower_case_words(text) for word in SPOKEN_WORDS)
    enough = heard >= LEAST_SHARE_OF_WORDS * len(SPOKEN_WORDS)
    wanted = f"at least {LEAST_SHARE_OF_WORDS:.0%} of the words {' '.join(SPOKEN_WORDS)!r}"
    expect.condition(enough, wanted, text, at=at, where=at or "body", judged_by="transcriptions.says")
    is_said_once(text, SPOKEN_WORDS, at)


def is_said_once(text: str, spoken: Collection[str], at: str | None) -> None:
    """Raises Violation if a text has most of the spoken words twice; one or two of them may be misheard words."""
    heard = lower_case_words(without_accents(text))
    twice = [word for word in spoken if heard.count(word) > 1]
    once = len(twice) < LEAST_SHARE_OF_WORDS * len(spoken)
    expect.condition(once, "the spoken words once", text, at=at, where=at or "body", judged_by="transcriptions.says")


def timed_pieces(document: Any, name: str) -> list[Any]:
    """The timed pieces of a transcript: each ends after its start, and none starts before the previous one."""
    pieces: list[Any] = expect.member(document, f"/{name}", list)
    expect.condition(bool(pieces), "at least one entry", pieces, at=f"/{name}")
    before = 0.0
    for n in range(len(pieces)):
        start, end = (expect.member(document, f"/{name}/{n}/{edge}", int, float) for edge in ("start", "end"))
        expect.condition(before <= start, f"a start of at least {before}", start, at=f"/{name}/{n}/start")
        # A short word may be rounded to no time at all; a segment may not.
        late = start <= end if name == "words" else start < end
        expect.condition(
            late and end <= CLIP_S + ROUNDING_S, f"an end from {start} to {CLIP_S}", end, at=f"/{name}/{n}/end"
        )
        before = start
    return pieces


@check("transcriptions.text")
def test_text(exchange: Exchange) -> None:
    """A transcript is a text with at least one word."""
    transcript_text(exchange)


@check("transcriptions.says", proves_obeyed=("file",))
def test_says(exchange: Exchange) -> None:
    """A transcript says what is spoken in the clip, in the language in which it is spoken."""
    has_spoken_words(transcript_text(exchange), "/text")


@check("transcriptions.not-translated", proves_obeyed=("file",))
def test_not_translated(exchange: Exchange) -> None:
    """A clip of French speech has a French transcript, not an English one."""
    text = transcript_text(exchange)
    words = lower_case_words(without_accents(text))
    enough = sum(word in words for word in FRENCH_WORDS) >= LEAST_SHARE_OF_WORDS * len(FRENCH_WORDS)
    expect.condition(enough, f"most of the words {' '.join(FRENCH_WORDS)!r}", text, at="/text")
    is_said_once(text, FRENCH_WORDS, "/text")


def without_accents(text: str) -> str:
    return "".join(mark for mark in unicodedata.normalize("NFD", text) if not unicodedata.combining(mark))


@check("transcriptions.same-words")
def test_same_words(plain: Exchange, other: Exchange) -> None:
    """The same clip has the same words, whatever else is asked for."""
    first, second = (set(lower_case_words(transcript_text(exchange))) for exchange in (plain, other))
    alike = len(first & second) >= LEAST_SHARE_OF_WORDS * len(first | second)
    expect.condition(alike, f"the words {' '.join(sorted(first))!r}", " ".join(sorted(second)), at="/text")


@check("transcriptions.language")
def test_language(exchange: Exchange) -> None:
    """A transcript with details names the language of the clip, English."""
    language = expect.member(expect.answer(exchange), "/language", str)
    expect.condition(language.lower() in ("english", "en"), "english", language, at="/language")


@check("transcriptions.duration")
def test_duration(exchange: Exchange) -> None:
    """A transcript with details tells how many seconds the clip lasts."""
    duration = expect.member(expect.answer(exchange), "/duration", int, float)
    expect.condition(
        CLIP_S - ROUNDING_S <= duration <= CLIP_S + ROUNDING_S, f"about {CLIP_S}", duration, at="/duration"
    )


@check("transcriptions.segments", proves_obeyed=("timestamp_granularities",))
def test_segments(exchange: Exchange) -> None:
    """The segments of a transcript stand in order, each with its time, and say together what the transcript says."""
    document = expect.answer(exchange)
    count = len(timed_pieces(document, "segments"))
    together = " ".join(expect.member(document, f"/segments/{n}/text", str) for n in range(count))
    same = lower_case_words(together) == lower_case_words(transcript_text(exchange))
    expect.condition(same, f"the words of {transcript_text(exchange)!r}", together, at="/segments")


@check("transcriptions.words", proves_obeyed=("timestamp_granularities",))
def test_words(exchange: Exchange) -> None:
    """The words of a transcript stand in order, each with its time, and are those that were spoken."""
    document = expect.answer(exchange)
    count = len(timed_pieces(document, "words"))
    has_spoken_words(" ".join(expect.member(document, f"/words/{n}/word", str) for n in range(count)), "/words")


@check("transcriptions.plain-text", proves_obeyed=("response_format",))
def test_plain_text(exchange: Exchange) -> None:
    """A transcript asked for as text is labelled text/plain and is the text alone."""
    expect.success(exchange)
    expect.equal(exchange.content_type, "text/plain", where="header Content-Type")
    alone = not exchange.text.lstrip().startswith(('"', "{"))
    expect.condition(alone, "the text without JSON around it", exchange.text, where="body")
    has_spoken_words(exchange.text)


@check("transcriptions.subtitles", proves_obeyed=("response_format",))
def test_subtitles(exchange: Exchange) -> None:
    """Subtitles are labelled as text and are cues with times in order, which say what is spoken."""
    expect.success(exchange)
    labelled = exchange.content_type.startswith("text/") or exchange.content_type == "application/x-subrip"
    expect.condition(
        labelled, "text/plain, text/vtt or application/x-subrip", exchange.content_type, where="Content-Type"
    )
    cues = [match.group(1, 6) for match in CUE.finditer(exchange.text)]
    expect.condition(bool(cues), "a cue such as 00:00:00,000 --> 00:00:02,000", exchange.text, where="body")
    for start, end in cues:
        expect.condition(parse_seconds(start) < parse_seconds(end), f"an end behind {start}", end, where="body")
    has_spoken_words(exchange.text)


@check("transcriptions.subtitle-form")
def test_subtitle_form(exchange: Exchange, case: Case) -> None:
    """WebVTT begins with its name and parts seconds by points, SubRip begins with a number and parts them by commas."""
    expect.success(exchange)
    form, body = case.asks[-1].form or {}, exchange.text.lstrip("\ufeff")
    first, point = ("WEBVTT", ".") if form["response_format"] == "vtt" else ("1", ",")
    if (body.split() or [""])[0] != first:
        judged_by = "transcriptions.subtitles"
        raise Violation(first, expect.display_text(body), where="first word", judged_by=judged_by)
    wrong = [match[0] for match in CUE.finditer(body) if any(mark != point for mark in re.findall("[.,]", match[0]))]
    expect.condition(not wrong, f"seconds parted by {point!r}", " ".join(wrong), where="body")


def parse_seconds(text: str) -> float:
    found = TIME.fullmatch(text)
    if found is None:
        raise Violation("a time", text, where="body")
    hours, minutes, whole, parts = (int(part or 0) for part in found.groups())
    return 3600 * hours + 60 * minutes + whole + parts / 1000


@check("transcriptions.language-kept")
def test_language_kept(exchange: Exchange) -> None:
    """A language that does not exist is ignored and the clip transcribed, or it is refused, which is noted."""
    if not exchange.is_success:
        expect.client_error(exchange)
        raise Noted(f"an unknown language is refused with {exchange.status}")
    transcript_text(exchange)

"""The classes of derived faults: the name of each, its sentence, and the function that derives its faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from wireproof.proof.unseen import event_edits, head_edits, member_edits, number_edits, text_edits, unread_members
from wireproof.proof.unseen.answer_pool import AnswerPool, RecordedAnswer
from wireproof.proof.unseen.derived_fault import DerivedFault

Derive = Callable[[str, RecordedAnswer, AnswerPool], Iterator[DerivedFault]]


@dataclass(frozen=True, slots=True)
class FaultClass:
    """One class of derived faults.

    Attributes:
        says: the deviation of the server, as a sentence.
    """

    group: str
    says: str
    derive: Derive


CLASSES: Mapping[str, FaultClass] = {
    "event-swapped": FaultClass("events", "Two adjacent events are swapped.", event_edits.event_faults),
    "event-dropped": FaultClass("events", "One event is missing.", event_edits.event_faults),
    "event-doubled": FaultClass("events", "One event comes twice.", event_edits.event_faults),
    "stream-cut": FaultClass(
        "events", "The stream ends after an event that is not its last.", event_edits.event_faults
    ),
    "member-of-neighbour-event": FaultClass(
        "members",
        "A member of an event has its value of the previous or the next event.",
        member_edits.neighbour_event_faults,
    ),
    "member-of-other-answer": FaultClass(
        "members", "A member has its value of another answer.", member_edits.other_answer_faults
    ),
    "member-dropped": FaultClass("members", "A member is missing.", member_edits.dropped_faults),
    "member-null": FaultClass("members", "A member or an element is null.", member_edits.null_faults),
    "member-retyped": FaultClass("members", "A member or an element is of another type.", member_edits.retyped_faults),
    "word-replaced": FaultClass(
        "members", "A member has another word of its set, or an unknown one.", member_edits.word_faults
    ),
    "piece-doubled": FaultClass("texts", "A piece of a text comes twice.", text_edits.piece_faults),
    "piece-dropped": FaultClass("texts", "A piece of a text is missing.", text_edits.piece_faults),
    "piece-halved": FaultClass("texts", "A piece of a text is cut in half.", text_edits.piece_faults),
    "piece-with-whole": FaultClass("texts", "A piece repeats the text before it.", text_edits.piece_faults),
    "piece-of-other-answer": FaultClass("texts", "A piece is that of another text.", text_edits.piece_faults),
    "text-doubled": FaultClass("texts", "A whole text comes twice.", text_edits.whole_text_faults),
    "text-halved": FaultClass("texts", "A whole text is cut in half.", text_edits.whole_text_faults),
    "text-of-other-answer": FaultClass(
        "texts", "A whole text is that of another answer.", text_edits.whole_text_faults
    ),
    "status-replaced": FaultClass("heads", "An answer has another status.", head_edits.status_faults),
    "body-swapped": FaultClass(
        "heads", "A success has the body of an error, or a refusal that of a success.", head_edits.swapped_body_faults
    ),
    "body-replaced": FaultClass("heads", "The body is HTML, empty, or an empty JSON value.", head_edits.body_faults),
    "type-replaced": FaultClass("heads", "The Content-Type names another media type.", head_edits.type_faults),
    "id-reused": FaultClass("numbers", "An id is that of an earlier answer.", number_edits.reused_id_faults),
    "id-differs": FaultClass("numbers", "An id or a time differs in one event.", number_edits.differing_id_faults),
    "time-wrong": FaultClass("numbers", "A time is of another answer, 0 or in milliseconds.", number_edits.time_faults),
    "count-off": FaultClass("numbers", "A whole number is off by one.", number_edits.count_faults),
    "sum-off": FaultClass("numbers", "A count and its total are off by one.", number_edits.summed_count_faults),
    "list-short": FaultClass("numbers", "A list lacks its last element.", number_edits.short_list_faults),
    "list-long": FaultClass("numbers", "A list has its last element twice.", number_edits.long_list_faults),
    "list-reversed": FaultClass("numbers", "A list is in reverse order.", number_edits.reversed_list_faults),
    "request-lost": FaultClass("requests", "A member of the request is lost.", unread_members.lost_member_faults),
    "request-default": FaultClass(
        "requests", "A member of the request is read as its default.", unread_members.default_faults
    ),
    "request-kept": FaultClass(
        "requests", "A request is served with a member of another.", unread_members.kept_member_faults
    ),
    "header-dropped": FaultClass("headers", "A header is missing.", head_edits.dropped_header_faults),
    "header-doubled": FaultClass("headers", "A header comes twice.", head_edits.doubled_header_faults),
    "header-of-other-answer": FaultClass(
        "headers", "A header has its value of another answer.", head_edits.other_header_faults
    ),
}


def derive_faults(family: str, case: str, pool: AnswerPool) -> list[DerivedFault]:
    """The distinct faults of a class that the answers of one case have a place for."""
    derive = CLASSES[family].derive
    faults = {fault.key: fault for one in pool.of_case(case) for fault in derive(family, one, pool)}
    return list(faults.values())

"""The plain commands in a prompt that the generator follows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wireproof.mock.model.conversation import Conversation
from wireproof.mock.model.hash_random import HashRandom

NUMBER_IN_TEXT = re.compile(r"\d+")
SAY_EXACTLY = re.compile(r"\b(?:say|repeat|reply|answer|write)\b[^.:\n]{0,24}?\bexactly:?\s+(.+)", re.I | re.S)
ANSWER_WITH_WORD = re.compile(
    r"\b(?:reply|answer|respond|say)\b[^.\n]{0,24}?\b(?:word|text)\b:?\s+[\"'“`]?([^\s\"'”`]+)", re.I
)
COUNT_TO = re.compile(r"\bcount\b[^.\n]{0,12}?(?:\bfrom\s+(\d+)\s+)?(?:up\s+)?to\s+(\d+)", re.I)
ASK_FOR_NUMBER = re.compile(r"\b(?:which|what)\b[^.?\n]{0,30}\b(?:number|code)\b", re.I)
ASK_FOR_COLOUR = re.compile(r"\bcolou?rs?\b", re.I)
# Verbosity → the number of sentences of an answer.
SENTENCES_BY_VERBOSITY = {"low": 1, "medium": 1, "high": 4}
UNSEEN_PICTURE_TEXT = "The picture shows a boardwalk through a green meadow under a blue sky."
WRITE_WORD_TIMES = re.compile(r"\bwrite the word (\w+) (\d+) times", re.I)
INVENT_NAME = re.compile(r"\binvent\b[^.\n]{0,20}\bname\b", re.I)
SYLLABLES = ("ba", "di", "fo", "gu", "ke", "la", "mi", "no", "pu", "ra", "si", "ta", "ve", "wo", "yu", "ze")
# The form of a recording or a file in the text of its message.
ATTACHMENT_TEXT = "[brought: {}]"
ATTACHMENT_IN_TEXT = re.compile(r"\[brought: (.*?)\]", re.S)
QUOTE_CHARACTERS = "\"'“”`"

FILLER_SENTENCES = (
    "Here is a short and plain answer.",
    "That depends on what you want to know.",
    "A server keeps its word, or a check will tell.",
    "The answer is short, and the reasons are long.",
    "Every answer here is drawn from your question.",
    "Nothing was left to chance in this reply.",
    "It is so, as far as this model can tell.",
)


def say_exactly(text: str) -> str | None:
    """`Say exactly: X` gives X."""
    match = SAY_EXACTLY.search(text)
    return match and match[1].strip().strip(QUOTE_CHARACTERS)


def say_single_word(text: str) -> str | None:
    """`Answer only with the word X` gives X."""
    match = ANSWER_WITH_WORD.search(text)
    return match and (match[1].rstrip(".,;!") or match[1])


def count_up(text: str) -> str | None:
    """`Count from 1 to 4` gives `1, 2, 3, 4`."""
    match = COUNT_TO.search(text)
    if match is None:
        return None
    first, last = int(match[1] or 1), int(match[2])
    return ", ".join(map(str, range(first, min(last, first + 9_999) + 1)))


def repeat_word(text: str) -> str | None:
    """`Write the word ha 3 times` gives `ha ha ha`."""
    match = WRITE_WORD_TIMES.search(text)
    return match and " ".join([match[1]] * min(int(match[2]), 999))


def first_match(text: str, commands: Sequence[Callable[[str], str | None]]) -> str | None:
    return next((answer for command in commands if (answer := command(text))), None)


def recall_number(conversation: Conversation) -> str | None:
    """`Which number?` gives the last number of the earlier messages, or of the question itself."""
    if not ASK_FOR_NUMBER.search(conversation.last_user_text):
        return None
    numbers = NUMBER_IN_TEXT.findall(conversation.earlier_text) or NUMBER_IN_TEXT.findall(conversation.last_user_text)
    return f"The number is {numbers[-1]}." if numbers else None


def name_colour(conversation: Conversation) -> str | None:
    """`What colour is it?` gives the name of the colour of the picture."""
    return (
        conversation.last_pictures[0] or None
        if conversation.last_pictures and ASK_FOR_COLOUR.search(conversation.last_user_text)
        else None
    )


def describe_picture(conversation: Conversation) -> str | None:
    """The description of the picture; the same for every picture that is not decoded."""
    if not conversation.last_pictures:
        return None
    colour = conversation.last_pictures[0]
    return f"The picture shows a plain area, most of it {colour}." if colour else UNSEEN_PICTURE_TEXT


@dataclass(frozen=True, slots=True)
class SpeechStyle:
    """The style of a text.

    Attributes:
        draw: the source of values that are the same each time.
        chance: the source of values that differ each time; None if the answer does not vary.
        warm: true if ordinary texts differ each time too.
        length: low, medium or high.
        suffix: the text that follows.
    """

    draw: HashRandom
    chance: HashRandom | None = None
    warm: bool = False
    length: str = "medium"
    suffix: str = ""


def invent_name(text: str, style: SpeechStyle) -> str | None:
    """`Invent a name` gives a new name each time, if the answer may vary."""
    if not INVENT_NAME.search(text):
        return None
    source = style.draw if style.chance is None else style.chance.derive(style.draw.hex(8))
    return "".join(source.derive(place).pick(SYLLABLES) for place in range(6)).capitalize()


def attached_text(text: str) -> str | None:
    """The text of a recording or a file, if the message has one."""
    match = ATTACHMENT_IN_TEXT.search(text)
    return match and match[1]


def count_between(text: str, suffix: str) -> str | None:
    """The numbers between the end of the prompt and the start of the suffix."""
    before, after = NUMBER_IN_TEXT.findall(text), NUMBER_IN_TEXT.findall(suffix)
    if not before or not after:
        return None
    return " " + ", ".join(str(number) for number in range(int(before[-1]) + 1, int(after[0]))) + ","


def filler_sentences(style: SpeechStyle) -> str:
    """Sentences drawn by hash, more of them for a wordier answer."""
    source = style.chance.derive(style.draw.hex(8)) if style.warm and style.chance is not None else style.draw
    first = source.number_below(len(FILLER_SENTENCES))
    return " ".join(
        FILLER_SENTENCES[(first + place) % len(FILLER_SENTENCES)]
        for place in range(SENTENCES_BY_VERBOSITY[style.length])
    )


def reply(conversation: Conversation, style: SpeechStyle) -> str:
    """Returns the text of the model: the requested colour, the commanded text, or sentences drawn by hash."""
    if style.suffix and (text := count_between(conversation.last_user_text, style.suffix)):
        return text
    if text := name_colour(conversation):
        return text
    if text := first_match(conversation.operator_text, OPERATOR_COMMANDS):
        return text
    if conversation.tool_result is not None:
        return f"The tool answered: {conversation.tool_result}"
    text = (
        first_match(conversation.last_user_text, USER_COMMANDS)
        or recall_number(conversation)
        or invent_name(conversation.last_user_text, style)
    )
    return text or describe_picture(conversation) or filler_sentences(style)


OPERATOR_COMMANDS = (say_exactly, say_single_word)
USER_COMMANDS = (attached_text, repeat_word, say_exactly, say_single_word, count_up)

"""The plain orders that the generator obeys."""

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
# How many sentences an answer has, by its verbosity.
SENTENCES_BY_VERBOSITY = {"low": 1, "medium": 1, "high": 4}
UNSEEN_PICTURE_TEXT = "The picture shows a boardwalk through a green meadow under a blue sky."
WRITE_WORD_TIMES = re.compile(r"\bwrite the word (\w+) (\d+) times", re.I)
INVENT_NAME = re.compile(r"\binvent\b[^.\n]{0,20}\bname\b", re.I)
SYLLABLES = ("ba", "di", "fo", "gu", "ke", "la", "mi", "no", "pu", "ra", "si", "ta", "ve", "wo", "yu", "ze")
# How what a message brings along stands in its text.
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
    found = SAY_EXACTLY.search(text)
    return found and found[1].strip().strip(QUOTE_CHARACTERS)


def say_single_word(text: str) -> str | None:
    """`Answer only with the word X` gives X."""
    found = ANSWER_WITH_WORD.search(text)
    return found and (found[1].rstrip(".,;!") or found[1])


def count_up(text: str) -> str | None:
    """`Count from 1 to 4` gives `1, 2, 3, 4`."""
    found = COUNT_TO.search(text)
    if found is None:
        return None
    first, last = int(found[1] or 1), int(found[2])
    return ", ".join(map(str, range(first, min(last, first + 9_999) + 1)))


def repeat_word(text: str) -> str | None:
    """`Write the word ha 3 times` gives `ha ha ha`."""
    found = WRITE_WORD_TIMES.search(text)
    return found and " ".join([found[1]] * min(int(found[2]), 999))


def first_match(text: str, orders: Sequence[Callable[[str], str | None]]) -> str | None:
    return next((said for order in orders if (said := order(text))), None)


def recall_number(conversation: Conversation) -> str | None:
    """`Which number?` gives the last number said before, or in the question itself."""
    if not ASK_FOR_NUMBER.search(conversation.last_user_text):
        return None
    numbers = NUMBER_IN_TEXT.findall(conversation.earlier_text) or NUMBER_IN_TEXT.findall(conversation.last_user_text)
    return f"The number is {numbers[-1]}." if numbers else None


def name_colour(conversation: Conversation) -> str | None:
    """`What colour is it?` gives the word for the colour of the picture."""
    return (
        conversation.last_pictures[0] or None
        if conversation.last_pictures and ASK_FOR_COLOUR.search(conversation.last_user_text)
        else None
    )


def describe_picture(conversation: Conversation) -> str | None:
    """What the picture shows; the same for every picture that is not looked at."""
    if not conversation.last_pictures:
        return None
    colour = conversation.last_pictures[0]
    return f"The picture shows a plain area, most of it {colour}." if colour else UNSEEN_PICTURE_TEXT


@dataclass(frozen=True, slots=True)
class SpeechStyle:
    """How something is said.

    Attributes:
        draw: the source of what does not change from one time to the next.
        chance: the source of what does; None where nothing is left to chance.
        length: low, medium or high.
        suffix: what will stand after the text.
    """

    draw: HashRandom
    chance: HashRandom | None = None
    length: str = "medium"
    suffix: str = ""


def invent_name(text: str, manner: SpeechStyle) -> str | None:
    """`Invent a name` gives one that nobody had before, where chance has a say."""
    if not INVENT_NAME.search(text):
        return None
    source = manner.draw if manner.chance is None else manner.chance.derive(manner.draw.hex(8))
    return "".join(source.derive(place).pick(SYLLABLES) for place in range(6)).capitalize()


def attached_text(text: str) -> str | None:
    """What a recording or a file says, where one is brought along."""
    found = ATTACHMENT_IN_TEXT.search(text)
    return found and found[1]


def count_between(text: str, suffix: str) -> str | None:
    """What a count lacks between where the prompt ends and the suffix begins."""
    before, after = NUMBER_IN_TEXT.findall(text), NUMBER_IN_TEXT.findall(suffix)
    if not before or not after:
        return None
    return " " + ", ".join(str(number) for number in range(int(before[-1]) + 1, int(after[0]))) + ","


def filler_sentences(manner: SpeechStyle) -> str:
    """Sentences drawn by hash, more of them the wordier the answer."""
    first = manner.draw.number_below(len(FILLER_SENTENCES))
    return " ".join(
        FILLER_SENTENCES[(first + place) % len(FILLER_SENTENCES)]
        for place in range(SENTENCES_BY_VERBOSITY[manner.length])
    )


def reply(conversation: Conversation, manner: SpeechStyle) -> str:
    """What the model says: the colour it is asked for, what it is told to say, else sentences drawn by hash."""
    if manner.suffix and (said := count_between(conversation.last_user_text, manner.suffix)):
        return said
    if said := name_colour(conversation):
        return said
    if said := first_match(conversation.operator_text, OPERATOR_COMMANDS):
        return said
    if conversation.tool_result is not None:
        return f"The tool answered: {conversation.tool_result}"
    said = (
        first_match(conversation.last_user_text, USER_COMMANDS)
        or recall_number(conversation)
        or invent_name(conversation.last_user_text, manner)
    )
    return said or describe_picture(conversation) or filler_sentences(manner)


OPERATOR_COMMANDS = (say_exactly, say_single_word)
USER_COMMANDS = (attached_text, repeat_word, say_exactly, say_single_word, count_up)

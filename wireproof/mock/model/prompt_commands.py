"""The plain orders that the generator obeys."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wireproof.mock.model.conversation import Conversation
from wireproof.mock.model.hash_random import Draw

NUMBER = re.compile(r"\d+")
EXACTLY = re.compile(r"\b(?:say|repeat|reply|answer|write)\b[^.:\n]{0,24}?\bexactly:?\s+(.+)", re.I | re.S)
WORD = re.compile(r"\b(?:reply|answer|respond|say)\b[^.\n]{0,24}?\b(?:word|text)\b:?\s+[\"'“`]?([^\s\"'”`]+)", re.I)
COUNT = re.compile(r"\bcount\b[^.\n]{0,12}?(?:\bfrom\s+(\d+)\s+)?(?:up\s+)?to\s+(\d+)", re.I)
RECALL = re.compile(r"\b(?:which|what)\b[^.?\n]{0,30}\b(?:number|code)\b", re.I)
COLOUR = re.compile(r"\bcolou?rs?\b", re.I)
# How many sentences an answer has, by its verbosity.
SENTENCES_OF = {"low": 1, "medium": 1, "high": 4}
LANDSCAPE = "The picture shows a boardwalk through a green meadow under a blue sky."
TIMES = re.compile(r"\bwrite the word (\w+) (\d+) times", re.I)
INVENT = re.compile(r"\binvent\b[^.\n]{0,20}\bname\b", re.I)
SYLLABLES = ("ba", "di", "fo", "gu", "ke", "la", "mi", "no", "pu", "ra", "si", "ta", "ve", "wo", "yu", "ze")
# How what a message brings along stands in its text.
BROUGHT = "[brought: {}]"
BRINGS = re.compile(r"\[brought: (.*?)\]", re.S)
QUOTES = "\"'“”`"

SENTENCES = (
    "Here is a short and plain answer.",
    "That depends on what you want to know.",
    "A server keeps its word, or a check will tell.",
    "The answer is short, and the reasons are long.",
    "Every answer here is drawn from your question.",
    "Nothing was left to chance in this reply.",
    "It is so, as far as this model can tell.",
)


def exact(text: str) -> str | None:
    """`Say exactly: X` gives X."""
    found = EXACTLY.search(text)
    return found and found[1].strip().strip(QUOTES)


def single_word(text: str) -> str | None:
    """`Answer only with the word X` gives X."""
    found = WORD.search(text)
    return found and (found[1].rstrip(".,;!") or found[1])


def counted(text: str) -> str | None:
    """`Count from 1 to 4` gives `1, 2, 3, 4`."""
    found = COUNT.search(text)
    if found is None:
        return None
    first, last = int(found[1] or 1), int(found[2])
    return ", ".join(map(str, range(first, min(last, first + 9_999) + 1)))


def over_and_over(text: str) -> str | None:
    """`Write the word ha 3 times` gives `ha ha ha`."""
    found = TIMES.search(text)
    return found and " ".join([found[1]] * min(int(found[2]), 999))


def obey(text: str, orders: Sequence[Callable[[str], str | None]]) -> str | None:
    return next((said for order in orders if (said := order(text))), None)


def recalled(conversation: Conversation) -> str | None:
    """`Which number?` gives the last number said before, or in the question itself."""
    if not RECALL.search(conversation.asked):
        return None
    numbers = NUMBER.findall(conversation.earlier) or NUMBER.findall(conversation.asked)
    return f"The number is {numbers[-1]}." if numbers else None


def coloured(conversation: Conversation) -> str | None:
    """`What colour is it?` gives the word for the colour of the picture."""
    return conversation.pictures[0] or None if conversation.pictures and COLOUR.search(conversation.asked) else None


def described(conversation: Conversation) -> str | None:
    """What the picture shows; the same for every picture that is not looked at."""
    if not conversation.pictures:
        return None
    colour = conversation.pictures[0]
    return f"The picture shows a plain area, most of it {colour}." if colour else LANDSCAPE


@dataclass(frozen=True, slots=True)
class Manner:
    """How something is said.

    Attributes:
        draw: the source of what does not change from one time to the next.
        chance: the source of what does; None where nothing is left to chance.
        length: low, medium or high.
        suffix: what will stand after the text.
    """

    draw: Draw
    chance: Draw | None = None
    length: str = "medium"
    suffix: str = ""


def invented(text: str, manner: Manner) -> str | None:
    """`Invent a name` gives one that nobody had before, where chance has a say."""
    if not INVENT.search(text):
        return None
    source = manner.draw if manner.chance is None else manner.chance.at(manner.draw.hex(8))
    return "".join(source.at(place).pick(SYLLABLES) for place in range(6)).capitalize()


def brought(text: str) -> str | None:
    """What a recording or a file says, where one is brought along."""
    found = BRINGS.search(text)
    return found and found[1]


def between(text: str, suffix: str) -> str | None:
    """What a count lacks between where the prompt ends and the suffix begins."""
    before, after = NUMBER.findall(text), NUMBER.findall(suffix)
    if not before or not after:
        return None
    return " " + ", ".join(str(number) for number in range(int(before[-1]) + 1, int(after[0]))) + ","


def chatted(manner: Manner) -> str:
    """Sentences drawn by hash, more of them the wordier the answer."""
    first = manner.draw.number(len(SENTENCES))
    return " ".join(SENTENCES[(first + place) % len(SENTENCES)] for place in range(SENTENCES_OF[manner.length]))


def speak(conversation: Conversation, manner: Manner) -> str:
    """What the model says: the colour it is asked for, what it is told to say, else sentences drawn by hash."""
    if manner.suffix and (said := between(conversation.asked, manner.suffix)):
        return said
    if said := coloured(conversation):
        return said
    if said := obey(conversation.orders, OPERATOR):
        return said
    if conversation.tool_result is not None:
        return f"The tool answered: {conversation.tool_result}"
    said = obey(conversation.asked, USER) or recalled(conversation) or invented(conversation.asked, manner)
    return said or described(conversation) or chatted(manner)


OPERATOR = (exact, single_word)
USER = (brought, over_and_over, exact, single_word, counted)

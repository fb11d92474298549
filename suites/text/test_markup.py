"""The text that users see, of every answer: without the markup of templates, reasoning and calls."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping

from wireproof import expect
from wireproof.check import Exchange, NotJson, Provider, Undecided, check

# Marks of the templates of open models; none of them is a word, a tag of HTML or an operator.
MARKS: Mapping[str, str] = {
    "a mark of a chat template": (
        r"<\|[A-Za-z_][\w .:-]{0,40}\|?>|<｜[^｜<>\n]{1,40}｜>|\[/?INST\]|<</?SYS>>"
        r"|<(?:start|end)_of_(?:turn|image)>|<(?:eos|bos|pad|unk)>|</s>|<s>\[|<\|?endoftext\|?>"
        r"|\[(?:TOOL_CALLS|/?AVAILABLE_TOOLS|/?TOOL_RESULTS|/?SYSTEM_PROMPT)\]"
    ),
    "the markup of a call": (
        r"</?(?:minimax:)?(?:tool_calls?|tool_response|function_calls?|toolcall)>|<function=\w|<invoke name="
        r"|<(?:arg_key|arg_value|parameter=\w+)>|\bfunctools\["
    ),
}
THOUGHT = re.compile(r"</?(?:think|thinking|thought|reasoning|seed:think)>|\[/?THINK\]|◁/?think▷", re.I)


def seen_texts(exchange: Exchange) -> tuple[str, ...]:
    """The texts of an answer that users see."""
    given = expect.given_answer(exchange)
    return tuple(text for text in (*given.texts, *given.refusals) if text.strip())


def _own_words(exchange: Exchange) -> str:
    """The decoded texts of the request, which an answer may repeat."""
    try:
        body = exchange.request_json
    except NotJson:
        return ""
    return json.dumps(body, ensure_ascii=False).replace("\\n", "\n").replace('\\"', '"')


@check("text.no-markup", every_request=True)
def test_no_markup(exchange: Exchange) -> None:
    """The text of an answer shows no mark of a chat template and no markup of a call."""
    texts, sent = seen_texts(exchange), _own_words(exchange)
    for text in texts:
        for kind, pattern in MARKS.items():
            found = next((match[0] for match in re.finditer(pattern, text) if match[0] not in sent), None)
            expect.condition(
                found is None, f"text without {kind}", f"{found} in {expect.display_text(text)}", where="text"
            )


@check("text.no-thoughts", every_request=True)
def test_no_thoughts(exchange: Exchange, provider: Provider) -> None:
    """The text of an answer shows no mark of reasoning, unless the request keeps the reasoning in the text."""
    texts, sent = seen_texts(exchange), _own_words(exchange)
    if not texts or _keeps_thoughts_in_text(exchange, provider):
        return
    for text in texts:
        found = next((match[0] for match in THOUGHT.finditer(text) if match[0] not in sent), None)
        expect.condition(
            found is None, "text without a mark of reasoning", f"{found} in {expect.display_text(text)}", where="text"
        )


def _keeps_thoughts_in_text(exchange: Exchange, provider: Provider) -> bool:
    """True if the contract keeps reasoning in the text where a request switches its separation off."""
    if provider.reasoning is None or provider.reasoning.otherwise != "inline":
        return False
    return any(value is False for name, value in expect.request_body(exchange).items() if "reasoning" in name)


# A server whose grammar allows blanks without end lets a model write them up to the cap.
FEWEST_BLANKS, LEAST_SHARE = 24, 0.25


@check("text.no-runaway")
def test_no_runaway(exchanges: tuple[Exchange, ...]) -> None:
    """An answer under a grammar, of JSON or of a call, does not run in blanks up to the token cap."""
    texts = [_ended_by_cap(exchange) for exchange in exchanges if exchange.is_success]
    blank = [text for text in texts if text is not None and _runs_in_blanks(text)]
    shown = expect.display_text(blank[0]) if blank else ""
    wanted = "answers that end, or say something up to the cap"
    expect.condition(not blank, wanted, f"{len(blank)} of {len(texts)} run in blanks: {shown}", where="text")
    if all(text is not None for text in texts):
        raise Undecided("the token cap cut the answer off")


def _ended_by_cap(exchange: Exchange) -> str | None:
    """The text or the arguments of an answer that the token cap ended; None for any other answer."""
    given = expect.given_answer(exchange)
    if not given.is_cut or not expect.reached_cap(exchange):
        return None
    return given.text if given.text.strip("\n") or not given.calls else "".join(call.arguments for call in given.calls)


def _runs_in_blanks(text: str) -> bool:
    runs = [len(run) for run in re.findall(r"(?:\s|\\n|\\t)+", text)]
    longest = max(runs, default=0)
    return longest >= FEWEST_BLANKS and longest >= LEAST_SHARE * len(text)

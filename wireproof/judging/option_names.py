"""The names of the option that a request uses beyond a plain one, and the search for them in the words of a refusal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from wireproof.evidence.exchange import Exchange, Request
from wireproof.evidence.token_usage import TOKEN_CAPS
from wireproof.formats.strict_json import NotJson, parse_json

# The members that nearly every client sends; a refusal of one of them refuses no option.
PLAIN_MEMBERS = frozenset(
    {"model", "messages", "input", "prompt", "file", "temperature", "stream"} | frozenset(TOKEN_CAPS)
)
PLAIN_ROLES = frozenset({"system", "user", "assistant"})
# Words of requests that also stand in refusals of anything else.
WORDS_OF_ANY_REFUSAL = frozenset({"type", "name", "text", "role", "content", "description", "id", "index", "object"})
# The depth to which members count as names: `stream_options` and `include_usage`, but no parameter of a function.
NAMED_DEPTH = 2
FORM_FIELD = re.compile(rb'form-data; name="([^"]+)"')
# Members of a refusal that repeat the request, or point to documentation.
ECHO_MEMBERS = frozenset({"input", "ctx", "url"})
# Sentences of validators about a member that they do not know, without its name.
UNKNOWN_MEMBER = re.compile(
    r"extra (input|field|value)s?|additional propert|un(known|recognized|recognised|expected|supported) "
    r"(request )?(parameter|argument|field|member|key|property|keyword|option)"
)

# Words that servers use in place of the name that a request has for an option: name → words.
# A refusal in prose names what a model or an engine lacks, seldom the member of the request.
OTHER_WORDS: Mapping[str, tuple[str, ...]] = {
    "audio": ("speech", "modality", "multimodal", "multi modal"),
    "completions": ("completion",),
    "content": ("parts", "multimodal", "multi modal", "valid string"),
    "dimensions": ("dimension", "matryoshka"),
    "embeddings": ("embed", "embedding model"),
    "encoding_format": ("base64", "encoding"),
    "file": ("pdf", "document", "attachment", "multimodal", "multi modal"),
    "image_url": ("image", "picture", "vision", "visual", "multimodal", "multi modal"),
    "images": ("image", "picture"),
    "input_audio": ("audio", "speech", "multimodal", "multi modal"),
    "json_object": ("json",),
    "json_schema": ("json", "schema"),
    "logit_bias": ("bias",),
    "logprobs": ("logprob", "log probabilities", "log probs"),
    "n": ("number of choices", "multiple choices", "multiple completions", "several choices"),
    "penalties": ("penalty",),
    "reasoning": ("thinking", "reasoning"),
    "response_format": ("structured output", "guided", "grammar", "json"),
    "seed": ("deterministic", "reproducible"),
    "stop": ("stop sequence", "stop word"),
    "tools": ("tool", "function call", "functions"),
    "transcriptions": ("transcription", "audio", "speech"),
}


def names_option(exchange: Exchange, options: Iterable[str]) -> bool:
    """True if a refusal names one of these options, or a part of its request that a plain request lacks."""
    try:
        refusal = exchange.json
    except NotJson:
        return False
    words = " ".join(plain_words(text) for text in _stated_texts(refusal))
    names = {*options, *request_names(exchange.request)}
    if any(_has_word(words, name) for name in names | {other for name in names for other in OTHER_WORDS.get(name, ())}):
        return True
    # A validator that names no member means the one beyond a plain request, unless it names a plain one.
    beside, found = UNKNOWN_MEMBER.subn("", words)
    return found > 0 and not any(_has_word(beside, name) for name in PLAIN_MEMBERS - {"model"})


def request_names(request: Request) -> frozenset[str]:
    """The names of all that a request has beyond a plain one: members, types of parts, roles."""
    try:
        body = parse_json(request.body)
    except NotJson:
        fields = {name.decode("latin-1") for name in FORM_FIELD.findall(request.body)}
        return frozenset(fields - PLAIN_MEMBERS)
    if not isinstance(body, dict):
        return frozenset()
    beyond = {name: value for name, value in body.items() if name not in PLAIN_MEMBERS}
    names = {*_names_inside(beyond, NAMED_DEPTH), *_names_of_messages(body)} - WORDS_OF_ANY_REFUSAL
    # A list stands where a plain request has a text.
    names |= {name for name in ("input", "prompt") if isinstance(body.get(name), list)}
    if _has_parts(body):
        names.add("content")
    if _unusual_roles(body):
        names.add("role")
    return frozenset(names)


def _messages(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = [body.get(name) for name in ("messages", "input")]
    return [message for found in listed if isinstance(found, list) for message in found if isinstance(message, dict)]


def _unusual_roles(body: Mapping[str, Any]) -> set[str]:
    return {str(message["role"]) for message in _messages(body) if "role" in message} - PLAIN_ROLES


def _has_parts(body: Mapping[str, Any]) -> bool:
    return any(isinstance(message.get("content"), list) for message in _messages(body))


def _names_of_messages(body: Mapping[str, Any]) -> Iterator[str]:
    yield from _unusual_roles(body)
    for message in _messages(body):
        yield from message
        content = message.get("content")
        yield from _names_inside(content, 1) if isinstance(content, list) else ()


def _names_inside(value: Any, depth: int) -> Iterator[str]:
    """Yields the names of members and the texts of `type`, down to a depth."""
    if depth == 0:
        return
    if isinstance(value, dict):
        for name, inner in value.items():
            yield name
            if name == "type" and isinstance(inner, str):
                yield inner
            yield from _names_inside(inner, depth - 1)
    elif isinstance(value, list):
        for inner in value:
            yield from _names_inside(inner, depth)


def _stated_texts(value: Any) -> Iterator[str]:
    """Yields each text of a refusal, but those that repeat the request."""
    if isinstance(value, str):
        yield value
    for inner in value if isinstance(value, list) else ():
        yield from _stated_texts(inner)
    for name, inner in value.items() if isinstance(value, dict) else ():
        if name not in ECHO_MEMBERS:
            yield from _stated_texts(inner)


def plain_words(text: str) -> str:
    """A text in lower case with single blanks between its words: `tools[0].tool_choice` is `tools 0 tool choice`."""
    return " ".join(re.findall(r"[^\W_]+", text.lower()))


def _has_word(words: str, name: str) -> bool:
    """True if the words contain a name, in the singular or in the plural."""
    singular = plain_words(name)
    singular = singular.removesuffix("s") if len(singular) > 3 else singular
    return bool(singular) and re.search(rf"\b{re.escape(singular)}(e?s)?\b", words) is not None

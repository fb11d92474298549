"""The catalogue of faults: every one shows, and only where it says."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from itertools import cycle, pairwise
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from wireproof import aim, config
from wireproof.check import Untestable
from wireproof.mock.core import Core
from wireproof.mock.faults import derived, faults, find
from wireproof.mock.head import ops_of
from wireproof.mock.message import Received
from wireproof.mock.rehearsal import Rehearsal
from wireproof.render import render

NOW = 1_800_000_000.0
PROBED = ("openai", "iio")
# Where each fault was seen to break something; it is looked for there first.
MATRIX = json.loads((Path(__file__).parents[1] / "matrix.json").read_text(encoding="utf-8"))
TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "Current weather of a place",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
OTHER = {"type": "function", "function": {"name": "get_time", "parameters": {}}}
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
DEEP: list = []
for _ in range(130):
    DEEP = [DEEP]
FORMAT = {"type": "json_schema", "json_schema": {"name": "a", "schema": SCHEMA}}
USAGE = {"stream": True, "stream_options": {"include_usage": True}}
WEATHER = [{"role": "user", "content": "What is the weather in Paris and London?"}]
HELLO = [{"role": "user", "content": "Say exactly: héllo ✓ there"}]
COUNT = [{"role": "user", "content": "Count from 1 to 30"}]
OPERATOR = {"role": "system", "content": "Answer only with the word BANANA."}
TURNS = [
    {"role": "user", "content": "Remember 7341."},
    {"role": "assistant", "content": "ok"},
    {"role": "user", "content": "Which number?"},
]
PARTS = [{"role": "user", "content": [{"type": "text", "text": "Say exactly:"}, {"type": "text", "text": "both"}]}]
CALL = {"id": "c1", "type": "function", "function": {"name": "get_weather", "arguments": "{}"}}
TOOL_TURN = [
    *WEATHER,
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "c1", "content": "rain"},
]

CHATS = [
    {"messages": HELLO},
    {"messages": HELLO, "stream": True},
    {"messages": COUNT, "stream": True, "n": 2, "stop": ["9"], "logprobs": True, "top_logprobs": 2},
    {"messages": COUNT, **USAGE},
    {"messages": COUNT, "max_tokens": 3},
    {"messages": COUNT, "max_completion_tokens": 3, **USAGE},
    {"messages": COUNT, "n": 2, "logprobs": True, "top_logprobs": 2},
    {"messages": HELLO, "stop": "✓"},
    {"messages": HELLO, "stop": list("abcde")},
    {"messages": HELLO, "n": 0},
    {"messages": HELLO, "stream": False, "user": "u", "seed": 1, "top_p": 1},
    {"messages": WEATHER, "tools": [TOOL]},
    {"messages": WEATHER, "tools": [TOOL], "stream": True},
    {"messages": WEATHER, "tools": [TOOL], "tool_choice": "none"},
    {"messages": HELLO, "tools": [TOOL], "tool_choice": "required"},
    {
        "messages": WEATHER,
        "tools": [TOOL, OTHER],
        "tool_choice": {"type": "function", "function": {"name": "get_time"}},
    },
    {"messages": WEATHER, "tools": [TOOL], "parallel_tool_calls": False},
    {"messages": TOOL_TURN, "tools": [TOOL]},
    {"messages": [*HELLO, {"role": "assistant", "tool_calls": [CALL]}, TOOL_TURN[-1]]},
    {"messages": [*HELLO, {"role": "assistant", "content": ""}, *HELLO], "tools": []},
    {"messages": COUNT, "stop": "12", "logprobs": True},
    {"messages": HELLO, "response_format": FORMAT},
    {"messages": HELLO, "system": "Answer only with the word BANANA."},
    {"messages": HELLO, "system": 3},
    {"messages": [OPERATOR, *HELLO]},
    {"messages": [{**OPERATOR, "role": "developer"}, *HELLO]},
    {"messages": TURNS},
    {"messages": PARTS},
    *({"messages": HELLO, "temperature": value} for value in (0, 2, 2.1, -0.1, 1.5, "hot")),
    {"messages": HELLO, "top_p": 1.1},
    *({"messages": HELLO, "max_tokens": value} for value in (-1, 8.5, "8")),
    {"messages": HELLO, "logprobs": True, "top_logprobs": 21},
    {"messages": HELLO, "stream": "yes"},
    {"messages": HELLO, "stream": True, "temperature": 9},
    {"messages": HELLO, "nonsense": 1},
    {"messages": HELLO, "model": "no-such-model"},
    {"messages": HELLO, "model": 7},
    {"messages": HELLO, "model": ...},
    {"messages": ...},
    {"messages": []},
    {"messages": "hi"},
    {"messages": [{"content": "x"}]},
    {"messages": [{"role": "user"}]},
    {"messages": [{"role": "user", "content": "Say exactly: \U00020000"}]},
    {"messages": [{"role": "user", "content": "Say exactly: ﬁ"}]},
    {"messages": HELLO, "tools": [{"type": "function", "function": {"name": "🌀"}}]},
    {"messages": HELLO, "temperature": 2.0},
    {"messages": HELLO, "temperature": {}},
    {"messages": HELLO, "metadata": {}, "stop": DEEP},
]
COMPLETIONS = [
    {"prompt": "Count from 1 to 30", "max_tokens": 5, "logprobs": 2},
    {"prompt": "Count from 1 to 30", "max_tokens": 5, "echo": True, "n": 2, "temperature": 0},
    {"prompt": "Say exactly: ok", **USAGE},
    {"prompt": "Count from 1 to 30", "stop": "3"},
]
EMBEDDINGS = [
    {"input": "hello"},
    {"input": ["a", "b", "c"]},
    {"input": ["a", ""]},
    {"input": ["a", "b"], "encoding_format": "base64"},
    {"input": "a", "dimensions": 8},
    {"input": [1, 2, 3]},
    {"input": ...},
    {"model": "no-such-model", "input": "a"},
]
RESPONSES = [
    {"input": "Count from 1 to 5"},
    {"input": "Count from 1 to 5", "stream": True},
    {"input": "Count from 1 to 50", "max_output_tokens": 5, "instructions": "Answer only with the word BANANA."},
    {"input": "Hello", "instructions": "Answer only with the word BANANA."},
    {"input": "Count from 1 to 50", "max_output_tokens": 5, "store": False},
    {"input": "hi", "previous_response_id": "resp_1"},
    {"input": WEATHER, "tools": [{"type": "function", **TOOL["function"]}], "tool_choice": "none"},
    {"input": WEATHER, "tools": [{"type": "function", **TOOL["function"]}], "stream": True},
    {"input": "hi", "text": {"format": {"type": "json_schema", "name": "a", "schema": SCHEMA}}},
]
BODIES = {"chat": CHATS, "completions": COMPLETIONS, "embeddings": EMBEDDINGS, "responses": RESPONSES}
OTHER_MODELS = {"iio": ("qwen2.5:72b", "nomic-embed-text"), "openai": ("gpt-4.1", "text-embedding-3-small")}


def probes(providers):
    """(endpoint, method, path, headers, body, times) of every probe."""
    for name, provider in providers.items():
        key = f"{provider['auth']['key_prefix']}mock-{provider['rate']['suite_tier']}"
        good = {"authorization": f"Bearer {key}", "content-type": "application/json"}
        ends = provider["endpoints"]
        for endpoint, bodies in BODIES.items():
            if endpoint not in ends:
                continue
            path = provider["serve_at"] + ends[endpoint]["path"]
            model = provider["models"].get(endpoint, provider["models"]["chat"])
            for body in bodies:
                whole = {key: value for key, value in {"model": model, **body}.items() if value is not ...}
                yield endpoint, "POST", path, good, json.dumps(whole).encode(), 1
        yield from bare(provider, good, OTHER_MODELS.get(name, ("", "")))


def bare(provider, good, models):
    """The probes of keys, limits, cells and paths."""
    root, ends, auth = provider["serve_at"], provider["endpoints"], good["authorization"]
    chat, listed = root + ends["chat"]["path"], root + "/models"
    hello = json.dumps({"model": provider["models"]["chat"], "messages": HELLO}).encode()
    for model in models:
        other = json.dumps({"model": model, "messages": HELLO}).encode()
        free = {**good, "authorization": auth.rpartition("-")[0] + "-free"}
        yield "chat", "POST", chat, free, other, 1
        yield "chat", "POST", chat, good, other, 1
    key, last = auth.partition(" ")[2], json.dumps({"model": provider["models"]["catalogue"][-1]["id"], "input": "a"})
    yield "embeddings", "POST", root + "/embeddings", good, last.encode(), 1
    for given in (
        "",
        "Bearer no",
        f"Bearer {provider['auth']['key_prefix']}unknown",
        key,
        f"bearer {key}",
        f"Bearer {key}-exhausted",
    ):
        for endpoint, path, method in (("models", listed, "GET"), ("chat", chat, "POST")):
            yield endpoint, method, path, {**good, "authorization": given}, hello if method == "POST" else b"", 1
    for tier, row in provider["rate"]["tiers"].items():
        for times in (1, row["per_minute"] or 30, (row["per_minute"] or 0) + 1):
            header = {"authorization": f"Bearer {provider['auth']['key_prefix']}mock-{tier}"}
            yield "models", "GET", listed, header, b"", times if times < 100 else 1
        late = {**header, "x-wireproof-clock": "61"}
        yield "models", "GET", listed, late, b"", min(row["per_minute"] or 0, 99) + 2
    yield "chat", "POST", chat, {**good, "x-wireproof-cell": "down"}, hello, 1
    yield "chat", "POST", chat, {**good, "content-type": "application/json; charset=utf-8"}, hello, 1
    yield "chat", "POST", chat, {**good, "content-type": "text/plain"}, hello, 1
    yield "chat", "POST", chat, good, b"{", 1
    yield "chat", "GET", chat, good, b"", 1
    yield "models", "OPTIONS", listed, {}, b"", 1
    encoded = quote(provider["models"]["chat"], safe="")
    yield "model", "GET", f"{root}/models/{encoded}", good, b"", 1
    for path in ("/nope", "/models/no-such-model", f"/models/{provider['models']['chat']}"):
        yield "model" if path != "/nope" else "", "GET", root + path, good, b"", 1
    yield "health", "GET", root + "/health", good, b"", 1
    yield "health", "GET", root + "/health", {**good, "x-wireproof-cell": "down"}, b"", 1


def wire(core, method, path, headers, body, times):
    """What the front would do to the connection, for the last of so many requests; only that one is late."""
    now = tuple((name, value) for name, value in headers.items() if name != "x-wireproof-clock")
    for left in reversed(range(times)):
        received = Received(method, path, "", now if left else tuple(headers.items()), body, NOW)
        last = core.handle(received)
    return tuple((op.kind, undated(op.data)) for op in ops_of(last, method=method, chunked=True, keep=True))


def undated(data):
    return re.sub(rb"(?m)^Date: .* ", b"Date: ", data)


def seen(providers, fault_id, chosen):
    """What each chosen probe sees of a fault, each on a fresh core."""
    header = {"x-wireproof-fault": fault_id} if fault_id else {}
    core = Core({name: providers[name] for name in PROBED}, controlled=True)
    answers = []
    for _, method, path, headers, body, times in chosen:
        core.state.accounts.clear()
        core.ordinals = iter(range(10_000))
        answers.append(wire(core, method, path, {**headers, **header}, body, times))
    return answers


@pytest.fixture(name="all_probes", scope="module")
def _all_probes(providers):
    return list(probes({name: providers[name] for name in PROBED}))


@pytest.fixture(name="faultless", scope="module")
def _faultless(providers, all_probes):
    return seen(providers, None, all_probes)


@pytest.fixture(name="rehearsed", scope="module")
def _rehearsed():
    """Every case of the suites on every profile: its endpoints, its requests, what is done for them, and by whom."""
    made, targets = {}, aim.targets(aim.Aim(), {})
    rehearsals = [Rehearsal({target.provider.name: target.provider.data}) for target in targets]
    # One case after another, each on every profile: what is one profile's alone shows soon.
    for case in config.load_cases().values():
        for target, rehearsal in zip(targets, rehearsals, strict=True):
            at = aim.at_address(target, f"http://mock{target.provider.serve_at}")
            with suppress(KeyError, Untestable):
                requests = [received(ask, at, case.name) for ask in case.asks] * case.repeat
                endpoints, deeds = {ask.endpoint for ask in case.asks}, rehearsal.deeds(requests)
                made[target.provider.name, case.name] = (endpoints, requests, deeds, rehearsal)
    return made


def received(ask, target, case):
    outgoing = render(ask, target, case, {})
    url = urlsplit(outgoing.shown.url)
    headers = tuple((name.lower(), value) for name, value in outgoing.headers)
    return Received(outgoing.shown.method, url.path, url.query, headers, outgoing.shown.whole, NOW)


def shows_at_a_case(fault, rehearsed):
    return any(
        rehearsal.touches(fault.id, requests, deeds)
        for endpoints, requests, deeds, rehearsal in map(rehearsed.get, by_promise(fault, rehearsed))
        if "*" in fault.endpoints or endpoints & set(fault.endpoints)
    )


def by_promise(fault, rehearsed):
    """The places of the cases, those first where the fault is recorded to break something."""
    recorded = {
        (provider, case): None
        for provider, checks in MATRIX.get(fault.id, {}).items()
        for cases in checks.values()
        for named in cases
        for case in named.split("+")
        if (provider, case) in rehearsed
    }
    return recorded | rehearsed


def between(providers, fault_id):
    """What is done for a request after others on its connection, beside one, after one that was left, and later on."""
    rehearsal = Rehearsal({"iio": providers["iio"]}, gap_s=0.1)
    rehearsal.begin()
    headers = {"authorization": "Bearer iio-dev-mock-enterprise", "content-type": "application/json"}
    headers |= {"x-wireproof-slots": "1"} | ({"x-wireproof-fault": fault_id} if fault_id else {})

    def ask(stream=True, later=0, **more):
        messages = [{"role": "user", "content": "Count from 1 to 30"}]
        body = json.dumps({"model": "qwen2.5:7b", "messages": messages, "stream": stream}).encode()
        told = headers | ({"x-wireproof-clock": str(later)} if later else {})
        return Received("POST", "/iio/v1/chat/completions", "", tuple(told.items()), body, NOW, **more)

    running, abandoned, plain = ask(), ask(), ask(stream=False)
    done = [rehearsal.ops(ask(after=200)), rehearsal.ops(ask(after=401))]
    done += [rehearsal.ops(running, stays=True), rehearsal.ops(ask())]
    rehearsal.over(running)
    done.append(rehearsal.ops(abandoned, stays=True))
    rehearsal.over(abandoned, left=True)
    done += [rehearsal.ops(ask()), rehearsal.ops(plain, stays=True)]
    rehearsal.over(plain, left=True)
    return [*done, rehearsal.ops(ask()), rehearsal.ops(ask(after=200, later=10))]


def kept(providers, fault_id):
    """What is done for a response that was stored, when it is asked for and deleted."""
    rehearsal = Rehearsal({"openai": providers["openai"]})
    rehearsal.begin()
    headers = {"authorization": "Bearer sk-mock-standard", "content-type": "application/json"}
    headers |= {"x-wireproof-fault": fault_id} if fault_id else {}

    def ask(method, path, body=b""):
        return rehearsal.ops(Received(method, f"/openai/v1/responses{path}", "", tuple(headers.items()), body, NOW))

    made = ask("POST", "", json.dumps({"model": "gpt-4.1-mini", "input": "Say hi"}).encode())
    answer = json.loads(b"".join(op.data for op in made if op.kind == "body"))
    return [ask(method, f"/{answer['id']}") for method in ("GET", "DELETE")]


def test_every_fault_shows_at_its_endpoints(providers, all_probes, faultless, rehearsed, capsys):
    """Each is asked all of one profile's probes, in turn; those of both only where nothing else shows it."""
    ways = [(way, way(providers, None)) for way in (between, kept)]
    told = list(zip(all_probes, faultless, strict=True))
    silent, loud = [], {}
    for root, fault in zip(cycle(("/openai/", "/iio/")), faults().values(), strict=False):
        near = [pair for pair in told if "*" in fault.endpoints or pair[0][0] in fault.endpoints]
        shows = (
            differs(providers, fault.id, [pair for pair in near if pair[0][2].startswith(root) and pair[0][-1] == 1])
            or any(way(providers, fault.id) != without for way, without in ways)
            or shows_at_a_case(fault, rehearsed)
            or differs(providers, fault.id, near)
        )
        silent += [] if shows else [fault.id]
        loud |= {fault.id: err} if (err := capsys.readouterr().err) else {}
    assert silent == []
    assert loud == {}


def differs(providers, fault_id, pairs):
    """Whether a fault changes the answer to any of these probes; all of them are asked."""
    return seen(providers, fault_id, [probe for probe, _ in pairs]) != [told for _, told in pairs]


def test_a_fault_leaves_the_other_endpoints_alone(providers, all_probes, faultless):
    pairs = [(probe, told) for probe, told in zip(all_probes, faultless, strict=True) if probe[0] != "chat"]
    answers = seen(providers, "at:chat.response/id:drop", [probe for probe, _ in pairs])
    assert answers == [told for _, told in pairs]


def test_a_fault_is_told_by_one_sentence_and_a_kebab_case_id():
    for fault in faults().values():
        assert fault.sentence.endswith(".")
        assert fault.id == fault.id.lower().replace("_", "-").replace(" ", "-")
        assert fault.endpoints
        assert bool(fault.source) == bool(fault.deviation)


def test_a_harmless_fault_is_one_that_http_and_its_events_allow():
    harmless = {fault.id for fault in faults().values() if fault.harmless}
    assert {"sse-crlf", "sse-comments", "chunk-inside-utf8", "retry-after-date"} <= harmless
    assert harmless.isdisjoint({"sse-byte-order-mark", "stream-unframed", "content-length-short"})


def chat(providers, fault_id, **members):
    body = {"model": "qwen2.5:7b", "messages": HELLO, **members}
    headers = (("authorization", "Bearer iio-dev-mock-pro"), ("x-wireproof-fault", fault_id))
    received = Received("POST", "/iio/v1/chat/completions", "", headers, json.dumps(body).encode(), NOW)
    return Core(providers, controlled=True).handle(received)


@pytest.mark.parametrize(
    ("fault_id", "usage"),
    [
        pytest.param("at:/usage/total_tokens:drop", {"prompt_tokens", "completion_tokens"}, id="bare"),
        pytest.param("at:chat.response/usage/total_tokens:drop", {"prompt_tokens", "completion_tokens"}, id="shape"),
        pytest.param(
            "at:embeddings.response/usage:drop", {"prompt_tokens", "completion_tokens", "total_tokens"}, id="other"
        ),
    ],
)
def test_a_derived_fault_touches_its_own_place(providers, fault_id, usage):
    assert set(json.loads(chat(providers, fault_id).body)["usage"]) == usage


@pytest.mark.parametrize("op", ["drop", "null", "retype", "other", "negative", "empty"])
def test_a_derived_fault_has_the_id_it_is_found_by(op):
    made = derived("/choices/*/index", op, "chat.response")
    assert find(made.id).sentence == made.sentence
    assert made.endpoints == ("chat",)


@pytest.mark.parametrize("fault_id", ["no-such-fault", "at:/usage:explode", "at:usage"])
def test_an_unknown_fault_is_refused_by_name(providers, fault_id):
    answer = chat(providers, fault_id)
    assert answer.status == 400
    assert fault_id in json.loads(answer.body)["error"]["message"]


def test_the_header_wins_over_the_fault_of_the_server(providers):
    core = Core(providers, controlled=True)
    core.state.fault = "models-data-empty"
    key = ("authorization", "Bearer iio-dev-mock-pro")
    own = core.handle(
        Received("GET", "/iio/v1/models", "", (key, ("x-wireproof-fault", "models-object-missing")), b"", NOW)
    )
    server = core.handle(Received("GET", "/iio/v1/models", "", (key,), b"", NOW))
    assert set(json.loads(own.body)) == {"data"}
    assert json.loads(server.body)["data"] == []


def test_chunks_cut_inside_a_character_still_make_the_whole_text(providers):
    plan = chat(providers, "chunk-inside-utf8", stream=True)
    ops = ops_of(plan, method="POST", chunked=True, keep=True)
    chunks = [op.data for op in ops if op.kind == "chunk"]
    whole = ops_of(chat(providers, "stream-buffered", stream=True), method="POST", chunked=True, keep=True)
    assert any(is_cut(first) for first, _ in pairwise(chunks))
    assert len([op for op in whole if op.kind == "chunk"]) == 1


def is_cut(data):
    try:
        data.decode()
    except UnicodeDecodeError:
        return True
    return False

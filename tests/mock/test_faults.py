"""The catalogue of faults: each changes something, and only at its endpoints."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from functools import cache
from itertools import cycle, pairwise, product
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from wireproof.client.request_builder import build_request
from wireproof.client.skip_reasons import CannotSend
from wireproof.contract import loading, target_options
from wireproof.mock.application import Application
from wireproof.mock.control import parse_faults
from wireproof.mock.dry_run import DryRun
from wireproof.mock.faults import derive_fault, faults, find_fault
from wireproof.mock.protocol.messages import HttpRequest
from wireproof.mock.protocol.response_head import build_ops

pytestmark = pytest.mark.slow

NOW = 1_800_000_000.0
PROBED = ("openai", "iio")
# The recorded failures of each fault, where it is looked for first.
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
SYSTEM = {"role": "system", "content": "Be brief."}
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
    """Yields (endpoint, method, path, headers, body, times) of every probe."""
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
        yield from other_probes(provider, good, OTHER_MODELS.get(name, ("", "")))


def other_probes(provider, good, models):
    """Yields the probes of keys, limits, cells and paths."""
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


def wire(application, method, path, headers, body, times):
    """Returns the wire operations of the last of `times` equal requests; only that one is late."""
    now = tuple((name, value) for name, value in headers.items() if name != "x-wireproof-clock")
    for remaining in reversed(range(times)):
        request = HttpRequest(method, path, "", now if remaining else tuple(headers.items()), body, NOW)
        last = application.handle(request)
    return tuple((op.kind, undated(op.data)) for op in build_ops(last, method=method, chunked=True, keep=True))


def undated(data):
    return re.sub(rb"(?m)^Date: .* ", b"Date: ", data)


def ops_under(providers, fault_id, chosen):
    """Returns the wire operations of each probe under a fault, each on a fresh account."""
    header = {"x-wireproof-fault": fault_id} if fault_id else {}
    core = Application({name: providers[name] for name in PROBED}, controlled=True)
    answers = []
    for _, method, path, headers, body, times in chosen:
        core.state.accounts.clear()
        core.ordinals = iter(range(10_000))
        answers.append(wire(core, method, path, {**headers, **header}, body, times))
    return answers


@pytest.fixture(name="all_probes", scope="module")
def _all_probes(providers):
    return list(probes({name: providers[name] for name in PROBED}))


@pytest.fixture(name="fault_free", scope="module")
def _fault_free(providers, all_probes):
    return ops_under(providers, None, all_probes)


@pytest.fixture(name="dry_run_of", scope="module")
def _dry_run_of():
    """(provider, case) → the requests, their wire operations and the dry run; None if the case cannot be sent."""
    targets = {target.provider.name: target for target in target_options.mock_targets()}
    dry_runs = {name: DryRun({name: target.provider.data}) for name, target in targets.items()}

    @cache
    def dry_run_of(provider, case_name):
        case, target = loading.load_cases()[case_name], targets[provider]
        addressed = target_options.with_address(target, f"http://mock{target.provider.serve_at}")
        with suppress(KeyError, CannotSend):
            requests = [as_http_request(ask, addressed, case.name) for ask in case.asks] * case.repeat
            return requests, dry_runs[provider].wire_ops(requests), dry_runs[provider]
        return None

    return dry_run_of


def as_http_request(ask, target, case):
    outgoing = build_request(ask, target, case, {})
    url = urlsplit(outgoing.shown.url)
    headers = tuple((name.lower(), value) for name, value in outgoing.headers)
    return HttpRequest(outgoing.shown.method, url.path, url.query, headers, outgoing.shown.body_with_blanks, NOW)


def shows_at_a_case(fault, names, dry_run_of):
    """True if the fault changes an answer to one of these cases, each a (provider, case)."""
    concerned = [(provider, case) for provider, case in names if concerns_case(fault, case)]
    return any(
        dry_run.changes_ops(fault.id, requests, ops)
        for requests, ops, dry_run in filter(None, (dry_run_of(*name) for name in concerned))
    )


def concerns_case(fault, case):
    return "*" in fault.endpoints or any(ask.endpoint in fault.endpoints for ask in loading.load_cases()[case].asks)


def recorded_cases(fault):
    """Returns the cases with a recorded failure under the fault."""
    return {
        (provider, case): None
        for provider, checks in MATRIX.get(fault.id, {}).items()
        for cases in checks.values()
        for named in cases
        for case in named.split("+")
        if case in loading.load_cases()
    }


@cache
def all_cases():
    """Returns every case on every provider, case by case, so that the effect on a single provider is found early."""
    return tuple((provider, case) for case, provider in product(loading.load_cases(), loading.load_providers()))


def ops_of_related_requests(providers, fault_id):
    """Returns the operations of requests that affect each other.

    One follows another on its connection, one runs beside another, one follows an abandoned one, and one comes later.
    """
    dry_run = DryRun({"iio": providers["iio"]}, gap_s=0.1)
    dry_run.reset()
    headers = {"authorization": "Bearer iio-dev-mock-enterprise", "content-type": "application/json"}
    headers |= {"x-wireproof-slots": "1"} | ({"x-wireproof-fault": fault_id} if fault_id else {})

    def ask(stream=True, later=0, **more):
        messages = [{"role": "user", "content": "Count from 1 to 30"}]
        body = json.dumps({"model": "qwen2.5:7b", "messages": messages, "stream": stream}).encode()
        sent_headers = headers | ({"x-wireproof-clock": str(later)} if later else {})
        return HttpRequest("POST", "/iio/v1/chat/completions", "", tuple(sent_headers.items()), body, NOW, **more)

    running, abandoned, plain = ask(), ask(), ask(stream=False)
    operations = [dry_run.ops(ask(previous_status=200)), dry_run.ops(ask(previous_status=401))]
    operations += [dry_run.ops(running, stays=True), dry_run.ops(ask())]
    dry_run.finish(running)
    operations.append(dry_run.ops(abandoned, stays=True))
    dry_run.finish(abandoned, left=True)
    operations += [dry_run.ops(ask()), dry_run.ops(plain, stays=True)]
    dry_run.finish(plain, left=True)
    return [*operations, dry_run.ops(ask()), dry_run.ops(ask(previous_status=200, later=10))]


def ops_of_stored_items(providers, fault_id):
    """Returns the operations of requests for stored responses and chats; some come with the key of another account."""
    dry_run = DryRun({"openai": providers["openai"]})
    dry_run.reset()
    operations = []

    def ask(method, path, query="", tier="standard", **members):
        headers = {"authorization": f"Bearer sk-mock-{tier}", "content-type": "application/json"}
        headers |= {"x-wireproof-fault": fault_id} if fault_id else {}
        body = json.dumps(members).encode() if members else b""
        request = HttpRequest(method, f"/openai/v1{path}", query, tuple(headers.items()), body, NOW)
        operations.append(dry_run.ops(request))
        return b"".join(op.data for op in operations[-1] if op.kind == "body")

    def make(path, **members):
        return json.loads(ask("POST", path, model="gpt-4.1-mini", **members))["id"]

    pending, plain, chat = (
        f"/responses/{make('/responses', input='Say hi', background=True)}",
        f"/responses/{make('/responses', input=[*HELLO, *HELLO, *HELLO])}",
        f"/chat/completions/{make('/chat/completions', messages=[SYSTEM, *HELLO], store=True, metadata={'a': 'b'})}",
    )
    make("/responses/compact", input=[*HELLO, {"role": "assistant", "content": "hi"}])
    ask("POST", "/chat/completions", model="gpt-4.1-mini", messages=HELLO, store=True)
    ask("POST", "/responses", model="gpt-4.1-mini", input=[{"type": "reasoning", "summary": []}, *HELLO])
    for path in (plain, chat):
        ask("GET", path, tier="small")
    ask("GET", pending, "stream=true&starting_after=3")
    first, *_ = json.loads(ask("GET", f"{plain}/input_items", "limit=1&order=desc"))["data"]
    ask("GET", f"{plain}/input_items", f"after={first.get('id')}")
    ask("GET", "/chat/completions", "metadata[a]=b")
    ask("GET", f"{chat}/messages")
    ask("POST", chat, metadata={"c": "d"})
    for method, path in (("POST", f"{pending}/cancel"), ("POST", f"{plain}/cancel"), ("GET", pending)):
        ask(method, path)
    for method, path in (("DELETE", plain), ("GET", plain), ("DELETE", chat), ("GET", chat)):
        ask(method, path)
    return operations


def test_every_fault_changes_an_answer_at_its_endpoints(providers, all_probes, fault_free, dry_run_of, capsys):
    """Tries the cases with a recorded failure, then the probes of one profile, and all the rest only if need be."""
    scenarios = [(scenario, scenario(providers, None)) for scenario in (ops_of_related_requests, ops_of_stored_items)]
    pairs = list(zip(all_probes, fault_free, strict=True))
    invisible, printed = [], {}
    for root, fault in zip(cycle(("/openai/", "/iio/")), faults().values(), strict=False):
        matching = [pair for pair in pairs if "*" in fault.endpoints or pair[0][0] in fault.endpoints]
        is_visible = (
            shows_at_a_case(fault, recorded_cases(fault), dry_run_of)
            or differs(
                providers, fault.id, [pair for pair in matching if pair[0][2].startswith(root) and pair[0][-1] == 1]
            )
            or any(scenario(providers, fault.id) != fault_free_ops for scenario, fault_free_ops in scenarios)
            or shows_at_a_case(fault, all_cases(), dry_run_of)
            or differs(providers, fault.id, matching)
        )
        invisible += [] if is_visible else [fault.id]
        printed |= {fault.id: err} if (err := capsys.readouterr().err) else {}
    assert invisible == []
    assert printed == {}


def differs(providers, fault_id, pairs):
    """True if a fault changes the answer to any of these probes."""
    return ops_under(providers, fault_id, [probe for probe, _ in pairs]) != [ops for _, ops in pairs]


def test_a_fault_does_not_change_other_endpoints(providers, all_probes, fault_free):
    pairs = [(probe, ops) for probe, ops in zip(all_probes, fault_free, strict=True) if probe[0] != "chat"]
    answers = ops_under(providers, "at:chat.response/id:drop", [probe for probe, _ in pairs])
    assert answers == [ops for _, ops in pairs]


def test_a_fault_has_a_sentence_and_a_kebab_case_id():
    for fault in faults().values():
        assert fault.sentence.endswith(".")
        assert fault.id == fault.id.lower().replace("_", "-").replace(" ", "-")
        assert fault.endpoints
        assert bool(fault.source) == bool(fault.deviation)


def test_legal_variants_are_marked_as_harmless():
    harmless = {fault.id for fault in faults().values() if fault.harmless}
    assert {"sse-crlf", "sse-comments", "chunk-inside-utf8", "retry-after-date"} <= harmless
    assert harmless.isdisjoint({"sse-byte-order-mark", "stream-unframed", "content-length-short"})


def chat(providers, fault_id, **members):
    body = {"model": "qwen2.5:7b", "messages": HELLO, **members}
    headers = (
        ("authorization", "Bearer iio-dev-mock-pro"),
        ("content-type", "application/json"),
        ("x-wireproof-fault", fault_id),
    )
    request = HttpRequest("POST", "/iio/v1/chat/completions", "", headers, json.dumps(body).encode(), NOW)
    return Application(providers, controlled=True).handle(request)


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
def test_a_derived_fault_changes_its_own_place(providers, fault_id, usage):
    assert set(json.loads(chat(providers, fault_id).body)["usage"]) == usage


@pytest.mark.parametrize("op", ["drop", "null", "retype", "other", "negative", "empty"])
def test_a_derived_fault_is_found_by_its_id(op):
    made = derive_fault("/choices/*/index", op, "chat.response")
    assert find_fault(made.id).sentence == made.sentence
    assert made.endpoints == ("chat",)


@pytest.mark.parametrize("fault_id", ["no-such-fault", "at:/usage:explode", "at:usage"])
def test_an_unknown_fault_is_refused_by_name(providers, fault_id):
    answer = chat(providers, fault_id)
    assert answer.status == 400
    assert fault_id in json.loads(answer.body)["error"]["message"]


def test_the_header_outranks_the_fault_of_the_server(providers):
    core = Application(providers, controlled=True)
    core.state.faults = parse_faults("models-data-empty")
    key = ("authorization", "Bearer iio-dev-mock-pro")
    own = core.handle(
        HttpRequest("GET", "/iio/v1/models", "", (key, ("x-wireproof-fault", "models-object-missing")), b"", NOW)
    )
    server = core.handle(HttpRequest("GET", "/iio/v1/models", "", (key,), b"", NOW))
    assert set(json.loads(own.body)) == {"data"}
    assert json.loads(server.body)["data"] == []


def test_chunks_can_be_cut_inside_a_character(providers):
    plan = chat(providers, "chunk-inside-utf8", stream=True)
    ops = build_ops(plan, method="POST", chunked=True, keep=True)
    chunks = [op.data for op in ops if op.kind == "chunk"]
    whole = build_ops(chat(providers, "stream-buffered", stream=True), method="POST", chunked=True, keep=True)
    assert any(is_cut(first) for first, _ in pairwise(chunks))
    assert len([op for op in whole if op.kind == "chunk"]) == 1


def is_cut(data):
    try:
        data.decode()
    except UnicodeDecodeError:
        return True
    return False

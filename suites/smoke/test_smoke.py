"""First requests: an API answers, it accepts the key, and it knows the model."""

from wireproof import expect
from wireproof.check import Case, Exchange, NotJson, Provider, Target, TimedOut, Untestable, check

# Many endpoints serve no list of models; the chat request then shows whether an API answers.
NO_LIST_STATUSES = frozenset({404, 405, 501})
# No endpoint at this path, or none that takes a POST: an unknown model, or another address than the base URL.
NOTHING_HERE_STATUSES = frozenset({404, 405})


def _require_response(exchange: Exchange) -> None:
    if exchange.broken is not None and exchange.broken.is_by_peer:
        raise Untestable(f"the peer broke HTTP ({exchange.broken.detail}); the wire checks judge that")
    if exchange.broken is not None and exchange.broken.is_deadline:
        raise TimedOut(expect.passed_deadline_text(exchange))


@check("smoke.reachable", any_answer=True)
def test_reachable(exchange: Exchange, target: Target) -> None:
    """An API answers at the base URL in JSON, whatever else is wrong with the answer."""
    _require_response(exchange)
    broken = exchange.broken
    expect.condition(broken is None, "an answer", broken and broken.detail, where=exchange.request.url)
    if exchange.endpoint == "models" and exchange.status in NO_LIST_STATUSES:
        # Without a list and without a model by name there is no other request that could show an API.
        likely = target.likely_base_url
        meant = f"did you mean --endpoint {likely}?" if likely else "is this the API's base URL?"
        expect.condition(
            bool(target.models),
            f"a list of models ({meant} If the API has no list, name a model with --model ID)",
            f"{exchange.status} with {expect.display_text(exchange.text)}",
            where=exchange.request.url,
        )
        return
    actual = (
        f"{exchange.status} {exchange.content_type or 'without a content type'}: {expect.display_text(exchange.text)}"
    )
    expect.condition(
        _is_json(exchange) or _is_stream_of_json(exchange),
        "a JSON body (is this the API's base URL?)",
        actual,
        where=exchange.request.url,
    )


@check("smoke.key-accepted", any_answer=True)
def test_key_accepted(exchange: Exchange) -> None:
    """The key of this run is accepted."""
    _require_response(exchange)
    actual = f"{exchange.status} with {expect.display_text(exchange.text)}"
    expect.condition(exchange.status not in (401, 403), "no 401 or 403", actual, where=exchange.request.url)


@check("smoke.model-present", any_answer=True)
def test_model_present(exchange: Exchange, case: Case, provider: Provider, target: Target) -> None:
    """The model of the first request is known to the endpoint."""
    _require_response(exchange)
    unknown = provider.refusals["unknown-model"]
    role = case.asks[-1].model
    model = target.models.get(role)
    is_refused = exchange.status in (*unknown.status, *NOTHING_HERE_STATUSES)
    wanted = f"no refusal of the {role} model {model}; name another with --model {role}=ID, or a model of another role"
    if likely := target.likely_base_url:
        wanted += f", or did you mean --endpoint {likely}?"
    expect.condition(
        not is_refused,
        wanted,
        f"{exchange.status} with {expect.display_text(exchange.text)}",
        where=exchange.request.url,
    )


def _is_stream_of_json(exchange: Exchange) -> bool:
    """True for events in place of a plain answer, which the checks of the wire judge."""
    return expect.is_stream(exchange) and any(isinstance(chunk.value, dict) for chunk in exchange.stream.chunks)


def _is_json(exchange: Exchange) -> bool:
    try:
        return isinstance(exchange.json, dict | list)
    except NotJson:
        return False

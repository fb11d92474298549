"""The list of models: its entries, and the models that it must contain according to the contract."""

from __future__ import annotations

from wireproof import expect
from wireproof.check import (
    Case,
    Exchange,
    Finding,
    Inconclusive,
    NotOffered,
    Provider,
    Target,
    Untestable,
    Violation,
    check,
    json_pointer,
)


def listed_ids(exchange: Exchange, provider: Provider) -> tuple[str, ...]:
    """The ids of the list in its order; the contract gives the places of entries and ids."""
    body, items = expect.answer(exchange), provider.list_items
    try:
        count = len(expect.member(body, items, list))
        expect.condition(count > 0, "at least one model", [], at=items)
        return tuple(expect.member(body, f"{items}/{n}{provider.list_id}", str) for n in range(count))
    except Violation as violation:
        violation.judged_by = "models.lists"
        raise


def tier_models(case: Case, target: Target, provider: Provider) -> tuple[str, ...] | None:
    """The models of the tier of the case's key; None if the tier has all of them."""
    if all(tier.models is None for tier in provider.rate.tiers.values()):
        return None
    label = case.asks[-1].key
    name = target.tier if label == "good" else label
    if name is None or name not in provider.rate.tiers:
        raise Untestable("the tier of this key is not known")
    return provider.rate.tiers[name].models


@check("models.lists")
def test_lists(exchange: Exchange, provider: Provider) -> None:
    """The list of models is answered with at least one entry, and each entry has an id."""
    found = listed_ids(exchange, provider)
    expect.condition(all(found), "an id with at least one character in every entry", found, at=provider.list_items)


@check("models.unique-ids")
def test_unique_ids(exchange: Exchange, provider: Provider) -> None:
    """No two entries of the list of models have the same id."""
    found = listed_ids(exchange, provider)
    twice = sorted({id for id in found if found.count(id) > 1})
    expect.condition(not twice, "each id once", twice, at=provider.list_items)


@check("models.chat-model-listed")
def test_chat_model_listed(exchange: Exchange, provider: Provider, target: Target) -> None:
    """The chat model of this run is in the list of models."""
    _is_listed(target.models.get("chat"), exchange, provider)


@check("models.embedding-models-listed")
def test_embedding_models_listed(exchange: Exchange, provider: Provider, target: Target) -> None:
    """The embedding model of this run is in the list of models."""
    _is_listed(target.models.get("embeddings"), exchange, provider)


def _is_listed(model: str | None, exchange: Exchange, provider: Provider) -> None:
    if model is None:
        raise Untestable("this run uses no such model")
    found = listed_ids(exchange, provider)
    expect.condition(model in found, f"{model} among the ids", found, at=provider.list_items)


@check("models.documented-listed")
def test_documented_listed(exchange: Exchange, case: Case, target: Target, provider: Provider) -> None:
    """Every documented model of the key's tier is in the list of models."""
    promised = tier_models(case, target, provider) or provider.documented_models
    found = listed_ids(exchange, provider)
    missing = [model for model in promised if model not in found]
    if missing:
        lacks = (
            Finding(f"{id} among the ids", "missing", provider.list_items, json_pointer.join(id)) for id in missing
        )
        raise Violation.from_findings(tuple(lacks))


@check("models.tier-models-only")
def test_tier_models_only(exchange: Exchange, case: Case, target: Target, provider: Provider) -> None:
    """No model outside the key's tier is in the list of models."""
    allowed = tier_models(case, target, provider)
    if allowed is None:
        raise NotOffered("this tier has every model")
    extra = [model for model in listed_ids(exchange, provider) if model not in allowed]
    expect.condition(not extra, f"only {', '.join(allowed)}", f"also {', '.join(extra)}", at=provider.list_items)


@check("models.no-others-listed")
def test_no_others_listed(exchange: Exchange, provider: Provider) -> None:
    """No undocumented model is in the list."""
    extra = [model for model in listed_ids(exchange, provider) if model not in provider.documented_models]
    expect.condition(not extra, "the models of the document", f"also {', '.join(extra)}", at=provider.list_items)


@check("models.documented-owner")
def test_documented_owner(exchange: Exchange, provider: Provider) -> None:
    """A listed model that the document names has the owner that the document names."""
    owners = {row.id: row.owned_by for row in provider.catalogue}
    body = expect.answer(exchange)
    for n, model in enumerate(listed_ids(exchange, provider)):
        at = f"{provider.list_items}/{n}/owned_by"
        if owners.get(model) is not None:
            expect.equal(expect.member(body, at, str), owners[model], at=at)


@check("models.listed-are-served")
def test_listed_are_served(exchanges: tuple[Exchange, ...], provider: Provider) -> None:
    """A listed model is not refused as unknown by every use to which it is put."""
    uses = [exchange for exchange in exchanges if exchange.endpoint != "models"]
    unknown = provider.refusals["unknown-model"]
    refused = [use for use in uses if _refuses_with(use, unknown.code, unknown.status, provider)]
    if len(refused) == len(uses):
        raise Violation("one use to which the model can be put", expect.display_text(refused[-1].text), where="body")


def _refuses_with(exchange: Exchange, codes: tuple[str, ...], statuses: tuple[int, ...], provider: Provider) -> bool:
    found = {code for _, code in expect.codes(exchange, provider)}
    return exchange.status in statuses and (not codes or bool(found & set(codes)))


@check("models.listed-work", any_answer=True)
def test_listed_work(exchanges: tuple[Exchange, ...], case: Case, provider: Provider) -> None:
    """A listed model is found by its id, and a chat with it is not refused as if the model did not exist."""
    if len(exchanges) < case.request_count or not exchanges[0].is_success:
        raise Inconclusive("the list has no such model")
    unknown = provider.refusals["unknown-model"]
    for exchange in exchanges[1:]:
        expect.complete(exchange)
        actual = f"{exchange.status} with {expect.display_text(exchange.text)}"
        where = f"{exchange.request.method} {exchange.request.url}"
        if exchange.endpoint == "model":
            expect.condition(exchange.status != 404, "the entry of a listed model", actual, where=where)
        elif unknown.code:
            is_unknown = _refuses_with(exchange, unknown.code, unknown.status, provider)
            expect.condition(not is_unknown, "no refusal of a listed model as unknown", actual, where=where)

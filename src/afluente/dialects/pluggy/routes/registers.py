"""What a client sets up: categories and its rules for them, and webhooks."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from afluente.core.accounts import AccountKind
from afluente.core.outcome import Refused
from afluente.dialects.pluggy import categories, forms, render
from afluente.dialects.pluggy.house import House, page
from afluente.engine.outbox import registers
from afluente.engine.outbox.registers import CategoryRule, Webhook
from afluente.web.addresses import check_address
from afluente.web.answers import Answer, json
from afluente.web.calls import Call

EVENTS = (
    "item/created",
    "item/updated",
    "item/error",
    "item/deleted",
    "item/waiting_user_input",
    "item/waiting_user_action",
    "item/login_succeeded",
    "connector/status_updated",
    "transactions/created",
    "transactions/updated",
    "transactions/deleted",
    "payment_intent/created",
    "payment_intent/completed",
    "payment_intent/waiting_payer_authorization",
    "payment_intent/error",
    "payment_request/updated",
    "scheduled_payment/created",
    "scheduled_payment/completed",
    "scheduled_payment/error",
    "scheduled_payment/canceled",
    "scheduled_payment/all_completed",
    "scheduled_payment/all_created",
    "boleto/updated",
    "automatic_pix_payment/created",
    "automatic_pix_payment/completed",
    "automatic_pix_payment/error",
    "automatic_pix_payment/canceled",
    "smart_transfer_preauthorization/completed",
    "smart_transfer_preauthorization/error",
    "smart_transfer_payment/completed",
    "smart_transfer_payment/error",
    "all",
)
_MATCHES = {"exact": "exact", "contains": "contains", "startsWith": "starts", "endsWith": "ends"}
_MATCH_WORDS = {neutral: wire for wire, neutral in _MATCHES.items()}
_SYSTEM = "pluggy"


async def list_categories(house: House, call: Call) -> Answer:
    """`GET /categories`: all, or the children of one."""
    wanted = forms.query(call, {"parentId": forms.text}, ("page", "pageSize"))
    every = categories.by_id().values()
    return json(page([categories.category(c) for c in every if wanted["parentId"] in (None, c.parent_id)]))


async def get_category(house: House, call: Call) -> Answer:
    """`GET /categories/{id}`."""
    return json(categories.category(_category(call.param("id"))))


def _category(id: str) -> categories.Category:
    found = categories.by_id().get(id)
    if found is None:
        raise Refused("request.not-found.category")
    return found


def _rule(call: Call, rule: CategoryRule) -> dict[str, Any]:
    category = categories.named(rule.category) or _category("99999999")
    return render.category_rule(
        rule.id,
        call.application_id,
        rule.description,
        category,
        transaction_type=rule.direction.upper() if rule.direction else None,
        account_type=_ACCOUNT_WORDS.get(rule.account) if rule.account else None,
        match_type=_MATCH_WORDS[rule.match],
    )


_ACCOUNTS = {
    "CHECKING_ACCOUNT": str(AccountKind.CHECKING),
    "SAVINGS_ACCOUNT": str(AccountKind.SAVINGS),
    "CREDIT_CARD": str(AccountKind.CREDIT_CARD),
}
_ACCOUNT_WORDS = {neutral: wire for wire, neutral in _ACCOUNTS.items()}


async def list_rules(house: House, call: Call) -> Answer:
    """`GET /categories/rules`."""
    found = await registers.rules(house.world, call.application_id)
    return json(page([_rule(call, rule) for rule in found]))


async def create_rule(house: House, call: Call) -> Answer:
    """`POST /categories/rules`."""
    body = await call.object()
    forms.known(
        body, ("description", "categoryId", "transactionType", "accountType", "matchType", "clientId", "category")
    )
    description, category_id = forms.string(body, "description"), forms.string(body, "categoryId")
    if description is None:
        raise Refused("request.invalid.not-a-string", data={"field": "description"})
    if category_id is None:
        raise Refused("request.invalid.not-a-string", data={"field": "categoryId"})
    direction = _one_of(body, "transactionType", ("DEBIT", "CREDIT"))
    account = _one_of(body, "accountType", tuple(_ACCOUNTS))
    match = _one_of(body, "matchType", tuple(_MATCHES)) or "exact"
    rule = CategoryRule(
        id=house.world.ids.new(),
        description=description,
        category=_category(category_id).slug,
        match=_MATCHES[match],
        direction=direction.lower() if direction else None,
        account=_ACCOUNTS[account] if account else None,
        created_at=house.world.now(call.application_id),
    )
    await registers.add_rule(house.world, call.application_id, rule)
    return json(_rule(call, rule))


def _one_of(body: dict[str, Any], name: str, choices: tuple[str, ...]) -> str | None:
    value = forms.string(body, name)
    if value is not None and value not in choices:
        raise Refused("request.invalid.choice", data={"field": name, "choices": ", ".join(choices)})
    return value


async def delete_rule(house: House, call: Call) -> Answer:
    """`DELETE /categories/rules/{id}`. Answers 200: the Node client takes no other status."""
    await registers.remove_rule(house.world, call.application_id, forms.path_id(call))
    return json({"count": 1})


def _webhook(webhook: Webhook) -> dict[str, Any]:
    return render.webhook(
        webhook.id,
        webhook.url,
        webhook.event,
        webhook.created_at,
        webhook.updated_at,
        disabled_at=webhook.disabled_at,
        headers=webhook.headers,
    )


async def list_webhooks(house: House, call: Call) -> Answer:
    """`GET /webhooks`."""
    found = await registers.webhooks(house.world, call.application_id, _SYSTEM)
    return json(page([_webhook(webhook) for webhook in found]))


async def get_webhook(house: House, call: Call) -> Answer:
    """`GET /webhooks/{id}`."""
    return json(_webhook(await registers.webhook(house.world, call.application_id, _SYSTEM, forms.path_id(call))))


async def create_webhook(house: House, call: Call) -> Answer:
    """`POST /webhooks`. Answers 200: the Node client takes no other status."""
    body = await call.object()
    forms.known(body, ("event", "url", "headers"))
    event, url = forms.string(body, "event"), forms.string(body, "url")
    if event is None or event not in EVENTS:
        raise Refused("request.webhook.event-unknown", data={"event": event or ""})
    if not url:
        raise Refused("request.webhook.url-invalid")
    headers = _headers(body)
    await check_address(url, house.relaxed_addresses)
    now = house.world.now(call.application_id)
    webhook = Webhook(
        id=house.world.ids.new(),
        dialect=_SYSTEM,
        event=event,
        url=url,
        headers=headers,
        created_at=now,
        updated_at=now,
    )
    most = house.numbers.pages.webhooks_per_event
    return json(_webhook(await registers.add_webhook(house.world, call.application_id, webhook, most)))


def _headers(body: dict[str, Any]) -> dict[str, str]:
    headers = body.get("headers")
    if headers is None:
        return {}
    if not isinstance(headers, dict) or not all(isinstance(value, str) for value in headers.values()):
        raise forms.wrong("headers", "an object of strings")
    for name, value in headers.items():
        if not name.isascii() or not name.replace("-", "").replace("_", "").isalnum() or "\r" in value or "\n" in value:
            raise forms.wrong("headers", "an object of valid HTTP headers")
    return headers


async def update_webhook(house: House, call: Call) -> Answer:
    """`PATCH /webhooks/{id}`: any of address, event, headers (null clears them) and whether it is enabled."""
    known = await registers.webhook(house.world, call.application_id, _SYSTEM, forms.path_id(call))
    body = await call.object()
    forms.known(body, ("id", "event", "url", "headers", "enabled"))
    event, url = forms.string(body, "event"), forms.string(body, "url")
    if event is not None and event not in EVENTS:
        raise Refused("request.webhook.event-unknown", data={"event": event})
    if url is not None:
        await check_address(url, house.relaxed_addresses)
    headers = _headers(body) if "headers" in body else known.headers
    enabled, now = forms.boolean(body, "enabled"), house.world.now(call.application_id)
    disabled_at = known.disabled_at if enabled is None else None if enabled else known.disabled_at or now
    changed = replace(
        known,
        event=event or known.event,
        url=url or known.url,
        headers=headers,
        disabled_at=disabled_at,
        updated_at=now,
    )
    most = house.numbers.pages.webhooks_per_event
    return json(_webhook(await registers.put_webhook(house.world, call.application_id, changed, most)))


async def delete_webhook(house: House, call: Call) -> Answer:
    """`DELETE /webhooks/{id}`."""
    await registers.remove_webhook(house.world, call.application_id, _SYSTEM, forms.path_id(call))
    return json({"count": 1})
